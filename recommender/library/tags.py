"""What a file says of itself: its tags and its cover, read by mutagen.

Files come from anywhere: only a process that may be ended reads them, `recommender.library.worker`.
Whatever is in one, reading it raises nothing, and what is found is short text in one line.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
import signal
import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from recommender.library.tag_limits import TooManyTags, tags_fit
from recommender.names import printable
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNKNOWN_ARTIST = "Unknown artist"
# Larger pictures than that are scans of booklets.
MAX_COVER_BYTES = 8_000_000
# Tags take milliseconds. What takes so long is made to.
TAGS_S = 5.0
# More artists than that are none but a damaged file.
MAX_NAMES = 10
# As `recommender.tables` has it, which takes the worker long to load.
GENRE_LENGTH = 100
YEARS = range(1000, 2101)
# Longer than any piece; a header that claims more is damaged.
MAX_SECONDS = 7 * 24 * 3600.0
# How each kind of tags calls a field: ID3, MP4, Vorbis and APE (both without regard to case), ASF.
_NAMES = {
    "title": ("TIT2", "\xa9nam", "title", "Title"),
    "artist": ("TPE1", "TPE2", "\xa9ART", "aART", "artist", "albumartist", "Author"),
    "album": ("TALB", "\xa9alb", "album", "WM/AlbumTitle"),
    "year": ("TDRC", "TDOR", "TYER", "\xa9day", "date", "year", "originaldate", "WM/Year"),
    "genre": ("TCON", "\xa9gen", "genre", "WM/Genre"),
}
# Of ID3, no other frame is parsed; the latter names are those of its version 2.2.
_FRAMES = ("TIT2", "TPE1", "TPE2", "TALB", "TDRC", "TDOR", "TYER", "TORY", "TCON", "APIC")
_FRAMES_2_2 = ("TT2", "TP1", "TP2", "TAL", "TYE", "TOR", "TCO", "PIC")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_FRONT = 3
# mutagen has no types, and another class for each kind of file.
_Foreign: TypeAlias = Any
_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
MEDIA_TYPES = ("image/webp", *(kind for _, kind in _KINDS))
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says of itself.

    title : the file's name where there is none
    artist : `UNKNOWN_ARTIST` where there is none; several are parted by commas
    seconds : its length by its header; None where that says none
    """

    title: str
    artist: str = UNKNOWN_ARTIST
    album: str | None = None
    year: int | None = None
    genre: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture from a file.

    content : a whole JPEG, PNG or WEBP file as it claims to be, at most `MAX_COVER_BYTES`
    media_type : of these three, by the content
    """

    content: bytes
    media_type: str


def read_tags(path: Path, name: str | None = None) -> Tags:
    """Return the tags of an audio file; of one that has none or is damaged, its name.

    It is the name, too, where tags are over a limit of `recommender.library.tag_limits`, or take
    longer than `TAGS_S`.

    name : what the file was called, where it lies under another name
    """
    title = title_of(name or path.name)
    try:
        with _in_time():
            file = _opened(path)
            found = {name: _text(file, name) for name in _NAMES}
            return Tags(
                title=found["title"] or title,
                artist=found["artist"] or UNKNOWN_ARTIST,
                album=found["album"],
                year=_year(found["year"]),
                genre=found["genre"] and found["genre"][:GENRE_LENGTH].strip(),
                seconds=_seconds(file),
            )
    except _TookTooLong:
        return Tags(title)


def title_of(name: str) -> str:
    """Return what a file without tags is called, by its name."""
    return _line(PurePath(name).stem, MAX_TEXT_LENGTH) or "?"


def read_cover(path: Path) -> Cover | None:
    """Return the picture in an audio file, the front cover rather than another; None without."""
    try:
        with _in_time():
            pictures = sorted(_pictures(_opened(path)), key=lambda one: one[0] != _FRONT)
    except (Exception, _TookTooLong) as error:  # noqa: BLE001 - see `_opened`
        _log.debug("a cover cannot be read: %s", type(error).__name__)
        return None
    for _, content in pictures:
        kind = _kind(content)
        if kind is not None and len(content) <= MAX_COVER_BYTES:
            return Cover(content, kind)
    return None


class _TookTooLong(BaseException):
    """Time is up; no `Exception`, for mutagen goes on after many of these."""


@contextmanager
def _in_time() -> Iterator[None]:
    """End the block after `TAGS_S` where the system can; else the process is ended, later."""
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def end(*_: object) -> NoReturn:
        raise _TookTooLong

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, TAGS_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _opened(path: Path) -> _Foreign:
    """Return what mutagen makes of a file; None when it can make nothing of it."""
    import mutagen
    from mutagen.id3 import Frames, Frames_2_2, _frames, _tags

    # Nobody writes compressed frames, and a megabyte of them may hold a gigabyte.
    vars(_frames)["zlib"] = SimpleNamespace(error=zlib.error, decompress=_refuse)
    header: _Foreign = _tags.ID3Header
    header._known_frames = {  # noqa: SLF001 - else it can be told for some kinds of files only
        **{name: Frames[name] for name in _FRAMES},
        **{name: Frames_2_2[name] for name in _FRAMES_2_2},
    }
    try:
        return mutagen.File(path) if tags_fit(path) else None
    except TooManyTags:
        return None
    except Exception as error:  # noqa: BLE001 - a damaged file makes it raise whatever comes
        _log.debug("tags cannot be read: %s", type(error).__name__)
        return None


def _refuse(_packed: bytes) -> NoReturn:
    raise zlib.error("not unpacked")


def _text(file: _Foreign, field: str) -> str | None:
    for name in _NAMES[field]:
        try:
            value = file.tags[name]
        except Exception:  # noqa: BLE001, S112 - each kind of tags has its own for what is missing
            continue
        values = getattr(value, "text", value)
        listed = values if isinstance(values, list) else [values]
        names = dict.fromkeys(str(one) for one in listed[:MAX_NAMES])
        text = _line(", ".join(names), MAX_TEXT_LENGTH)
        if text:
            return text
    return None


def _line(text: str, length: int) -> str:
    return " ".join(printable(text[: 4 * length]).split())[:length].strip()


def _year(text: str | None) -> int | None:
    years = (int(found) for found in _YEAR.findall(text or ""))
    return next((year for year in years if year in YEARS), None)


def _seconds(file: _Foreign) -> float | None:
    try:
        seconds = float(file.info.length)
    except Exception:  # noqa: BLE001 - a header without a length, or with one that is no number
        return None
    return seconds if 0 < seconds <= MAX_SECONDS else None


def _pictures(file: _Foreign) -> Iterator[tuple[int, bytes]]:
    """Return the kinds and contents of all pictures in a file."""
    from mutagen.flac import Picture

    for own in getattr(file, "pictures", ()):
        yield own.type, own.data
    tags = getattr(file, "tags", None)
    if tags is None:
        return
    if hasattr(tags, "getall"):
        for frame in tags.getall("APIC"):
            yield frame.type, frame.data
    for content in _values(tags, "covr"):
        yield _FRONT, bytes(content)
    for text in _values(tags, "metadata_block_picture"):
        try:
            block = base64.b64decode(text, validate=True)
        except binascii.Error:
            continue
        picture: _Foreign = Picture(block)  # type: ignore[no-untyped-call]
        yield picture.type, picture.data
    for value in _values(tags, "Cover Art (Front)"):
        yield _FRONT, bytes(getattr(value, "value", b"")).partition(b"\0")[2]


def _values(tags: _Foreign, name: str) -> list[_Foreign]:
    try:
        value = tags[name]
    except Exception:  # noqa: BLE001 - as in `_text`
        return []
    return value if isinstance(value, list) else [value]


def _kind(content: bytes) -> str | None:
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS if content.startswith(start)), None)
