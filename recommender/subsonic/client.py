"""Requests to one music server, with an end: its songs, their sound, and what goes back to it.

The sign-in is by key (apiKey), else by token, else by the password in hexadecimal digits
(``enc:``), which old servers want; the first kind that the server accepts is remembered. No
library: the API is one GET with parameters, and a library's own session would obey neither the
deadline nor the checked address.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from recommender.deadline import CircuitBreaker, run_with_deadline
from recommender.errors import NotAuthorised, SourceError
from recommender.subsonic.errors import SERVER, SignInUnknown, answer_of
from recommender.web.addresses import ServerAddress, public_machines
from recommender.web.observed import observed

if TYPE_CHECKING:
    import requests

    from recommender.web.route import Route

# The newest version of Subsonic's own API, which OpenSubsonic extends.
VERSION, NAME = "1.16.1", "Moodring"
# Seconds for one answer, and for the beginning of a song, which the server may have to convert.
ANSWER_S, SOUND_BEGINS_S = 8.0, 15.0
# Seconds in which nothing is asked of a server that was full and named no time.
PAUSE_S = 30.0
# Songs of one answer; servers give 500 at most.
PAGE_SIZE = 500
# Songs of a playlist made here: more would not fit into an address.
MAX_PLAYLIST = 100
MAX_PLAYLIST_NAME = 200
CHUNK_BYTES = 65_536
SALT_BYTES = 8

Words: TypeAlias = Mapping[str, Any]
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Login:
    """A sign-in at a music server: a key, or a name with its password; both are tried.

    Attributes
    ----------
    user, password, key : str, "" where there is none
    """

    user: str = ""
    password: str = field(default="", repr=False)
    key: str = field(default="", repr=False)

    def kinds(self) -> list[Callable[[], dict[str, str]]]:
        """Return what makes the parameters of each kind of sign-in, best first."""
        kinds: list[Callable[[], dict[str, str]]] = []
        if self.key:
            kinds.append(lambda: {"apiKey": self.key})
        if self.user:
            kinds += [self._token, self._encoded]
        return kinds

    def _token(self) -> dict[str, str]:
        salt = secrets.token_hex(SALT_BYTES)
        # MD5 is the protocol's.
        token = hashlib.md5((self.password + salt).encode(), usedforsecurity=False).hexdigest()
        return {"u": self.user, "t": token, "s": salt}

    def _encoded(self) -> dict[str, str]:
        return {"u": self.user, "p": f"enc:{self.password.encode().hex()}"}


@dataclass(frozen=True, slots=True)
class Stream:
    """The sound of a song, or a range of it.

    Attributes
    ----------
    status : int, 200 for all of it, 206 for the range that was asked for
    headers : mapping, those of `SOUND_HEADERS` that the server sent
    chunks : iterator of bytes; raises SourceError
    close : callable, ends the connection
    """

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    close: Callable[[], None]


SOUND_HEADERS = ("Content-Type", "Content-Length", "Content-Range", "Accept-Ranges")
# Beginnings of the types of sound; some servers name no better one.
SOUND_TYPES = ("audio/", "video/", "application/ogg", "application/octet-stream")


class SubsonicClient:
    """A thread-safe client of one music server.

    After the server has refused the sign-in, nothing more is asked of it; after it was full,
    nothing until its pause is over.

    Parameters
    ----------
    machines : callable (address, deadline), returns the numbers a visitor's server may be asked at
    """

    def __init__(
        self,
        address: ServerAddress,
        login: Login,
        *,
        machines: Callable[[ServerAddress, float], tuple[str, ...]] = public_machines,
    ) -> None:
        self.address = address
        self._kinds = login.kinds()
        self._machines = machines
        self._pinned: tuple[str, ...] = ()
        self._breaker = CircuitBreaker(PAUSE_S, PAUSE_S)

    def check(self, *, deadline: float | None = None) -> None:
        """Sign in. Raises SourceError."""
        self._ask("ping", {}, deadline)

    def extensions(self, *, deadline: float | None = None) -> frozenset[str]:
        """Return the names of the server's extensions; none for one that knows of none."""
        try:
            listed = self._ask("getOpenSubsonicExtensions", {}, deadline)
        except NotAuthorised:
            raise
        except SourceError:
            # Old servers know no such method, and say so in as many ways.
            return frozenset()
        names = (one.get("name") for one in objects(listed.get("openSubsonicExtensions")))
        return frozenset(name for name in names if isinstance(name, str))

    def songs(self, offset: int, *, deadline: float | None = None) -> list[dict[str, Any]]:
        """Return up to `PAGE_SIZE` songs as the server describes them, in its own order.

        Parameters
        ----------
        offset : int, songs before
        """
        words = {
            "query": "",
            "songCount": PAGE_SIZE,
            "songOffset": offset,
            "artistCount": 0,
            "albumCount": 0,
        }
        return listed_songs(self._ask("search3", words, deadline).get("searchResult3"))

    def some_songs(self, *, deadline: float | None = None) -> list[dict[str, Any]]:
        """Return songs by chance, of a server that lists none for an empty search."""
        words = {"size": PAGE_SIZE}
        return listed_songs(self._ask("getRandomSongs", words, deadline).get("randomSongs"))

    def create_playlist(
        self, name: str, song_ids: Sequence[str], *, deadline: float | None = None
    ) -> None:
        """Make a playlist of the first `MAX_PLAYLIST` songs. Raises SourceError."""
        words = {"name": name[:MAX_PLAYLIST_NAME], "songId": list(song_ids[:MAX_PLAYLIST])}
        self._ask("createPlaylist", words, deadline)

    def star(self, song_id: str, *, on: bool = True, deadline: float | None = None) -> None:
        """Mark a song as a favourite, or take the mark away. Raises SourceError."""
        self._ask("star" if on else "unstar", {"id": song_id}, deadline)

    def scrobble(
        self,
        song_id: str,
        at_ms: int | None = None,
        *,
        playing_now: bool = False,
        deadline: float | None = None,
    ) -> None:
        """Tell the server that a song was played, or is playing. Raises SourceError.

        Parameters
        ----------
        at_ms : int or None, when it began, in milliseconds since 1970; None for now
        """
        words: dict[str, object] = {"id": song_id, "submission": str(not playing_now).lower()}
        if at_ms is not None:
            words["time"] = at_ms
        self._ask("scrobble", words, deadline)

    def open_stream(
        self,
        song_id: str,
        byte_range: str | None = None,
        *,
        as_mp3: bool = False,
        ends_at: float | None = None,
    ) -> Stream:
        """Return the sound of a song; the caller closes it.

        Parameters
        ----------
        byte_range : str or None, the value of a Range header, such as "bytes=0-"
        as_mp3 : bool, whether the server shall convert it; such a stream has no ranges
        ends_at : float or None, value of ``time.monotonic()`` at which it is cut off

        Raises
        ------
        SourceError
            When no sound begins.
        """
        headers = {"Accept-Encoding": "identity"}
        if byte_range is not None and not as_mp3:
            headers["Range"] = byte_range
        words = {"id": song_id, "format": "mp3" if as_mp3 else "raw"}
        response, route = self._answered(
            "stream", words, time.monotonic() + SOUND_BEGINS_S, _sound_of, headers
        )

        def close() -> None:
            route.sockets.abort()
            response.close()

        kept = {name: response.headers[name] for name in SOUND_HEADERS if name in response.headers}
        return Stream(response.status_code, kept, _chunks(response, ends_at), close)

    def _ask(self, method: str, words: Words, deadline: float | None) -> dict[str, Any]:
        ends = time.monotonic() + ANSWER_S if deadline is None else deadline
        answer, route = self._answered(method, words, ends, _answer_in, {})
        route.sockets.abort()
        return answer

    def _answered(
        self,
        method: str,
        words: Words,
        deadline: float,
        read: Callable[[requests.Response], _Answer],
        headers: Mapping[str, str],
    ) -> tuple[_Answer, Route]:
        """Return what is read of a response, and its route, by the first accepted sign-in."""
        self._breaker.check()
        failure: SourceError = NotAuthorised("server-no-sign-in")
        for kind in tuple(self._kinds):
            try:
                answer = self._once(method, {**words, **kind()}, deadline, read, headers)
            except SignInUnknown as error:
                failure = error
                continue
            except SourceError as error:
                if method in {"ping", "search3"} or not isinstance(error, NotAuthorised):
                    # A single forbidden method says nothing of the others.
                    self._breaker.record(error)
                raise
            self._kinds = [kind]
            return answer
        raise failure

    def _once(
        self,
        method: str,
        words: Words,
        deadline: float,
        read: Callable[[requests.Response], _Answer],
        headers: Mapping[str, str],
    ) -> tuple[_Answer, Route]:
        # Imported here, so that the first page does not wait for requests.
        from recommender.subsonic.connection import begin
        from recommender.web.route import Route

        if not (self.address.is_owners or self._pinned):
            with SERVER.errors():
                self._pinned = self._machines(self.address, deadline)
        route = Route(self._pinned)
        common = {"v": VERSION, "c": NAME, "f": "json"}

        def work() -> _Answer:
            sent = begin(
                self.address,
                method,
                {**common, **words},
                route=route,
                deadline=deadline,
                headers=headers,
            )
            return read(sent)

        try:
            with observed(SERVER.name, method), SERVER.errors():
                return run_with_deadline(deadline, work), route
        except SourceError:
            route.sockets.abort()
            raise


