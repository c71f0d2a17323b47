"""The cookie that identifies a browser, set with the first page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

from pages.ui.visitor.browser import attributes, browser_id, cookie_name, is_https, new_cookie

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BrowserCookie:
    """Middleware that sets the cookie in each browser that opens a page without a valid cookie.

    Parameters
    ----------
    secret : callable, returns the secret, called with the first page and not at server start
    framed : bool, whether other sites may show our pages in a frame
    """

    def __init__(self, app: ASGIApp, secret: Callable[[], bytes], *, framed: bool = False) -> None:
        self._app = app
        self._secret = secret
        self._framed = framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and set the cookie if the response is a page."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        secret, https = self._secret(), is_https(headers, scope["scheme"])
        name = cookie_name(secret, https=https)
        known = browser_id(cookie_parser(headers.get("cookie", "")).get(name, ""), secret)
        # Framed by another site, browsers keep cookies over HTTPS only, partitioned by that site.
        apart = self._framed and https
        if known or not _would_show_cookie(headers, apart=apart):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message, headers):
                answer = MutableHeaders(scope=message)
                # Lax, because a Strict cookie is not sent with Spotify's redirect, and would seem
                # to be missing. Websocket handshakes from other sites' pages send neither.
                rest = attributes(https=https, framed=self._framed, own="Lax")
                answer.append(
                    "Set-Cookie", f"{name}={new_cookie(secret)}; Path=/; HttpOnly; {rest}"
                )
                # A proxy that cached this response would give the same token to many browsers.
                answer["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _would_show_cookie(headers: Headers, *, apart: bool) -> bool:
    """Return whether the browser would have sent the cookie if it had it.

    It withholds the cookie from frames and pictures in other sites' pages, and a new cookie must
    not replace a withheld cookie. Frames within our own page load after the page itself.

    Parameters
    ----------
    apart : bool, whether the browser partitions the cookie by the site that frames ours
    """
    destination = headers.get("sec-fetch-dest", "document")
    sites = {"same-site", "cross-site"} if apart else {"same-site"}
    return destination == "document" or (
        destination == "iframe" and headers.get("sec-fetch-site") in sites
    )


def _is_page(start: Message, asked: Headers) -> bool:
    """Return whether a response is a page, or confirms a page in the browser's cache."""
    if start["status"] == HTTPStatus.NOT_MODIFIED:
        return "text/html" in asked.get("accept", "")
    kind = MutableHeaders(scope=start).get("content-type", "")
    return bool(start["status"] == HTTPStatus.OK) and kind.startswith("text/html")
