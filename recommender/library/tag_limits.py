# ruff: noqa: PLR2004 - numbers defined by the formats
"""Amount of tags in a file, estimated from headers and sizes before a library parses them.

Parsers of tags take quadratic time for many fields or many values in one field, and allocate
whatever size a header claims. This module takes one step per field and stops at a limit.
"""

import io
from collections.abc import Generator, Iterator
from itertools import count as counting
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

# ID3 frames, Vorbis comments, MP4 list atoms, RIFF chunks. Albums with lyrics have some dozens.
MAX_ITEMS = 1_000
# Bytes including pictures; larger ones, such as scanned booklets, are not read.
MAX_TAG_BYTES = 10_000_000
# Bytes of all ID3 text frames: each may split into as many values as it has bytes.
MAX_TEXT_BYTES = 100_000
# Bytes 0xFF, at which unsynchronised tags are split; in pictures, 1 of 100 bytes is 0xFF.
MAX_MARKS = 1_000_000
# Atoms of an MP4; a fragmented recording has some ten for each two seconds.
MAX_ATOMS = 100_000
# Elements of a Matroska; one that a browser has recorded has some 17 for each second.
MAX_ELEMENTS = 50_000
_TEXT = frozenset(
    b"TIT2 TPE1 TPE2 TALB TDRC TDOR TYER TORY TCON TT2 TP1 TP2 TAL TYE TOR TCO".split()
)
_PARENTS = frozenset(b"moov udta trak mdia meta ilst stbl minf moof traf".split())
_HEADS = {b"\x03vorbis": 7, b"OpusTags": 8, b"\x04": 4, b"\x84": 4}
# A place beyond the end of every file, which systems let us seek.
_BEYOND = 1 << 40
_FLAC_COMMENT, _FLAC_PICTURE = 4, 6
_EBML, _ASF = b"\x1a\x45\xdf\xa3", bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
# Objects of an ASF header that have a list of tags, and the one that has objects.
_ASF_LISTS = frozenset(
    bytes.fromhex(name)
    for name in (
        "40a4d0d207e3d21197f000a0c95ea850",
        "eacbf8c5af5b77488467aa8c44fa4cca",
        "941c23449894d149a1411d134e457054",
    )
)
_ASF_MORE = bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")
# Elements of Matroska that hold others (RFC 9559), those first of which an album has few: tracks,
# files and tags; the segment with its information, chapters and places to seek.
_LISTED = frozenset(bytes.fromhex(name) for name in ("ae", "41e4", "61a7", "7373", "67c8"))
_MASTERS = _LISTED | frozenset(
    bytes.fromhex(name)
    for name in (
        *("18538067", "1549a966", "1654ae6b", "e0", "e1", "e2", "e3", "e4", "6d80", "6240"),
        *("5034", "5035", "1941a469", "1043a770", "45b9", "b6", "80", "1c53bb6b", "bb", "b7"),
        *("114d9b74", "4dbb", "1254c367", "63c0"),
    )
)
# The contents of tags and of files.
_CONTENTS = frozenset(bytes.fromhex(name) for name in ("4487", "4485", "465c", "63a2"))

# Bytes of one item, and how many of them are text that ID3 may split.
_Item: TypeAlias = tuple[int, int]


class TooManyTags(Exception):
    """A file with so many tags that the audio decoder, which parses them, would be slow, too."""


def tags_fit(path: Path) -> bool:
    """Return whether a file's tags are small enough to be parsed.

    Raises
    ------
    TooManyTags
        When there are more than `MAX_ITEMS`.
    OSError
        When the file cannot be read.
    """
    size = text = 0
    with path.open("rb") as file:
        for number, (more, more_text) in enumerate(_items(file), start=1):
            if number > MAX_ITEMS:
                raise TooManyTags
            size, text = size + more, text + more_text
    return size <= MAX_TAG_BYTES and text <= MAX_TEXT_BYTES


def _items(file: BinaryIO) -> Iterator[_Item]:
    end = file.seek(0, io.SEEK_END)
    at = 0
    while _at(file, at, 3) == b"ID3":
        at = yield from _id3(file, at)
    for start in {0, at}:
        magic = _at(file, start, 12)
        if magic[:4] == b"fLaC":
            yield from _flac(file, start + 4)
        elif magic[:4] == b"OggS":
            yield from _ogg(file, start)
        elif magic[:4] in {b"RIFF", b"RF64", b"BW64", b"FORM"}:
            yield from _chunks(file, start + 12, end, "big" if magic[:4] == b"FORM" else "little")
        elif magic[4:8] == b"ftyp":
            yield from _mp4(file, start, end)
        elif magic[:4] == _EBML:
            yield from _matroska(file, start)
        elif _at(file, start, 16) == _ASF:
            yield from _asf(file, start)
    yield from _ape(file, end)


