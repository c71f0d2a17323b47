"""The cookie by which the server knows a browser again, given with the first page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

from pages.ui.browser import cookie_name, is_https, new_cookie, word_of
from pages.ui.cookies import attributes

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BrowserCookie:
    """Middleware that gives a cookie to each browser that opens a page without a valid one.

    secret : called at the first page, for nothing of ours is read while the server starts
    framed : whether other sites' pages may show ours in a frame
    """

    def __init__(self, app: ASGIApp, secret: Callable[[], bytes], *, framed: bool = False) -> None:
        self._app = app
        self._secret = secret
        self._framed = framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and set the cookie where its answer is a page."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        secret, https = self._secret(), is_https(headers, scope["scheme"])
        name = cookie_name(secret, https=https)
        known = word_of(cookie_parser(headers.get("cookie", "")).get(name, ""), secret)
        # In a frame of another site's page, browsers keep cookies over HTTPS alone, and apart.
        apart = self._framed and https
        if known or not _would_show_cookie(headers, apart=apart):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message, headers):
                answer = MutableHeaders(scope=message)
                # Lax and not Strict: on the way back from Spotify a Strict one would not be sent,
                # and would be taken for missing. Handshakes of other sites' pages get neither.
                rest = attributes(https=https, framed=self._framed, own="Lax")
                answer.append(
                    "Set-Cookie", f"{name}={new_cookie(secret)}; Path=/; HttpOnly; {rest}"
                )
                # A proxy that kept this answer would give one word to many.
                answer["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _would_show_cookie(headers: Headers, *, apart: bool) -> bool:
    """Return whether the browser would have sent a cookie that it has.

    It sends none with a frame or a picture in another site's page, and a new one must not take the
    place of what could not be seen. Frames within our own page come after the page itself.

    apart : whether the browser has kept one for each site that shows ours in a frame
    """
    destination = headers.get("sec-fetch-dest", "document")
    sites = {"same-site", "cross-site"} if apart else {"same-site"}
    return destination == "document" or (
        destination == "iframe" and headers.get("sec-fetch-site") in sites
    )


def _is_page(start: Message, asked: Headers) -> bool:
    """Return whether an answer is a page, be it one that the browser has kept."""
    if start["status"] == HTTPStatus.NOT_MODIFIED:
        return "text/html" in asked.get("accept", "")
    kind = MutableHeaders(scope=start).get("content-type", "")
    return bool(start["status"] == HTTPStatus.OK) and kind.startswith("text/html")
