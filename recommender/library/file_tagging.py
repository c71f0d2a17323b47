"""Fingerprint and tagging of one audio file, without the database."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG
from typing import Protocol

from detectors.types import AudioTagger, Message, MusicScores
from recommender.library.tag_limits import TooManyTags, tags_fit
from recommender.library.tags import Tags, read_tags, title_of

# A header is believed when it differs no more from what was heard, in seconds.
LENGTH_SLACK_S = 1.0


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The fingerprint of a file.

    Attributes
    ----------
    path : Path, absolute
    sha256 : str, hexadecimal digest of the content
    stamp : str, from `mtime_stamp`, taken before the content was read
    size : int, bytes
    name : str or None, the file's original name, when it is stored under another
    tags_only : bool, whether only the tags are wanted, not the scores
    """

    path: Path
    sha256: str
    stamp: str
    size: int
    name: str | None = None
    tags_only: bool = False


@dataclass(frozen=True, slots=True)
class TagResult:
    """The result of tagging a file.

    Attributes
    ----------
    problem : Message or None, why there are no scores
    permanent : bool, whether the problem is in the content; if not, a retry may succeed
    tags : Tags or None, None when they were not read
    """

    scores: MusicScores | None = None
    problem: Message | None = None
    permanent: bool = True
    tags: Tags | None = None

    def tags_of(self, file: Fingerprint) -> Tags:
        """Return the tags, or else a title made from the file name."""
        return self.tags or Tags(title_of(file.name or file.path.name))


class TaggerPool(Protocol):
    """A pool of taggers in other processes."""

    @property
    def version(self) -> str:
        """The tagger's version."""
        ...

    def tag_files(
        self, files: Iterable[Fingerprint], stopping: Callable[[], bool]
    ) -> Iterator[tuple[Fingerprint, TagResult]]:
        """Yield the result for each file as it arrives, in any order.

        MUST take the next file only when there is room for it, and MUST raise only CannotTag.

        Parameters
        ----------
        stopping : callable, returns true when no more results are wanted
        """
        ...


def mtime_stamp(path: Path) -> tuple[str, int]:
    """Return a string that changes with every write of a file, and the size in bytes.

    It includes the inode's ctime, which programs cannot set back. Raises OSError.
    """
    return stamp_of(path.stat())


def stamp_of(stat: os.stat_result) -> tuple[str, int]:
    """Return the same of an open file's status."""
    return f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ctime_ns}", stat.st_size


def read_tagged(path: Path, stamp: str, sha256: str, size: int, *, links: bool) -> bytes | None:
    """Return a file's content if it is still the content that was tagged, else None.

    All checks use the opened file, so a replacement is never read. A file restored from a backup
    has another stamp; then the digest decides.

    Parameters
    ----------
    stamp, sha256, size : see `Fingerprint`
    links : bool, whether the path may be a link

    Raises
    ------
    OSError
        When the file cannot be read, or is a link and must not be.
    """
    with open_for_reading(path, links=links) as file:
        stat = os.fstat(file.fileno())
        if not S_ISREG(stat.st_mode) or stat.st_size != size:
            return None
        content = file.read(size)
        # Compare again, because the file may have been written meanwhile.
        if stamp_of(stat)[0] == stamp_of(os.fstat(file.fileno()))[0] == stamp:
            return content
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def open_for_reading(path: Path, *, links: bool) -> BufferedReader:
    """Open a file that may have become anything since it was found.

    Parameters
    ----------
    links : bool, whether the path may be a link

    Raises
    ------
    OSError
        When the file cannot be opened, or is a link and must not be.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    # Opening a pipe would block.
    flags |= getattr(os, "O_NONBLOCK", 0)
    if not links:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags), "rb")


def fingerprint(path: Path, name: str | None = None) -> Fingerprint:
    """Read a file and return its fingerprint. Raises OSError.

    Parameters
    ----------
    name : str or None, the file's original name, when it is stored under another
    """
    stamp, size = mtime_stamp(path)
    return Fingerprint(path, sha256_of(path), stamp, size, name)


def sha256_of(path: Path) -> str:
    """Return the hexadecimal digest of a file's content. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tag_file(file: Fingerprint, tagger: AudioTagger) -> TagResult:
    """Tag a file and read its tags, unless its content has changed."""
    problem, permanent = _in_the_way(file)
    if problem is not None:
        return TagResult(problem=problem, permanent=permanent)
    tags = read_tags(file.path, file.name)
    if file.tags_only:
        return TagResult(tags=tags)
    try:
        answer = tagger.tag(file.path)
    except Exception as error:  # noqa: BLE001 - a broken tagger must not stop the others
        return TagResult(
            problem=Message("hearing-failed", {"kind": type(error).__name__}), tags=tags
        )
    if isinstance(answer, Message):
        return TagResult(problem=answer, tags=tags)
    if answer.seconds and abs(answer.seconds - (tags.seconds or 0)) > LENGTH_SLACK_S:
        tags = replace(tags, seconds=answer.seconds)
    # The tags alone tell the length.
    return TagResult(scores=replace(answer, seconds=None), tags=tags)


def _in_the_way(file: Fingerprint) -> tuple[Message | None, bool]:
    """Return why a file must not be tagged, and whether the cause is its content."""
    try:
        if sha256_of(file.path) != file.sha256:
            return Message("file-changed"), False
        tags_fit(file.path)
    except OSError:
        return Message("unreadable"), False
    except TooManyTags:
        # The audio decoder parses the tags, too.
        return Message("file-too-many-tags"), True
    return None, True