def _ape(file: BinaryIO, end: int) -> Iterator[_Item]:
    """Yield the APE tags at the begin or the end: before ID3v1 of 128 bytes, and lyrics."""
    lyrics = _at(file, max(end - 143, 0), 15)
    size = int(lyrics[:6]) if lyrics[6:] == b"LYRICS200" and lyrics[:6].isdigit() else 0
    for start in (0, end - 32, end - 160, end - 175 - size):
        footer = _at(file, max(start, 0), 32)
        if footer[:8] == b"APETAGEX":
            yield int.from_bytes(footer[12:16], "little"), 0
            yield from ((0, 0) for _ in range(int.from_bytes(footer[16:20], "little")))


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(min(place, _BEYOND))
    return file.read(count)


def _id3(file: BinaryIO, start: int) -> Generator[_Item, None, int]:
    """Yield the frames of an ID3 tag; return its end, an offset."""
    head = _at(file, start, 10).ljust(10, b"\0")
    version, flags, size = head[3], head[5], _synchsafe(head[6:])
    end = start + 10 + size
    yield size, 0
    first = start + 10
    if flags & 0x40:
        # As in mutagen: some files flag an extended header that is missing.
        length = _at(file, first, 4)
        if length not in _TEXT | {b"APIC"}:
            more = _synchsafe(length) - 4 if version == 4 else int.from_bytes(length, "big")
            first += 4 + max(more, 0)
    # Some writers use plain sizes in version 2.4, which prescribes synchsafe sizes (7 bits per
    # byte).
    ways = (True, False) if version == 4 else (True,)
    bodies: list[tuple[BinaryIO, int, int]] = [(file, first, end)]
    if size <= MAX_TAG_BYTES:
        content = _at(file, first, max(end - first, 0))
        if content.count(b"\xff") > MAX_MARKS:
            raise TooManyTags
        if flags & 0x80 and version < 4:
            # Mutagen falls back to the raw bytes when this fails, so both are walked.
            content = content.replace(b"\xff\0", b"\xff")
            bodies.append((io.BytesIO(content), 0, len(content)))
    elif flags & 0x80:
        raise TooManyTags
    walks = [_frames(*body, version, plain=plain) for body in bodies for plain in ways]
    frames, text = (max(values) for values in zip(*walks, strict=True))
    yield 0, text
    yield from ((0, 0) for _ in range(frames))
    return end


def _frames(body: BinaryIO, at: int, stop: int, version: int, *, plain: bool) -> tuple[int, int]:
    """Return the number of frames (at most MAX_ITEMS + 1) and the bytes of text in them."""
    name_length, head_length = (3, 6) if version == 2 else (4, 10)
    frames = text = 0
    while at + head_length <= stop and frames <= MAX_ITEMS:
        head = _at(body, at, head_length)
        name, number = head[:name_length].rstrip(b"\0"), head[name_length : 2 * name_length]
        if not name or not number:
            break
        size = int.from_bytes(number, "big") if plain else _synchsafe(number)
        frames += 1
        text += min(size, stop - at) if name in _TEXT else 0
        at += head_length + size
    return frames, text


def _synchsafe(number: bytes) -> int:
    value = 0
    for byte in number:
        value = value << 7 | byte & 0x7F
    return value


def _flac(file: BinaryIO, at: int) -> Iterator[_Item]:
    while len(head := _at(file, at, 4)) == 4:
        kind, size = head[0] & 0x7F, int.from_bytes(head[1:], "big")
        yield (size if kind == _FLAC_PICTURE else 0), 0
        if kind == _FLAC_COMMENT:
            yield from _comments(file, at + 4)
        if head[0] & 0x80:
            return
        at += 4 + size


def _comments(file: BinaryIO, at: int) -> Iterator[_Item]:
    """Yield the comments of a Vorbis comment block, which begins with the vendor string."""
    at += 4 + int.from_bytes(_at(file, at, 4), "little")
    for _ in range(int.from_bytes(_at(file, at, 4), "little")):
        at += 4
        if len(length := _at(file, at, 4)) < 4:
            return
        size = int.from_bytes(length, "little")
        yield size, 0
        at += size


