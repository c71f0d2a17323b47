"""A fake of ListenBrainz's API over real HTTP, with its refusals and faults.

Shaped by listenbrainz.readthedocs.io, "Core" (submit-listens, validate-token), "JSON Documentation"
and "Rate limiting". In a test: ``with FakeListenBrainz() as fake: ...``.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from tests.fakes.web import Fake, Handler, drip_body, reset, stall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TOKEN, USER = "fake-9f4b2c1e-listenbrainz", "fake-äda"
# In aggregate, listens may not be larger.
MAX_LISTEN_SIZE = 10_240
SINCE = 1_033_430_400


class FakeListenBrainz(Fake):
    """The server. Any number may run at once.

    faults : keys of FAULTS that the next requests show, one after the other
    refused : titles that it takes for nonsense
    broken : titles that it fails at
    listens : as they came, one after the other
    batches : how many came in each request
    """

    def __init__(self, *faults: str) -> None:
        self.faults = list(faults)
        self.refused: set[str] = set()
        self.broken: set[str] = set()
        self.listens: list[dict[str, Any]] = []
        self.batches: list[tuple[str, int]] = []
        self.asked = 0
        self._changed = threading.Condition()
        super().__init__(_Handler)

    def wait_for(self, count: int, patience_s: float) -> list[dict[str, Any]]:
        """Return the listens, once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.listens) >= count, patience_s)
        return self.listens

    def take(self, kind: str, payload: list[dict[str, Any]]) -> None:
        with self._changed:
            self.batches.append((kind, len(payload)))
            self.listens += payload
            self._changed.notify_all()


class _Handler(Handler):
    fake: FakeListenBrainz
    body = b""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def _answer(self) -> None:
        self.fake.asked += 1
        if self.fake.faults:
            FAULTS[self.fake.faults.pop(0)](self)
        elif (self.command, self.path) == ("GET", "/1/validate-token"):
            self._validate()
        elif (self.command, self.path) == ("POST", "/1/submit-listens"):
            self._submit()
        else:
            self.say(404, code=404, error="The requested URL was not found on the server.")

    def say(self, status: int, /, **told: object) -> None:
        limits = {"X_RateLimit_Limit": "30", "X_RateLimit_Reset_In": "7"}
        self.send_bytes(status, json.dumps(told).encode(), **limits)

    def _validate(self) -> None:
        if self.headers.get("Authorization") == f"Token {TOKEN}":
            self.say(200, code=200, message="Token valid.", valid=True, user_name=USER)
        else:
            self.say(200, code=200, message="Token invalid.", valid=False)

    def _submit(self) -> None:
        if self.headers.get("Authorization") != f"Token {TOKEN}":
            self.say(401, code=401, error="Invalid authorization token.")
            return
        told = json.loads(self.body)
        payload = told["payload"]
        if (problem := self._problem_of(told["listen_type"], payload, len(self.body))) is not None:
            self.say(400, code=400, error=problem)
            return
        if {one["track_metadata"]["track_name"] for one in payload} & self.fake.broken:
            FAULTS["500"](self)
            return
        self.fake.take(told["listen_type"], payload)
        self.say(200, status="ok")

    def _problem_of(self, kind: str, payload: list[dict[str, Any]], size: int) -> str | None:
        if kind not in {"single", "import"} or (kind == "single" and len(payload) != 1):
            return "JSON document requires a valid listen_type key."
        if size > len(payload) * MAX_LISTEN_SIZE:
            return "JSON document is too large."
        for one in payload:
            about = one["track_metadata"]
            if type(one["listened_at"]) is not int or one["listened_at"] < SINCE:
                return "Value for key listened_at is too low."
            if not (about["artist_name"] and about["track_name"]):
                return "JSON document should contain artist_name and track_name."
            if about["track_name"] in self.fake.refused:
                return "JSON document is not valid."
        return None


def _lose(handler: _Handler) -> None:
    """Take what is handed in, and lose the answer."""
    told = json.loads(handler.body)
    handler.fake.take(told["listen_type"], told["payload"])
    reset(handler)


# What each does with any request.
FAULTS: Mapping[str, Callable[[_Handler], None]] = {
    "full": lambda h: h.say(429, code=429, error="Too many requests."),
    "busy": lambda h: h.send_bytes(503, b"<html>Busy</html>", "text/html"),
    "502": lambda h: h.send_bytes(502, b"<html>Bad gateway</html>", "text/html"),
    "500": lambda h: h.say(500, code=500, error="Something went wrong. Please try again."),
    "401": lambda h: h.say(401, code=401, error="Invalid authorization token."),
    "403": lambda h: h.say(403, code=403, error="Forbidden."),
    "404": lambda h: h.send_bytes(404, b"404 page not found", "text/plain"),
    "redirecting": lambda h: h.send_bytes(302, b"", "text/html", Location="http://127.0.0.1:1/"),
    "HTML": lambda h: h.send_bytes(200, b"<html>Sign in</html>", "text/html"),
    "bad JSON": lambda h: h.send_bytes(200, b'{"status": "ok"'),
    "invalid method": lambda h: h.say(200, code=200, error="Invalid Method"),
    "endless": lambda h: h.send_bytes(200, b" " * 9_000_000),
    "lost": _lose,
    "reset": reset,
    "stall": stall,
    "drip": drip_body,
}
