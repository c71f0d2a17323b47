"""The route of songs on music servers: their sound is passed on, in ranges, to one browser.

The browser learns neither the server's address nor a sign-in. From the server come bytes and
numbers; what they are is said here.
"""

import asyncio
import re
import secrets
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar
from weakref import WeakKeyDictionary, WeakValueDictionary

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from pages.ui.web.sounds import (
    HEADERS,
    SoundResponse,
    Unsatisfiable,
    address_for,
    asked_range,
    later,
    refusal,
    told_by,
)
from recommender.errors import NotAuthorised, SourceError
from recommender.library.playback import type_of
from recommender.subsonic.client import Stream, SubsonicClient
from recommender.subsonic.server import MusicServer
from recommender.subsonic.songs import ServerSong

PATH = "server-sound"
# Each waits in a thread of its own, for a server may be slow.
MAX_SERVER_SOUNDS = 32
# To which servers convert what browsers cannot play.
CONVERTED = "audio/mpeg"
ID_BYTES = 8
_RANGE = re.compile(r"bytes [0-9]{1,18}-[0-9]{1,18}/([0-9]{1,18}|\*)")
_LENGTH = re.compile(r"[0-9]{1,18}")

_threads = ThreadPoolExecutor(MAX_SERVER_SOUNDS, "server-sound")
_lock = threading.Lock()
# Servers that songs were named of, until they are disconnected, and the words that stand for them.
_ids: WeakKeyDictionary[MusicServer, str] = WeakKeyDictionary()
_servers: WeakValueDictionary[str, MusicServer] = WeakValueDictionary()


def address_of(server: MusicServer, song: ServerSong) -> str:
    """Return a song's address, relative to the page, for the browser of this page run.

    It is "" when this browser keeps no cookies. Call it for songs that the visitor may hear.
    """
    with _lock:
        place = _ids.setdefault(server, secrets.token_hex(ID_BYTES))
        _servers[place] = server
    return address_for(PATH, f"{place} {song.key}")


def routes(prefix: str) -> list[BaseRoute]:
    """Return the route of servers' songs, below a prefix."""
    return [Route(f"{prefix}/{PATH}/{{token}}", give_sound)]


async def give_sound(request: Request) -> Response:
    """Answer with a song or a range of it; 502 when its server does not give it."""
    word, subject = told_by(request, PATH)
    place, _, key = (subject or "").partition(" ")
    server = _servers.get(place)
    song = None if server is None or server.has_stopped else server.shelf.song(key)
    if server is None or song is None:
        return refusal(HTTPStatus.NOT_FOUND)
    if ServerSoundResponse.is_full(word):
        return later()
    try:
        return await _answer(request, word, server.shelf.client, song)
    except Unsatisfiable:
        where = {"Content-Range": f"bytes */{song.size}"}
        return refusal(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, where)
    except NotAuthorised:
        return refusal(HTTPStatus.NOT_FOUND)
    except SourceError:
        return refusal(HTTPStatus.BAD_GATEWAY)


async def _answer(
    request: Request, word: str, client: SubsonicClient, song: ServerSong
) -> Response:
    kind = type_of(Path(f"_.{song.suffix}"))
    headers = {**HEADERS, "Content-Type": kind or CONVERTED}
    # A song that the server converts has no known length, and no ranges.
    size = song.size if kind else None
    tag = f'"{song.key}-{size}"'
    if size:
        headers |= {"Accept-Ranges": "bytes", "ETag": tag}
    if request.method == "HEAD":
        length = {"Content-Length": f"{size}"} if size else {}
        return StreamingResponse(iter(()), headers={**headers, **length})
    asked = request.headers.get("Range", "") if size else ""
    if request.headers.get("If-Range", tag) != tag:
        asked = ""
    wanted = asked_range(asked, size) if size else None
    byte_range = None if wanted is None else f"bytes={wanted[0]}-{wanted[1] - 1}"
    stream = await asyncio.get_running_loop().run_in_executor(
        _threads, lambda: client.open_stream(song.id, byte_range, as_mp3=kind is None)
    )
    status, numbers = _numbers(stream, wanted)
    chunks = _chunks_of(stream.chunks, numbers.get("Content-Length"))
    return ServerSoundResponse(chunks, stream.close, word, status, {**headers, **numbers})


def _numbers(stream: Stream, wanted: tuple[int, int] | None) -> tuple[int, dict[str, str]]:
    """Return the status, and the headers that tell which bytes come."""
    told = {}
    length, where = (stream.headers.get(one, "") for one in ("Content-Length", "Content-Range"))
    if _LENGTH.fullmatch(length):
        told["Content-Length"] = length
    # A server that does not know ranges sends all of it.
    if wanted is None or stream.status != HTTPStatus.PARTIAL_CONTENT or not _RANGE.fullmatch(where):
        return HTTPStatus.OK, told
    return HTTPStatus.PARTIAL_CONTENT, {**told, "Content-Range": where}


async def _chunks_of(chunks: Iterator[bytes], length: str | None) -> AsyncIterator[bytes]:
    """Yield chunks, no more bytes than were told. Raises OSError when there are fewer."""
    loop = asyncio.get_running_loop()
    left = None if length is None else int(length)
    while chunk := await loop.run_in_executor(_threads, next, chunks, b""):
        yield chunk if left is None else chunk[:left]
        if left is not None and (left := left - len(chunk)) <= 0:
            return
    if left:
        raise OSError("the server sent less than it told")


class ServerSoundResponse(SoundResponse):
    """A response that passes a server's sound on."""

    answered: ClassVar[list[str]] = []

    @classmethod
    def most(cls) -> int:
        """Return how many sounds of this kind are sent at once."""
        return MAX_SERVER_SOUNDS
