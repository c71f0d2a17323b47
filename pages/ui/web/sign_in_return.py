"""Keeps the answers of Spotify's sign-in out of the browser's history.

Spotify sends the visitor back to an address with a code in it. The server takes it from the
address and redirects to the page without it: a redirect leaves nothing to go Back to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse

from pages.ui.browser import cookie_name, is_https, word_of
from pages.ui.returns import RETURNS, Return

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

# In bytes. Spotify's codes have some 300 letters; anything longer is the page's to refuse.
MAX_QUERY = 4096
MAX_FIELDS = 64
# RFC 6749, 4.1.2.
PARAMETERS = frozenset({"code", "state", "error"})


class SignInReturn:
    """Middleware that takes the sign-in's answer from a page's address.

    secret : called at the first answer, for nothing of ours is read while the server starts
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
        """Keep the answer in an address, and return the address without it; None for no answer."""
        headers = Headers(scope=scope)
        # A picture or a frame of another site's page is nobody's way back.
        if headers.get("sec-fetch-dest", "document") != "document" or len(query) > MAX_QUERY:
            return None
        try:
            fields = parse_qsl(
                query.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS
            )
        except ValueError:
            return None
        answer = {name: text for name, text in fields if name in PARAMETERS}
        browser = self._browser(headers, scope["scheme"])
        if not answer.get("state") or not ("code" in answer or "error" in answer) or not browser:
            return None
        RETURNS.keep(
            browser, Return(answer.get("code", ""), answer["state"], answer.get("error", ""))
        )
        others = urlencode([(name, text) for name, text in fields if name not in PARAMETERS])
        # Relative to the address that the browser has: a proxy may have cut a prefix off.
        last = scope["path"].rpartition("/")[2]
        return f"./{last}?{others}" if others else f"./{last}"

    def _browser(self, headers: Headers, scheme: str) -> str:
        """Return the word of the browser that asks; "" when it sends no cookie of ours."""
        secret = self._secret()
        name = cookie_name(secret, https=is_https(headers, scheme))
        return word_of(cookie_parser(headers.get("cookie", "")).get(name, ""), secret)
