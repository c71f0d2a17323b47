"""The route of a listener's own sounds, from which the player in the browser asks for ranges.

Each request is checked anew: the address is this browser's and has not ended, the recording is one
that the visitor may play now, and its file is the one that was tagged. Whatever is wrong, the
answer is the same.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import ClassVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Send
from starlette.types import Scope as RequestScope

from pages.ui import resources
from pages.ui.visitor import browser, listener, owner
from pages.ui.web.sound_tokens import subject_of, token_of
from recommender.errors import SourceError
from recommender.library.playback import Playback, PlayedFile, type_of
from recommender.library.recordings import Recording, Scope
from recommender.settings import BadSetting

PATH = "sound"
# Stands for the id of a browser that keeps no cookies, which no browser's is.
NO_COOKIES = "no cookies"
CHUNK_BYTES = 256 * 1024
# A browser that is paused takes nothing more; it asks again by itself when it goes on.
STALLED_S = 600.0
# Sounds being sent at once, to a browser and to all: each holds an open file.
MAX_SOUNDS_OF_BROWSER = 12
MAX_SOUNDS = 256
RETRY_AFTER_S = 5
# Private: shared caches know no cookies. Other sites may not play it, nor find out its length.
HEADERS: Mapping[str, str] = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# One range, with numbers that no file exceeds (RFC 9110, 14.1.2).
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)

playback = Playback()


class Unsatisfiable(Exception):
    """A range that lies beyond the end of a file."""


def address_of(recording: Recording) -> str:
    """Return a recording's address, relative to the page, for the browser of this page run.

    It is "" when browsers cannot play this kind of file, or when this one keeps no cookies.
    """
    return "" if type_of(recording.path) is None else address_for(PATH, recording.key)


def address_for(kind: str, subject: str, *, without_cookies: bool = False) -> str:
    """Return an address for the browser of this page run; "" when it keeps no cookies.

    Parameters
    ----------
    kind : str, the route's path
    without_cookies : bool, whether a browser that keeps no cookies has one, too, as all such have
    """
    word = browser.key() or (NO_COOKIES if without_cookies else "")
    if not word:
        return ""
    token = token_of(kind, subject, word, resources.browser_secret(), time.time())
    # Relative, because a proxy may have stripped a prefix that only the browser knows.
    return f"./moodring/{kind}/{token}"


def routes(prefix: str) -> list[BaseRoute]:
    """Return the route of sounds, below a prefix."""
    return [Route(f"{prefix}/{PATH}/{{token}}", give_sound)]


def asked_range(asked: str, size: int) -> tuple[int, int] | None:
    """Return the first byte that is asked for, and the one after the last; None for all.

    Several ranges and headers that are no range are answered with the whole file, as RFC 9110
    (14.2) permits.

    Parameters
    ----------
    asked : str, value of the header Range
    size : int, bytes of the file

    Raises
    ------
    Unsatisfiable
        When the range begins at or after the end, or is the last 0 bytes.
    """
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, end = max(0, size - int(found[2])), size
    else:
        first, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < first:
            return None
    if first >= size:
        raise Unsatisfiable
    return first, end


async def give_sound(request: Request) -> Response:
    """Answer with a sound or a range of it; 404 whatever the reason, 503 without the database."""
    word, key = told_by(request, PATH)
    try:
        found = await run_in_threadpool(_opened, key, request.cookies) if key else None
    except SourceError:
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE)
    return _answer(request, *found, word) if found else refusal(HTTPStatus.NOT_FOUND)


def told_by(
    request: Request, kind: str, *, without_cookies: bool = False
) -> tuple[str, str | None]:
    """Return the id of the browser that asks, and its token's subject; None for another's token.

    Parameters
    ----------
    without_cookies : bool, as for `address_for`
    """
    secret = resources.browser_secret
    word = browser.word_shown(request.cookies, request.headers, secret, request.url.scheme)
    word = word or (NO_COOKIES if without_cookies else "")
    token = request.path_params["token"]
    return word, subject_of(kind, token, word, secret(), time.time())


def _opened(key: str, cookies: Mapping[str, str]) -> tuple[Recording, PlayedFile] | None:
    """Return a recording and its open file; None when these cookies' visitor may not have it."""
    try:
        recordings, shared = resources.recordings(), resources.settings().share_library
    except BadSetting:
        return None
    scope = Scope(listener.id_by(cookies), owner.is_owner_by(cookies) or shared)
    found = None if recordings is None else recordings.get(key, scope)
    if found is None:
        return None
    try:
        file = playback.open(found)
    except OSError:
        return None
    return None if file is None else (found, file)


def _answer(request: Request, recording: Recording, file: PlayedFile, word: str) -> Response:
    """Return the response with an open file, which it closes."""
    tag = f'"{recording.sha256}"'
    headers = {
        **HEADERS,
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Content-Type": type_of(recording.path) or "application/octet-stream",
    }
    if request.method == "HEAD":
        file.close()
        return Response(headers={**headers, "Content-Length": str(file.size)})
    asked = request.headers.get("Range", "")
    # The rest of another file would be noise. A date is never ours: none is sent.
    if request.headers.get("If-Range", tag) != tag:
        asked = ""
    try:
        wanted = asked_range(asked, file.size)
    except Unsatisfiable:
        file.close()
        return refusal(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            {"Content-Range": f"bytes */{file.size}"},
        )
    first, end = wanted or (0, file.size)
    headers["Content-Length"] = str(end - first)
    status = HTTPStatus.OK
    if wanted is not None:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{file.size}"
        status = HTTPStatus.PARTIAL_CONTENT
    return SoundResponse(_chunks_of(file, first, end), file.close, word, status, headers)


def refusal(status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response that tells nothing but its status."""
    return PlainTextResponse(f"{status.phrase}.", status, {**HEADERS, **(headers or {})})


def later() -> Response:
    """Return the response that asks a browser to come again."""
    return refusal(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(RETRY_AFTER_S)})


class SoundResponse(StreamingResponse):
    """A response of chunks that are read in other threads, and an end to what they come from.

    Parameters
    ----------
    close : callable, called once, whatever happens
    word : str, id of the browser that is answered
    """

    # Browsers whose requests are being answered. No lock: only the server's event loop comes here.
    answered: ClassVar[list[str]] = []

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        close: Callable[[], None],
        word: str,
        status: int,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(chunks, status, headers)
        self._close = close
        self._word = word

    async def __call__(self, scope: RequestScope, receive: Receive, send: Send) -> None:
        """Send the bytes, unless too many sounds are being sent."""
        if self.is_full(self._word):
            self._close()
            await later()(scope, receive, send)
            return

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(STALLED_S):
                await send(message)

        self.answered.append(self._word)
        try:
            # A file that was written meanwhile, a server that has gone, or a browser that takes
            # nothing: the connection of an answer that is not complete is closed.
            with suppress(OSError, SourceError):
                await super().__call__(scope, receive, send_in_time)
        finally:
            self.answered.remove(self._word)
            self._close()

    @classmethod
    def is_full(cls, word: str) -> bool:
        """Return whether too many sounds are being sent, to this browser or in all."""
        ours = cls.answered.count(word)
        return ours >= MAX_SOUNDS_OF_BROWSER or len(cls.answered) >= cls.most()

    @classmethod
    def most(cls) -> int:
        """Return how many sounds of this kind are sent at once."""
        return MAX_SOUNDS


async def _chunks_of(file: PlayedFile, first: int, end: int) -> AsyncIterator[bytes]:
    while first < end:
        chunk = await run_in_threadpool(file.read, first, min(CHUNK_BYTES, end - first))
        yield chunk
        first += len(chunk)
