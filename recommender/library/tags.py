"""Tags and cover of an audio file, read with mutagen where it can, and beside it.

Files are untrusted, so only a disposable process reads them (`recommender.library.worker`). Reading
never raises, whatever the content, and returns short single-line texts.
"""

import base64
import binascii
import logging
import re
import signal
import threading
import unicodedata
import zlib
from collections.abc import Callable, Iterator, MutableSequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath
from types import SimpleNamespace
from typing import Any, NoReturn, TypeAlias

from recommender.library.container_tags import container_tags, decoded
from recommender.library.folder_covers import pictures_beside
from recommender.library.tag_limits import TooManyTags, tags_fit
from recommender.text import visible
from recommender.types import MAX_TEXT_LENGTH

UNKNOWN_ARTIST = "Unknown artist"
# Bytes; larger pictures are scans of booklets.
MAX_COVER_BYTES = 8_000_000
# Timeout: tags take milliseconds, so a slow file is malicious.
TAGS_S = 5.0
# Values of one field; a file with more is damaged.
MAX_NAMES = 10
# Equal to the limit in `recommender.db.tables`, which is slow to import in the worker.
GENRE_LENGTH = 100
YEARS = range(1000, 2101)
# A longer duration means a damaged header.
MAX_SECONDS = 7 * 24 * 3600.0
# Names of each field: ID3, MP4, Vorbis and APE (both case-insensitive), ASF.
_NAMES = {
    "title": ("TIT2", "\xa9nam", "title", "Title"),
    "artist": (
        *("TPE1", "TPE2", "\xa9ART", "aART", "artist", "albumartist", "Album Artist"),
        *("Author", "WM/AlbumArtist"),
    ),
    "album": ("TALB", "\xa9alb", "album", "WM/AlbumTitle"),
    "year": ("TDRC", "TDOR", "TYER", "\xa9day", "date", "year", "originaldate", "WM/Year"),
    "genre": ("TCON", "\xa9gen", "genre", "WM/Genre"),
}
# The only ID3 frames that are parsed; the second tuple is for version 2.2.
_FRAMES = ("TIT2", "TPE1", "TPE2", "TALB", "TDRC", "TDOR", "TYER", "TORY", "TCON", "APIC")
_FRAMES_2_2 = ("TT2", "TP1", "TP2", "TAL", "TYE", "TOR", "TCO", "PIC")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_FRONT = 3
# The encoding of ID3 that is called Latin-1.
_LATIN = 0
# Kinds whose bytes are their length.
_PLAIN = frozenset({".wav", ".aif", ".aiff"})
# mutagen publishes no types and has a class for each kind of file.
_Foreign: TypeAlias = Any
_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
MEDIA_TYPES = ("image/webp", *(kind for _, kind in _KINDS))
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a file.

    Attributes
    ----------
    title : str, or else the file name
    artist : str, several joined by commas; `UNKNOWN_ARTIST` when missing
    seconds : float or None, duration according to the header, and what a plain sound has room for
    """

    title: str
    artist: str = UNKNOWN_ARTIST
    album: str | None = None
    year: int | None = None
    genre: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture from a file, untrusted and not decoded.

    Attributes
    ----------
    content : bytes, claims to be a JPEG, PNG or WEBP file; at most `MAX_COVER_BYTES`
    media_type : str, of `MEDIA_TYPES`, recognised by the first bytes
    """

    content: bytes
    media_type: str


def read_tags(path: Path, name: str | None = None) -> Tags:
    """Return an audio file's tags, or only a title made from its name.

    The name is used when tags are missing, damaged, over a limit of
    `recommender.library.tag_limits`, or take longer than `TAGS_S`.

    Parameters
    ----------
    name : str or None, the file's original name, when it is stored under another
    """
    title = title_of(name or path.name)
    try:
        with _in_time():
            file, sources = _opened(path)
            found = {name: _text(sources, name) for name in _NAMES}
            return Tags(
                title=found["title"] or title,
                artist=found["artist"] or UNKNOWN_ARTIST,
                album=found["album"],
                year=_year(found["year"]),
                genre=found["genre"] and found["genre"][:GENRE_LENGTH].strip(),
                seconds=_seconds(file, path),
            )
    except _TookTooLong:
        return Tags(title)


def title_of(name: str) -> str:
    """Return a title made from a file name."""
    stem = PurePath(name).stem
    try:
        stem.encode()
    except UnicodeEncodeError:
        # A name of a time before UTF-8; of half a letter, nothing is left.
        with suppress(UnicodeEncodeError):
            stem = decoded(stem.encode("utf-8", "surrogateescape"))
    return _line(stem) or "?"


def read_cover(path: Path) -> Cover | None:
    """Return an audio file's cover, preferably the front cover, else a picture that lies beside it.

    None without a picture.
    """
    try:
        with _in_time():
            for content in _covers(path):
                kind = _kind(content)
                if kind is not None and len(content) <= MAX_COVER_BYTES:
                    return Cover(content, kind)
    except (Exception, _TookTooLong) as error:  # noqa: BLE001 - see `_opened`
        _log.debug("a cover cannot be read: %s", type(error).__name__)
    return None


