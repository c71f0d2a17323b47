"""One file: what is in it, and what is said of it. Nothing here knows the database."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from stat import S_ISREG
from typing import TYPE_CHECKING, Protocol

from recommender.library.tag_limits import TooManyTags, tags_fit
from recommender.library.tags import Tags, read_tags, title_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from detectors.types import AudioTagger, MusicScores

CHANGED = "It changed while it was read, and comes another time."
UNREADABLE = "It cannot be read."
TOO_MANY_TAGS = "It carries far more tags than a song has; save it without them and try again."


@dataclass(frozen=True, slots=True)
class Look:
    """A file, and what was in it when it was looked at.

    path : absolute
    sha256 : of its content
    stamp : as `stamp_of` gives it, from before the content was read
    size : bytes
    name : what it was called, where it lies under another name
    tags_only : whether its sound is known already
    """

    path: Path
    sha256: str
    stamp: str
    size: int
    name: str | None = None
    tags_only: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What came of hearing a file.

    problem : one sentence why there are no scores
    lasting : whether the problem lies in the content; else it is worth another try
    tags : None where they were not even looked at
    """

    scores: MusicScores | None = None
    problem: str | None = None
    lasting: bool = True
    tags: Tags | None = None

    def tags_of(self, look: Look) -> Tags:
        """Return the tags, or else what the file's name says."""
        return self.tags or Tags(title_of(look.name or look.path.name))


class Hearer(Protocol):
    """What hears one file after the other."""

    def hear(self, look: Look) -> tuple[str, Said]:
        """Return the version of its tagger, and what that says of a file.

        MUST raise only CannotTag.
        """
        ...


class Hearers(Protocol):
    """Processes that hear files."""

    @property
    def version(self) -> str:
        """The version of their tagger."""
        ...

    def hear(
        self, looks: Iterable[Look], stopping: Callable[[], bool]
    ) -> Iterator[tuple[Look, Said]]:
        """Give what is said of each file as it comes, in any order.

        stopping : whether to give no more

        MUST take a next file only when there is room for it, and MUST raise only CannotTag.
        """
        ...


def stamp_of(path: Path) -> tuple[str, int]:
    """Return what changes whenever a file is written, and its size in bytes.

    The time of the last change of the inode is in it, which nobody can set back.

    Raises
    ------
    OSError
        When the file cannot be looked at.
    """
    return _stamp(path.stat())


def _stamp(stat: os.stat_result) -> tuple[str, int]:
    return f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ctime_ns}", stat.st_size


def read_heard(path: Path, stamp: str, sha256: str, size: int, *, links: bool) -> bytes | None:
    """Return the content of a file if it still is what was heard; else None.

    The file that was opened is the one that is looked at: another in its place is not read at all.
    Copied back from a backup, a file has another stamp, and its content tells.

    stamp, sha256, size : as in `Look`
    links : whether the path may be a link

    Raises
    ------
    OSError
        When it cannot be read, or is a link and must not be.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    # A pipe in its place would keep us waiting.
    flags |= getattr(os, "O_NONBLOCK", 0)
    if not links:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        stat = os.fstat(file.fileno())
        if not S_ISREG(stat.st_mode) or stat.st_size != size:
            return None
        content = file.read(size)
        # It may have been written meanwhile.
        if _stamp(stat)[0] == _stamp(os.fstat(file.fileno()))[0] == stamp:
            return content
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def look_at(path: Path, name: str | None = None) -> Look:
    """Read a file to know its content.

    name : what it was called, where it lies under another name

    Raises
    ------
    OSError
        When it cannot be read.
    """
    stamp, size = stamp_of(path)
    return Look(path, sha256_of(path), stamp, size, name)


def sha256_of(path: Path) -> str:
    """Return the digest of a file's content, in hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hear(look: Look, tagger: AudioTagger) -> Said:
    """Return what a tagger and the tags say of a file, if the file is still what it was."""
    problem, lasting = _in_the_way(look)
    if problem is not None:
        return Said(problem=problem, lasting=lasting)
    tags = read_tags(look.path, look.name)
    if look.tags_only:
        return Said(tags=tags)
    try:
        answer = tagger.tag(look.path)
    except Exception as error:  # noqa: BLE001 - no tagger may raise; a broken one stops nobody
        return Said(problem=f"It cannot be heard ({type(error).__name__}).", tags=tags)
    if isinstance(answer, str):
        return Said(problem=answer, tags=tags)
    return Said(scores=answer, tags=tags)


def _in_the_way(look: Look) -> tuple[str | None, bool]:
    """Return why a file is not to be heard, and whether that lies in its content."""
    try:
        if sha256_of(look.path) != look.sha256:
            return CHANGED, False
        tags_fit(look.path)
    except OSError:
        return UNREADABLE, False
    except TooManyTags:
        # Whoever decodes the sound reads them, too.
        return TOO_MANY_TAGS, True
    return None, True
