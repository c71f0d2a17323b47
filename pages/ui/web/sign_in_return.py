"""Middleware that keeps Spotify's OAuth answers out of the browser's history.

Spotify redirects the visitor to an address that contains a code. The server removes it from the
address with another redirect, which leaves no entry in the browser's history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse

from pages.ui.visitor.browser import word_shown
from pages.ui.visitor.returns import RETURNS, Return

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

# In bytes. Spotify's codes have some 300 letters; longer addresses are left for the page to reject.
MAX_QUERY = 4096
MAX_FIELDS = 64
# RFC 6749, 4.1.2.
PARAMETERS = frozenset({"code", "state", "error"})


class SignInReturn:
    """Middleware that takes the sign-in's answer from a page's address.

    Parameters
    ----------
    secret : callable, returns the secret, called with the first answer and not at server start
    """

    def __init__(self, app: ASGIApp, secret: Callable[[], bytes]) -> None:
        self._app = app
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect an answer of the sign-in; pass everything else on."""
        query = scope.get("query_string", b"") if scope["type"] == "http" else b""
        if scope["type"] != "http" or scope["method"] != "GET" or b"state=" not in query:
            await self._app(scope, receive, send)
            return
        place = self._place_without_answer(scope, query)
        if place is None:
            await self._app(scope, receive, send)
            return
        answer = RedirectResponse(place, 303, {"Cache-Control": "no-store"})
        await answer(scope, receive, send)

    def _place_without_answer(self, scope: Scope, query: bytes) -> str | None:
        """Store the answer in an address, and return the address without it; None without one."""
        headers = Headers(scope=scope)
        # Spotify redirects a whole document, never a picture or a frame in another site's page.
        if headers.get("sec-fetch-dest", "document") != "document" or len(query) > MAX_QUERY:
            return None
        try:
            fields = parse_qsl(
                query.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS
            )
        except ValueError:
            return None
        answer = {name: text for name, text in fields if name in PARAMETERS}
        cookies = cookie_parser(headers.get("cookie", ""))
        browser = word_shown(cookies, headers, self._secret, scope["scheme"])
        if not answer.get("state") or not ("code" in answer or "error" in answer) or not browser:
            return None
        RETURNS.keep(
            browser, Return(answer.get("code", ""), answer["state"], answer.get("error", ""))
        )
        others = urlencode([(name, text) for name, text in fields if name not in PARAMETERS])
        # Relative, because a proxy may have stripped a prefix that only the browser knows.
        last = scope["path"].rpartition("/")[2]
        return f"./{last}?{others}" if others else f"./{last}"
