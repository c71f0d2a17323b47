"""Cloudflare's TURN servers: credentials for a time, made by its API.

https://developers.cloudflare.com/realtime/turn/generate-credentials/ as of September 2026. A key's
token stays here; what it makes is for the pages, and serves all visitors, so that Cloudflare is
asked once an hour and learns nothing of who starts a camera.
"""

from __future__ import annotations

import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from recommender import errors
from recommender.deadline import run_with_deadline
from recommender.text import json_object
from recommender.turn.servers import CLOUDFLARE_API, LIFETIME_S, RENEW_S, usable

if TYPE_CHECKING:
    from collections.abc import Callable

    from recommender.turn.servers import Server

CLOUDFLARE = errors.Service(
    "cloudflare", late="failed", unreachable="failed", unusable="failed", nonsense="failed"
)
# A page waits for it, once an hour.
PATIENCE_S = 3.0
# After a failure nobody is kept waiting for so long.
PAUSE_S = 60.0
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class Cloudflare:
    """A thread-safe client that keeps the servers it was given for an hour.

    Parameters
    ----------
    base : str, URL without path, `CLOUDFLARE_API` or that of a fake on this machine
    key_id, token : str, of a TURN key
    now : callable, `time.monotonic`
    """

    def __init__(
        self, base: str, key_id: str, token: str, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._base, self._key_id, self._token = base, key_id, token
        self._now = now
        self._lock = threading.Lock()
        self._kept: tuple[Server, ...] = ()
        self._failure: errors.SourceError | None = None
        self._until = now()

    def servers(self) -> tuple[Server, ...]:
        """Return STUN and TURN servers with credentials that last `LIFETIME_S` but `RENEW_S`.

        Raises
        ------
        SourceError
            When Cloudflare does not answer within `PATIENCE_S`, or does not accept the key.
        """
        with self._lock:
            if self._now() >= self._until:
                try:
                    self._kept, self._failure = self._ask(), None
                except errors.SourceError as error:
                    self._failure = error
                self._until = self._now() + (PAUSE_S if self._failure else RENEW_S)
            if self._failure is not None:
                raise self._failure.with_traceback(None)
            return self._kept

    def _ask(self) -> tuple[Server, ...]:
        # Before the clock of the request starts: requests takes a while to import.
        from recommender.web.session import BoundedSession

        deadline = time.monotonic() + PATIENCE_S
        session = BoundedSession(
            deadline, CLOUDFLARE, is_local=self._base != CLOUDFLARE_API, map_status=error_of_status
        )
        # Its edge turns some programs' own names away.
        session.headers.update({"Authorization": f"Bearer {self._token}", "User-Agent": "Moodring"})
        key = quote(self._key_id, safe="")
        address = f"{self._base}/v1/turn/keys/{key}/credentials/generate-ice-servers"

        def work() -> bytes:
            return session.post(address, json={"ttl": LIFETIME_S}).content

        try:
            with CLOUDFLARE.errors():
                answer = json_object(run_with_deadline(deadline, work))
        finally:
            session.sockets.abort()
        found = usable(answer.get("iceServers"))
        if not found:
            raise CLOUDFLARE.failure("nonsense")
        return found


def error_of_status(status: int) -> errors.SourceError | None:
    """Return the error for a response with a status; None for 200 and 201."""
    if status in {HTTPStatus.OK, HTTPStatus.CREATED}:
        return None
    if status in _REFUSED:
        return errors.NotAuthorised("cloudflare-bad-key")
    return CLOUDFLARE.failure("unusable")
