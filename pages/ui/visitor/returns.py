"""Spotify's OAuth answers, from the redirect to the page that takes them.

Spotify redirects the visitor to an address that contains a code. The server removes it from the
address with another redirect, which leaves no entry in the browser's history, and keeps it in the
memory of this process for moments, keyed by browser.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.ui.visitor.browser import word_shown

# A page takes its answer as soon as it opens; Spotify's codes live ten minutes.
LIFETIME_S = 120.0
# For all browsers together. A flood can only evict other answers: those visitors sign in again.
MAX_RETURNS = 1024
# In bytes. Spotify's codes have some 300 letters; longer addresses are left for the page to reject.
MAX_QUERY = 4096
MAX_FIELDS = 64
# Query parameters that Spotify adds to the redirect address (RFC 6749, 4.1.2).
PARAMETERS = ("code", "state", "error")


@dataclass(frozen=True, slots=True)
class Return:
    """An OAuth answer of Spotify; each field is "" where Spotify did not send it.

    Attributes
    ----------
    code : str, authorization code, to exchange for a token once
    state : str, identifies the pending sign-in
    error : str, OAuth's error code
    """

    code: str
    state: str
    error: str


class Returns:
    """The answers that wait for their pages. Thread-safe.

    Parameters
    ----------
    now : callable, returns the seconds of a monotonic clock
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        # Time of arrival, browser and answer; oldest first.
        self._waiting: deque[tuple[float, str, Return]] = deque(maxlen=MAX_RETURNS)

    def keep(self, browser: str, came: Return) -> None:
        """Keep an answer for the browser's next page."""
        with self._lock:
            self._waiting.append((self._now(), browser, came))

    def take(self, browser: str) -> Return | None:
        """Return the oldest answer of a browser, once; None without an answer."""
        with self._lock:
            while self._waiting and self._waiting[0][0] + LIFETIME_S < self._now():
                self._waiting.popleft()
            for one in self._waiting:
                if one[1] == browser:
                    self._waiting.remove(one)
                    return one[2]
        return None


RETURNS = Returns()


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
