"""Tags that mutagen does not read: RIFF INFO, the text chunks of AIFF, and Matroska's.

Each reader takes one step for each part of a file that `recommender.library.tag_limits` has let
through, and reads short texts only.
"""

import codecs
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Literal

from recommender.library.tag_limits import MAX_ITEMS, MAX_TAG_BYTES, elements
from recommender.text import code_page

# Bytes of one text; a longer one is cut.
MAX_TEXT_BYTES = 4_000
_INFO = {b"INAM": "title", b"IART": "artist", b"IPRD": "album", b"ICRD": "date", b"IGNR": "genre"}
_AIFF = {b"NAME": "title", b"AUTH": "artist"}
# Elements of Matroska, see RFC 9559.
_TITLE, _TAG, _LEVEL = b"\x7b\xa9", b"\x73\x73", b"\x68\xca"
_NAME, _STRING, _FILE = b"\x45\xa3", b"\x44\x87", b"\x46\x5c"
_ALBUM = 50
# Names of tags of an album, as they are called where album and song have one list.
_OF_ALBUM = {"title": "album", "artist": "albumartist"}


def container_tags(path: Path) -> dict[str, list[str | bytes]]:
    """Return the tags in a RIFF, AIFF or Matroska file under names as Vorbis has them.

    The files that are attached to a Matroska file come as `covr`, where MP4 has its covers.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    found: dict[str, list[str | bytes]] = {}
    for name, value in _named(path):
        if value:
            found.setdefault(name, []).append(value)
    return found


def decoded(raw: bytes, said: str | None = None) -> str:
    """Return a text up to its first NUL, in the encoding that it seems to have.

    It is UTF-8 when it can be, else that of `code_page`.

    Parameters
    ----------
    said : str or None, the encoding that the file names
    """
    raw = raw.partition(b"\0")[0]
    for encoding in (said or "utf-8", "utf-8"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode(code_page(raw), "replace")


def _named(path: Path) -> Iterator[tuple[str, str | bytes]]:
    with path.open("rb") as file:
        magic = file.read(12)
        if magic[:4] == b"FORM":
            for name, content in _chunks(file, 12, "big"):
                if name in _AIFF:
                    yield _AIFF[name], decoded(content)
        elif magic[8:] == b"WAVE":
            yield from _riff(file)
        else:
            yield from _matroska(file)


def _riff(file: BinaryIO) -> Iterator[tuple[str, str]]:
    code_page = None
    for name, content in _chunks(file, 12, "little"):
        if name == b"CSET":
            code_page = _codec(int.from_bytes(content[:2], "little"))
        elif name in _INFO:
            yield _INFO[name], decoded(content, code_page)


def _codec(number: int) -> str | None:
    with suppress(LookupError):
        return codecs.lookup("utf-8" if number == 65_001 else f"cp{number}").name  # noqa: PLR2004
    return None


def _chunks(
    file: BinaryIO, at: int, order: Literal["big", "little"]
) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a file and of the list INFO in it, by name, with the begin of each."""
    for _ in range(MAX_ITEMS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:  # noqa: PLR2004 - name and size
            return
        name, size = head[:4], int.from_bytes(head[4:], order)
        content = file.read(min(size, MAX_TEXT_BYTES))
        if name == b"LIST" and content[:4] == b"INFO":
            at += 12
            continue
        yield name, content
        at += 8 + size + size % 2


def _matroska(file: BinaryIO) -> Iterator[tuple[str, str | bytes]]:
    level, name = 0, ""
    for element, first, size in elements(file):
        if element == _TAG:
            level = 0
        elif element in {_TITLE, _LEVEL, _NAME, _STRING, _FILE}:
            file.seek(first)
            content = file.read(min(size, MAX_TAG_BYTES if element == _FILE else MAX_TEXT_BYTES))
            if element == _FILE:
                yield "covr", content
            elif element == _LEVEL:
                level = int.from_bytes(content, "big")
            elif element == _NAME:
                name = decoded(content).casefold()
                name = _OF_ALBUM.get(name, name) if level == _ALBUM else name
            elif element == _TITLE or name:
                yield ("title" if element == _TITLE else name), decoded(content)
