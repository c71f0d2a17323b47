"""Hearing a server's songs: streamed into a file, tagged in another process, and forgotten.

A song that was heard is kept at once, so that a run that was interrupted is continued by the next.
A song that is too long or too large, or cannot be decoded, is kept as such and not fetched again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from recommender.errors import NotAuthorised, RateLimited, SourceError, Unavailable
from recommender.library.file_tagging import Fingerprint, TaggerPool, TagResult, fingerprint
from recommender.library.writer import equate_to_catalogue, retry_while_busy
from recommender.subsonic.errors import SERVER
from recommender.subsonic.heard import Heard

if TYPE_CHECKING:
    from recommender.subsonic.shelf import Shelf
    from recommender.subsonic.songs import ServerSong

MIB = 1024 * 1024
# Seconds for the sound of one song.
SOUND_S = 300.0
# Failures in a row after which the server is left alone for this run.
MOST_FAILURES = 5
_log = logging.getLogger(__name__)

MakePool = Callable[[], AbstractContextManager[TaggerPool]]


@dataclass(frozen=True, slots=True)
class HearingLimits:
    """Limits for the songs of one server.

    Attributes
    ----------
    max_bytes : int, size of one sound
    max_seconds : float, length of one song as the server states it
    max_songs : int, songs of one run
    max_listed : int, songs held in memory; 50,000 take some 60 MB
    """

    max_bytes: int
    max_seconds: float
    max_songs: int
    max_listed: int


# The tagger's own limits are wider; a stream takes the server's time, too.
OWNERS = HearingLimits(256 * MIB, 3600.0, 50_000, 50_000)
# As for the files that visitors upload.
VISITORS = HearingLimits(25 * MIB, 15 * 60.0, 500, 10_000)


class TooLarge(Exception):
    """A sound is larger than the limit."""


def hear(
    shelf: Shelf,
    make_pool: MakePool,
    limits: HearingLimits,
    folder: Path,
    *,
    stopping: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> int:
    """Hear the songs whose mood is unknown, and return how many were heard.

    Parameters
    ----------
    make_pool : callable, returns the taggers; not called when no song can be unheard
    folder : Path, where a song lies while it is heard; Dask's workers must see it, too
    progress : callable, receives the numbers of songs done and to do

    Raises
    ------
    SourceError
        When the server fails, nothing can be tagged, or the database cannot be used.
    """
    if not shelf.unheard(shelf.model):
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    with make_pool() as taggers, TemporaryDirectory(dir=folder, prefix="server-") as room:
        shelf.model = taggers.version
        run = _Run(shelf, taggers.version, limits, Path(room), stopping)
        for file, result in taggers.tag_files(run.files(), stopping):
            run.keep(file, result)
            progress(run.done, run.total)
        run.raise_failure()
        return run.done


class _Run:
    """One run over the songs of a server."""

    def __init__(
        self,
        shelf: Shelf,
        model: str,
        limits: HearingLimits,
        room: Path,
        stopping: Callable[[], bool],
    ) -> None:
        self._shelf, self._model, self._limits = shelf, model, limits
        self._room, self._stopping = room, stopping
        self._songs = shelf.unheard(model)[: limits.max_songs]
        self._on_the_way: dict[Path, ServerSong] = {}
        self._failure: SourceError | None = None
        self.done, self.total = 0, len(self._songs)

    def files(self) -> Iterator[Fingerprint]:
        """Yield the songs as files, each fetched when there is room for it."""
        failures = 0
        for number, song in enumerate(self._songs):
            if self._stopping():
                return
            path = self._room / f"{number}.{song.suffix or 'sound'}"
            try:
                self._fetch(song, path)
                file = fingerprint(path)
            except TooLarge:
                path.unlink(missing_ok=True)
                self._save(song, None)
                self.done += 1
            except (SourceError, OSError) as error:
                path.unlink(missing_ok=True)
                failures += 1
                _log.info("a song of the music server was not heard: %s", type(error).__name__)
                if failures >= MOST_FAILURES or isinstance(error, NotAuthorised | RateLimited):
                    self._failure = SERVER.error_from(error)
                    return
            else:
                failures = 0
                self._on_the_way[file.path] = song
                yield file

    def keep(self, file: Fingerprint, result: TagResult) -> None:
        """Keep what was heard, and delete the file."""
        song = self._on_the_way.pop(file.path)
        file.path.unlink(missing_ok=True)
        if result.scores is not None:
            self._save(song, equate_to_catalogue(result.scores))
        elif result.permanent:
            self._save(song, None)
        self.done += 1

    def raise_failure(self) -> None:
        """Raise what ended the run early."""
        if self._failure is not None:
            raise self._failure

    def _fetch(self, song: ServerSong, path: Path) -> None:
        limits = self._limits
        if (song.size or 0) > limits.max_bytes or (song.seconds or 0) > limits.max_seconds:
            raise TooLarge
        stream = self._shelf.client.open_stream(song.id, ends_at=time.monotonic() + SOUND_S)
        try:
            with path.open("wb") as file:
                left = limits.max_bytes
                for chunk in stream.chunks:
                    left -= len(chunk)
                    if left < 0:
                        raise TooLarge
                    file.write(chunk)
                    if self._stopping():
                        raise Unavailable("server-late")
        finally:
            stream.close()

    def _save(self, song: ServerSong, point: tuple[float, float] | None) -> None:
        heard = Heard(self._model, point)
        retry_while_busy(lambda: self._shelf.keep(song.key, heard))


def one_by_one(tag: Callable[[Fingerprint], tuple[str, TagResult]]) -> MakePool:
    """Return what makes a pool of a tagger that others use, too; it hears one song at a time."""

    def make() -> AbstractContextManager[TaggerPool]:
        return _OneByOne(tag)

    return make


class _OneByOne:
    # The same tagger hears a visitor's songs from first to last.
    version = "visit"

    def __init__(self, tag: Callable[[Fingerprint], tuple[str, TagResult]]) -> None:
        self._tag = tag

    def __enter__(self) -> TaggerPool:
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing: the tagger is others', too."""

    def tag_files(
        self, files: Iterable[Fingerprint], stopping: Callable[[], bool]
    ) -> Iterator[tuple[Fingerprint, TagResult]]:
        """Yield the result for each file in turn."""
        for file in files:
            if stopping():
                return
            yield file, self._tag(file)[1]
