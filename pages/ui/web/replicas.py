"""The process that serves a browser, one of several: a cookie by which a proxy sends it there."""

import re
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.ui.visitor.browser import attributes, is_https

COOKIE = "moodring_process"
PATH = "elsewhere"
_NAME = re.compile(r"[a-z0-9-]{1,63}")


class Room:
    """The free seats of all processes, as each has told. Thread-safe.

    Attributes
    ----------
    name : str, of this process; "" where it is alone
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.name = ""
        self._own = 1
        self._others: Mapping[str, int] = {}

    def note(self, own: int, others: Mapping[str, int]) -> None:
        """Note how many seats are free here, and in the other processes that live, by name."""
        with self._lock:
            self._own, self._others = own, dict(others)

    def elsewhere(self) -> str | None:
        """Return the process with the most free seats while there are none here, else None."""
        with self._lock:
            if self._own > 0 or not self._others:
                return None
            best = max(self._others, key=lambda one: (self._others[one], one))
            return best if self._others[best] > 0 else None


ROOM = Room()


def replica_routes(prefix: str) -> list[BaseRoute]:
    """Return the route that leads a browser to another process, below a prefix."""
    return [Route(f"{prefix}/{PATH}", lead_elsewhere)]


async def lead_elsewhere(request: Request) -> RedirectResponse:
    """Lead a browser to the first page of the process with the most free seats."""
    query = f"?{request.url.query}" if request.url.query else ""
    # Relative, because a proxy may strip a prefix that only the browser knows.
    answer = RedirectResponse(f"../{query}", HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    other = ROOM.elsewhere()
    if other is not None:
        https = is_https(request.headers, request.url.scheme)
        answer.headers.append("Set-Cookie", cookie(other, https=https, framed=False))
    return answer


def cookie(name: str, *, https: bool, framed: bool) -> str:
    """Return the header's value that sends a browser to a process from now on."""
    return f"{COOKIE}={name}; Path=/; HttpOnly; {attributes(https=https, framed=framed, own='Lax')}"


class ReplicaCookie:
    """Middleware that writes the name of this process with each page.

    A new visitor gets the name of another one while all seats are taken here: the page is the same
    everywhere, and its socket then opens there.

    Parameters
    ----------
    framed : bool, whether other sites may show our pages in a frame
    is_page : callable (start of an answer, headers of its request), returns whether it is a page
    """

    def __init__(
        self, app: ASGIApp, is_page: Callable[[Message, Headers], bool], *, framed: bool
    ) -> None:
        self._app = app
        self._is_page = is_page
        self._framed = framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and set the cookie if the response is a page."""
        if not ROOM.name or scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        named = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        is_new = _NAME.fullmatch(named) is None
        name = (ROOM.elsewhere() if is_new else None) or ROOM.name
        if named == name:
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and self._is_page(message, headers):
                answer = MutableHeaders(scope=message)
                https = is_https(headers, scope["scheme"])
                answer.append("Set-Cookie", cookie(name, https=https, framed=self._framed))
                # A proxy that cached this response would send everybody to one process.
                answer["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_cookie)