def objects(listed: object) -> list[dict[str, Any]]:
    """Return the objects of a list; a single one, as old servers send it, counts as such a list."""
    many = listed if isinstance(listed, list) else [listed]
    return [one for one in many if isinstance(one, dict)]


def listed_songs(found: object) -> list[dict[str, Any]]:
    """Return the songs of an answer, no more than were asked for."""
    return objects(found.get("song") if isinstance(found, dict) else None)[:PAGE_SIZE]


def _answer_in(response: requests.Response) -> dict[str, Any]:
    from recommender.subsonic.connection import body_of

    return answer_of(body_of(response))


def _sound_of(response: requests.Response) -> requests.Response:
    """Return a response that is sound; an error comes as one in JSON or XML with status 200."""
    from recommender.subsonic.connection import body_of

    kind = response.headers.get("Content-Type", "").lower()
    if kind.startswith(SOUND_TYPES):
        return response
    answer_of(body_of(response))
    raise SERVER.failure("nonsense")


def _chunks(response: requests.Response, ends_at: float | None) -> Iterator[bytes]:
    # One read each, so that a server that drips is noticed between two.
    read = partial(response.raw.read1, CHUNK_BYTES)
    with SERVER.errors(), response:
        while chunk := read():
            yield chunk
            if ends_at is not None and time.monotonic() > ends_at:
                raise SERVER.failure("late")
