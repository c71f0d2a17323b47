"""A fake of Cloudflare's API for TURN credentials over real HTTP, with faults to switch on.

``POST /v1/turn/keys/ID/credentials/generate-ice-servers`` with a bearer token and ``{"ttl": …}``
answers 201, as https://developers.cloudflare.com/realtime/turn/generate-credentials/ shows it: STUN
apart from TURN, both also at port 53. Its habits are the real one's: a wrong token is 401, an
unknown key 404, a ttl of more than 48 hours 400, and what calls itself Python-urllib is turned away
by the edge with 403 and a page of HTML.

In a test: ``with FakeCloudflare() as fake: ...`` with ``fake.environ``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.fakes.web import Fake, Handler, drip_body, reset, stall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEY_ID, TOKEN = "0123456789abcdef0123456789abcdef", "fake-cloudflare-token"
MAX_TTL_S = 172_800
HOST = "turn.cloudflare.com"
TURN = (
    f"turn:{HOST}:3478?transport=udp",
    f"turn:{HOST}:53?transport=udp",
    f"turn:{HOST}:3478?transport=tcp",
    f"turn:{HOST}:80?transport=tcp",
    f"turns:{HOST}:5349?transport=tcp",
    f"turns:{HOST}:443?transport=tcp",
)


class FakeCloudflare(Fake):
    """The server. Any number may run at once.

    fault : key of FAULTS that every request shows, or None
    asked : lifetime that each request asked for, in seconds
    """

    def __init__(self, port: int = 0, fault: str | None = None) -> None:
        self.fault = fault
        self.asked: list[object] = []
        super().__init__(_Handler, port)

    @property
    def environ(self) -> dict[str, str]:
        """Environment that points the app here."""
        return {
            "MOODRING_CLOUDFLARE_API": self.base,
            "MOODRING_CLOUDFLARE_TURN_ID": KEY_ID,
            "MOODRING_CLOUDFLARE_TURN_TOKEN": TOKEN,
        }


class _Handler(Handler):
    fake: FakeCloudflare

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = json.loads(body)
        self.fake.asked.append(told.get("ttl"))
        if "Python-urllib" in self.headers.get("User-Agent", ""):
            self.send_bytes(403, b"<html>error code: 1010</html>", "text/html")
        elif self.fake.fault is not None:
            FAULTS[self.fake.fault](self)
        elif self.path != f"/v1/turn/keys/{KEY_ID}/credentials/generate-ice-servers":
            self.send_bytes(404, b"")
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.send_bytes(401, b"")
        elif not (isinstance(told["ttl"], int) and 0 < told["ttl"] <= MAX_TTL_S):
            self.send_bytes(400, b"")
        else:
            self.send_json(answer(len(self.fake.asked)))

    def send_json(self, told: object) -> None:
        self.send_bytes(201, json.dumps(told).encode())


def answer(number: int = 1) -> dict[str, Any]:
    """Return what is answered; each has a name of its own."""
    stun = [f"stun:stun.cloudflare.com:{port}" for port in (3478, 53)]
    named = {"username": f"{number:064x}", "credential": f"{number:064x}"}
    return {"iceServers": [{"urls": stun}, {"urls": list(TURN), **named}]}


FAULTS: Mapping[str, Callable[[_Handler], None]] = {
    "400": lambda h: h.send_bytes(400, b""),
    "401": lambda h: h.send_bytes(401, b""),
    "403": lambda h: h.send_bytes(403, b"<html>error code: 1010</html>", "text/html"),
    "404": lambda h: h.send_bytes(404, b""),
    "429": lambda h: h.send_bytes(429, b""),
    "502": lambda h: h.send_bytes(502, b"<html>Bad gateway</html>", "text/html"),
    "302": lambda h: h.send_bytes(302, b"", "text/html", Location="https://example.org/"),
    "reset": reset,
    "stall": stall,
    "drip": drip_body,
    "flood": lambda h: h.send_bytes(201, b" " * 3_000_000),
    "bad JSON": lambda h: h.send_bytes(201, b'{"iceServers": [}'),
    "deep JSON": lambda h: h.send_bytes(201, b"[" * 100_000),
    "no servers": lambda h: h.send_json({}),
    "an earlier shape": lambda h: h.send_json({"iceServers": answer()["iceServers"][1]}),
    "STUN only": lambda h: h.send_json({"iceServers": answer()["iceServers"][:1]}),
    "no name": lambda h: h.send_json({"iceServers": [{"urls": list(TURN)}]}),
    "wrong shape": lambda h: h.send_json({"iceServers": [{"urls": {"turn": 1}}, 3, None]}),
    "port 53 only": lambda h: h.send_json(
        {"iceServers": [{"urls": f"turn:{HOST}:53", "username": "a", "credential": "b"}]}
    ),
}