def _covers(path: Path) -> Iterator[bytes]:
    # Damage in the file says nothing of what lies beside it.
    with suppress(Exception):
        inside = sorted(_pictures(*_opened(path)), key=lambda one: one[0] != _FRONT)
        yield from (content for _, content in inside)
    yield from pictures_beside(path, MAX_COVER_BYTES)


class _TookTooLong(BaseException):
    """Timeout. Not an `Exception`, because mutagen catches many of these."""


@contextmanager
def _in_time() -> Iterator[None]:
    """Interrupt the block after `TAGS_S` if signals allow; else the parent's timeout ends it."""
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


def _opened(path: Path) -> tuple[_Foreign, list[_Foreign]]:
    """Return a file as mutagen opens it, or None, and its tags, the best first.

    Many programs write a kind of tags that the kind of file does not provide for: ID3 into AAC and
    FLAC, APE into MP3.
    """
    import mutagen
    from mutagen.apev2 import APEv2
    from mutagen.id3 import ID3, Frames, Frames_2_2, _frames, _tags

    # Zip bomb: a megabyte of compressed frames may hold a gigabyte. No program writes them.
    vars(_frames)["zlib"] = SimpleNamespace(error=zlib.error, decompress=_refuse)
    header: _Foreign = _tags.ID3Header
    header._known_frames = {  # noqa: SLF001 - the public option exists for some kinds of files only
        **{name: Frames[name] for name in _FRAMES},
        **{name: Frames_2_2[name] for name in _FRAMES_2_2},
    }
    try:
        if not tags_fit(path):
            return None, []
    except (TooManyTags, OSError):
        return None, []
    file = _attempt(mutagen.File, path)
    native: _Foreign = getattr(file, "tags", None)
    others = [_attempt(read, path) for read in (ID3, APEv2) if not isinstance(native, read)]
    sources = filter(None, (native, *others, _attempt(container_tags, path)))
    # ID3v1 cuts after 30 letters.
    return file, sorted(sources, key=_is_short)


def _attempt(read: Callable[[Path], _Foreign], path: Path) -> _Foreign:
    try:
        return read(path)
    except Exception as error:  # noqa: BLE001 - mutagen raises anything for damaged files
        _log.debug("tags cannot be read: %s", type(error).__name__)
        return None


def _is_short(tags: _Foreign) -> bool:
    """Return whether tags are ID3 without the header of version 2."""
    return getattr(tags, "size", None) == 0


def _refuse(_packed: bytes) -> NoReturn:
    raise zlib.error("not unpacked")


def _text(sources: list[_Foreign], field: str) -> str | None:
    for tags in sources:
        for name in _NAMES[field]:
            words = [text for value in _values(tags, name) for text in _texts(value)]
            text = _line(", ".join(dict.fromkeys(words[:MAX_NAMES])))
            if text:
                return text
    return None


def _texts(value: _Foreign) -> list[str]:
    # Frames of genres may hold their numbers.
    values = getattr(value, "genres", None) or getattr(value, "text", value)
    # Lists, and the texts of APE.
    listed = values if isinstance(values, MutableSequence) else [values]
    words = [str(one) for one in islice(listed, MAX_NAMES)]
    if getattr(value, "encoding", None) == _LATIN:
        # As it is called, and seldom is.
        return [decoded(word.encode("latin-1", "replace")) for word in words]
    return words


def _line(text: str) -> str:
    # As everybody but macOS writes names: a letter with its accent.
    return visible(unicodedata.normalize("NFC", text[: 4 * MAX_TEXT_LENGTH]), MAX_TEXT_LENGTH)


def _year(text: str | None) -> int | None:
    years = (int(found) for found in _YEAR.findall(text or ""))
    return next((year for year in years if year in YEARS), None)


def _seconds(file: _Foreign, path: Path) -> float | None:
    try:
        seconds = float(file.info.length)
        if path.suffix.casefold() in _PLAIN:
            # A recorder that writes into a pipe knows no length, and claims the largest.
            seconds = min(seconds, 8 * path.stat().st_size / file.info.bitrate)
    except Exception:  # noqa: BLE001 - a header without a duration, or with an invalid one
        return None
    return seconds if 0 < seconds <= MAX_SECONDS else None


def _pictures(file: _Foreign, sources: list[_Foreign]) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the content of all pictures in a file."""
    from mutagen.flac import Picture

    for own in getattr(file, "pictures", ()):
        yield own.type, own.data
    for tags in sources:
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
        for value in _values(tags, "WM/Picture"):
            # A type, the size of the picture, two texts, the picture.
            raw = bytes(value.value)
            yield raw[0], raw[-int.from_bytes(raw[1:5], "little") :]


def _values(tags: _Foreign, name: str) -> list[_Foreign]:
    try:
        value = tags[name]
    except Exception:  # noqa: BLE001 - each format raises its own for a missing field
        return []
    return value if isinstance(value, list) else [value]


def _kind(content: bytes) -> str | None:
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS if content.startswith(start)), None)