def _ogg(file: BinaryIO, at: int) -> Iterator[_Item]:
    """Yield the comments in the second packet of each stream of an Ogg file."""
    packets: dict[bytes, list[bytearray]] = {}
    read = 0
    while len(head := _at(file, at, 27)) == 27 and head[:4] == b"OggS":
        lacing = file.read(head[26])
        content = memoryview(file.read(sum(lacing)))
        at += 27 + len(lacing) + sum(lacing)
        read += len(content) + 27
        if read > MAX_TAG_BYTES:
            raise TooManyTags
        stream = packets.setdefault(head[14:18], [bytearray()])
        for length in lacing:
            if len(stream) <= 2:
                stream[-1] += content[:length]
                content = content[length:]
                if length < 255:
                    stream.append(bytearray())
        if all(len(one) > 2 for one in packets.values()):
            break
    for _, packet, *_ in (one for one in packets.values() if len(one) > 1):
        skipped = next((n for start, n in _HEADS.items() if packet.startswith(start)), 0)
        yield from _comments(io.BytesIO(packet), skipped)


def _chunks(file: BinaryIO, at: int, end: int, order: Literal["big", "little"]) -> Iterator[_Item]:
    """Yield the chunks of a WAV or AIFF file, and the contents of those that hold tags."""
    parts = [(at, end)]
    while parts:
        at, stop = parts.pop()
        while at + 8 <= stop and len(head := _at(file, at, 8)) == 8:
            name, size = head[:4], int.from_bytes(head[4:], order)
            yield 0, 0
            if name.upper() == b"ID3 ":
                yield from _id3(file, at + 8)
            elif name == b"LIST":
                parts.append((at + 12, min(at + 8 + size, stop)))
            at += 8 + size + size % 2


def _mp4(file: BinaryIO, start: int, end: int) -> Iterator[_Item]:
    """Yield the entries of the metadata lists of an MP4 file."""
    parts, numbers = [(start, end, b"")], counting()
    while parts:
        at, stop, parent = parts.pop()
        while at + 8 <= stop:
            if next(numbers) > MAX_ATOMS:
                raise TooManyTags
            head = _at(file, at, 16)
            size, name, first = int.from_bytes(head[:4], "big"), head[4:8], at + 8
            if size == 1:
                size, first = int.from_bytes(head[8:], "big"), at + 16
            size = stop - at if size == 0 else size
            if size < 8:
                break
            if parent == b"ilst":
                yield size, 0
            elif name in _PARENTS:
                parts.append((first + 4 * (name == b"meta"), min(at + size, stop), name))
            at += size


def elements(file: BinaryIO, at: int = 0) -> Iterator[tuple[bytes, int, int]]:
    """Yield the elements of a Matroska file, one after the other: id, offset, size of the content.

    The elements in those that hold others, or are of unknown size, follow these. Other files have
    none.

    Parameters
    ----------
    at : int, offset where it begins

    Raises
    ------
    TooManyTags
        When there are more than `MAX_ELEMENTS`.
    """
    end = file.seek(0, io.SEEK_END)
    at = at if _at(file, at, 4) == _EBML else end
    for number in counting():
        head = _at(file, at, 12)
        # The bits before the first that is set tell the length of a number.
        name_length = 9 - head[0].bit_length() if head else 9
        size_length = 9 - head[name_length].bit_length() if name_length < len(head) else 9
        if at >= end or name_length > 4 or size_length > 8:
            return
        if number > MAX_ELEMENTS:
            raise TooManyTags
        name, first = head[:name_length], at + name_length + size_length
        most = (1 << 7 * size_length) - 1
        size = int.from_bytes(head[name_length : name_length + size_length], "big") & most
        yield name, first, size
        at = first if size == most or name in _MASTERS else first + size


def _matroska(file: BinaryIO, start: int) -> Iterator[_Item]:
    """Yield the tags, tracks and attached files of a Matroska file."""
    for name, _, size in elements(file, start):
        if name in _LISTED or name in _CONTENTS:
            yield (size if name in _CONTENTS else 0), 0


def _asf(file: BinaryIO, start: int) -> Iterator[_Item]:
    """Yield the objects in the header of a WMA file, and the tags in them."""
    size = int.from_bytes(_at(file, start + 16, 8), "little")
    yield size, 0
    at, end = start + 30, start + size
    while at + 24 <= end and len(head := _at(file, at, 26)) == 26:
        yield 0, 0
        if head[:16] in _ASF_LISTS:
            yield from ((0, 0) for _ in range(int.from_bytes(head[24:], "little")))
        inner = head[:16] == _ASF_MORE
        at += 46 if inner else max(int.from_bytes(head[16:24], "little"), 24)
