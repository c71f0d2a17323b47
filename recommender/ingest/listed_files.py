"""Files that a playlist names by their paths: their tags, when they are there."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from recommender.errors import CannotTag
from recommender.ingest.entries import Entry, entry_of
from recommender.library.tags import UNKNOWN_ARTIST, Tags
from recommender.library.worker_process import Worker, WorkerDied

# Time for the tags of one file, and of all: a file takes milliseconds. The others keep the names
# that their paths suggest.
FILE_S, ALL_S = 10.0, 60.0
# A file that ends the process that reads it is skipped; so many are no accident.
MAX_DEATHS = 3


def with_tags(
    entries: Iterable[Entry], folder: Path, clock: Callable[[], float] = time.monotonic
) -> Iterator[Entry]:
    """Yield the entries; those named after a file that is there get the names in its tags.

    Parameters
    ----------
    folder : Path, the playlist's: paths may be relative to it
    """
    reader = _TagReader(clock)
    try:
        for entry in entries:
            file = found_file(entry.path, folder) if entry.path else None
            tags = None if file is None else reader.tags(file)
            if tags is None or tags.artist == UNKNOWN_ARTIST:
                yield entry
            else:
                yield entry_of(
                    entry.number,
                    tags.title,
                    tags.artist,
                    album=tags.album,
                    genre=tags.genre,
                    year=tags.year,
                )
    finally:
        reader.end()


def found_file(path: str, folder: Path) -> Path | None:
    """Return the file at a path of a playlist, if it is one on this machine."""
    if path.casefold().startswith("file:"):
        path = unquote(path[len("file:") :].removeprefix("//").removeprefix("localhost"))
    # A share's address would make Windows sign in at a stranger's server.
    if "://" in path or path.startswith(("\\\\", "//")):
        return None
    bare = path.strip()
    for one in dict.fromkeys((path, bare, bare.replace("\\", "/"), unquote(bare))):
        try:
            file = folder / one
            if file.is_file():
                return file
        except (OSError, ValueError):
            # Too long, or with a NUL.
            continue
    return None


class _TagReader:
    """Reader of tags in a process of its own, which a damaged file may end."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until = clock() + ALL_S
        self._worker: Worker | None = None
        self._deaths = 0

    def tags(self, file: Path) -> Tags | None:
        """Return a file's tags; None when they cannot be read, or not in time."""
        if self._deaths >= MAX_DEATHS or self._clock() > self._until:
            return None
        try:
            if self._worker is None:
                self._worker = Worker(None)
                self._worker.wait_until_ready()
            return self._worker.tags(file, FILE_S)
        except (CannotTag, WorkerDied):
            self._deaths += 1
            self.end()
            return None

    def end(self) -> None:
        """End the process, if there is one."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None
