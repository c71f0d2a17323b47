# ruff: noqa: PLR2004 - numbers defined by the formats
"""Parts of an audio file that a change of its mood must not touch, to be compared.

Each function takes one step for each part of a file that `recommender.library.tag_limits` has let
through, and refuses what it does not understand.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from itertools import count as counting
from typing import BinaryIO

from detectors.types import MessageError

# Frames, descriptions of frames and comments that `recommender.library.mood_tag_files` writes.
OWN_FRAMES, OWN_TEXTS = (b"TMOO", b"TBPM"), (b"VALENCE", b"ENERGY")
OWN_COMMENTS = ("mood", "bpm", "valence", "energy")
# Bytes read at once.
CHUNK = 1 << 20
# Blocks of FLAC.
_COMMENT, _PADDING = 4, 1


class NotWritable(MessageError):
    """The tags of a file cannot be read or written without loss."""


def refuse_ape(file: BinaryIO) -> None:
    """Refuse a file with tags of APE, at its beginning or its end. Raises NotWritable."""
    size = file.seek(0, io.SEEK_END)
    for at in (0, size - 32, size - 128 - 32):
        file.seek(max(0, at))
        if file.read(8) == b"APETAGEX":
            raise NotWritable("mood-tags-ape")


def other_frames(body: bytes, version: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the names and contents of the frames that are not ours."""
    at = 0
    while at + 10 <= len(body) and body[at]:
        name, number, flags = body[at : at + 4], body[at + 4 : at + 8], body[at + 8 : at + 10]
        size = synchsafe(number) if version == 4 else int.from_bytes(number, "big")
        content = body[at + 10 : at + 10 + size]
        if len(content) < size or not size:
            raise NotWritable("mood-tags-broken")
        at += 10 + size
        if name in OWN_FRAMES:
            continue
        # One byte of encoding, the description, a NUL: ours are Latin-1.
        if name == b"TXXX" and content[1:].partition(b"\0")[0] in OWN_TEXTS:
            continue
        yield name, flags + content
    if body[at:].strip(b"\0"):
        raise NotWritable("mood-tags-broken")


def synchsafe(number: bytes) -> int:
    """Return a number of seven bits a byte. Raises NotWritable for one of eight."""
    if any(byte & 0x80 for byte in number):
        raise NotWritable("mood-tags-broken")
    return sum(byte << 7 * place for place, byte in enumerate(reversed(number)))


def other_comments(block: bytes) -> Iterator[bytes]:
    """Yield the comments that are not ours, as bytes; the first is the program's name."""
    file = io.BytesIO(block)

    def text() -> bytes:
        size = int.from_bytes(file.read(4), "little")
        return file.read(size)

    if not block:
        return
    # mutagen names itself where no program did.
    text()
    for _ in range(int.from_bytes(file.read(4), "little")):
        comment = text()
        if comment.partition(b"=")[0].decode("ascii", "replace").casefold() not in OWN_COMMENTS:
            yield comment


def flac_parts(file: BinaryIO) -> tuple[bytes, bytes]:
    """Return the comments of a FLAC file, and the digest of all else but padding."""
    at, comments, parts = 4, b"", list[tuple[int, int | None]]()
    last = False
    while not last:
        file.seek(at)
        head = file.read(4)
        kind, size, last = head[0] & 0x7F, int.from_bytes(head[1:], "big"), bool(head[0] & 0x80)
        if kind == _COMMENT:
            if comments:
                raise NotWritable("mood-tags-broken")
            comments = file.read(size)
        elif kind != _PADDING:
            parts.append((at + 1, at + 4 + size))
        at += 4 + size
    return comments, digest(file, [*parts, (at, None)])


def ogg_parts(file: BinaryIO) -> tuple[bytes, bytes]:
    """Return the comments of an Ogg file, and the digest of all other packets."""
    file.seek(0)
    sound, comments, packet, serials = hashlib.sha256(), b"", bytearray(), set[bytes]()
    numbers = counting()
    while head := file.read(27):
        if len(head) < 27 or not head.startswith(b"OggS"):
            raise NotWritable("mood-tags-broken")
        serials.add(head[14:18])
        if len(serials) > 1:
            # Several streams, or one after the other.
            raise NotWritable("mood-tags-broken")
        for length in file.read(head[26]):
            packet += file.read(length)
            if length == 255:
                continue
            if next(numbers) == 1:
                comments = bytes(packet)
            else:
                sound.update(len(packet).to_bytes(4, "big") + packet)
            packet = bytearray()
    heads = (b"\x03vorbis", b"OpusTags")
    start = next((len(one) for one in heads if comments.startswith(one)), 4)
    return comments[start:], sound.digest()


def sound_atoms(file: BinaryIO) -> Iterator[tuple[int, int | None]]:
    """Yield the beginning and the end of each part with sound."""
    end, at = file.seek(0, io.SEEK_END), 0
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        size, first = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, first = int.from_bytes(head[8:], "big"), at + 16
        size = end - at if size == 0 else size
        if size < 8:
            raise NotWritable("mood-tags-broken")
        if head[4:8] == b"mdat":
            yield first, at + size
        at += size


def digest(file: BinaryIO, parts: Sequence[tuple[int, int | None]]) -> bytes:
    """Return the digest of some parts of a file, each from a place up to another or the end."""
    found = hashlib.sha256()
    for start, end in parts:
        file.seek(start)
        left = (1 << 62) if end is None else end - start
        while left > 0 and (read := file.read(min(CHUNK, left))):
            found.update(read)
            left -= len(read)
    return found.digest()
