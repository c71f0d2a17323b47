"""Only our own pages may act here: what a browser sends for another site's is refused.

Browsers send cookies to every port of a host, and Streamlit lets the pages of every port of
localhost open its websocket. The word that browsers give truly is `Origin`. A client that sends
none is no browser, and nobody's cookies are in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

# RFC 9110, 9.2.1: they change nothing.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DEFAULT_PORTS = {"http": 80, "https": 443}
REFUSED = "Only Moodring's own pages may do this."
# RFC 6455, 7.4.1: a policy is violated.
WEBSOCKET_REFUSED = 1008


def may_act(origins: Sequence[str], hosts: Sequence[str], allowed: Collection[str]) -> bool:
    """Return whether the page that sends a request may change something here.

    origins, hosts : all values of the headers Origin and Host
    allowed : other origins that may, as `server.corsAllowedOrigins` has them
    """
    if not origins:
        return True
    if len(origins) > 1:
        return False
    (origin,) = origins
    return origin in allowed or (len(hosts) == 1 and _is_same_place(origin, hosts[0]))


def _is_same_place(origin: str, host: str) -> bool:
    """Return whether an origin lies at a host and port; no port is the usual one of its scheme.

    The scheme itself may differ: behind a proxy, the server does not see the browser's.
    """
    scheme, _, place = origin.partition("://")
    usual = DEFAULT_PORTS.get(scheme)
    if usual is None:
        return False
    theirs = _parts(place, usual)
    return theirs is not None and theirs == _parts(host, usual)


def _parts(place: str, usual: int) -> tuple[str, int] | None:
    """Return host and port of a place; None where it has none."""
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return None if host is None else (host, usual if port is None else port)


class OwnPagesAct:
    """Middleware that refuses websockets and changes which the pages of other sites ask for.

    allowed : other origins that may
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        is_socket = scope["type"] == "websocket"
        acts = is_socket or (scope["type"] == "http" and scope["method"] not in SAFE_METHODS)
        if acts:
            headers = Headers(scope=scope)
            acts = not may_act(headers.getlist("Origin"), headers.getlist("Host"), self._allowed)
        if not acts:
            await self._app(scope, receive, send)
        elif is_socket:
            # Before it is accepted, the server answers 403.
            await send({"type": "websocket.close", "code": WEBSOCKET_REFUSED})
        else:
            await PlainTextResponse(REFUSED, 403)(scope, receive, send)
