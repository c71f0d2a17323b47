"""Files with more tags than anybody would wait for, made by hand."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from recommender.library.tag_limits import (
    MAX_ATOMS,
    MAX_ELEMENTS,
    MAX_ITEMS,
    MAX_MARKS,
    MAX_TAG_BYTES,
    MAX_TEXT_BYTES,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MEGABYTE = 1_000_000
MANY = MAX_ITEMS + 1


def synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3(frames: bytes, version: int = 4, flags: int = 0) -> bytes:
    return b"ID3" + bytes((version, 0, flags)) + synchsafe(len(frames)) + frames


def frame(name: bytes, content: bytes, version: int = 4) -> bytes:
    if version == 2:
        return name + len(content).to_bytes(3, "big") + content
    size = synchsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
    return name + size + b"\0\0" + content


def vorbis(count: int, each: bytes = b"A=b", claimed: int | None = None) -> bytes:
    one = struct.pack("<I", len(each)) + each
    return struct.pack("<I", 0) + struct.pack("<I", claimed or count) + one * count


def flac(*blocks: tuple[int, bytes]) -> bytes:
    parts = [bytes((kind,)) + len(body).to_bytes(3, "big") + body for kind, body in blocks]
    return b"fLaC" + b"".join(parts) + b"\x81\0\0\0"


def atom(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def m4a(listed: bytes) -> bytes:
    moov = atom(b"moov", atom(b"udta", atom(b"meta", bytes(4) + atom(b"ilst", listed))))
    return atom(b"ftyp", b"M4A \0\0\0\0") + moov


def ogg(packet: bytes) -> bytes:
    """Pages of a stream: a first packet, and this one."""
    pages, rest = [], packet
    lacing = [255] * (len(packet) // 255) + [len(packet) % 255]
    first = b"OpusHead".ljust(19, b"\1")
    for number, part in enumerate(
        [[len(first)], *(lacing[n : n + 255] for n in range(0, len(lacing), 255))]
    ):
        body, rest = (first, rest) if number == 0 else (rest[: sum(part)], rest[sum(part) :])
        head = b"OggS\0" + bytes(9) + b"abcd" + struct.pack("<II", number, 0) + bytes((len(part),))
        pages.append(head + bytes(part) + body)
    return b"".join(pages)


def chunk(name: bytes, content: bytes, order: str = "<") -> bytes:
    return name + struct.pack(f"{order}I", len(content)) + content + bytes(len(content) % 2)


def wave(*chunks: bytes) -> bytes:
    return chunk(b"RIFF", b"WAVE" + b"".join(chunks))


def element(name: str, *content: bytes, unknown: bool = False) -> bytes:
    """An element of Matroska: its id in hexadecimal, its size in eight bytes, its content."""
    body = b"".join(content)
    size = b"\x01" + (b"\xff" * 7 if unknown else len(body).to_bytes(7, "big"))
    return bytes.fromhex(name) + size + body


def matroska(*content: bytes, unknown: bool = False) -> bytes:
    return element("1a45dfa3") + element("18538067", *content, unknown=unknown)


def asf(*content: bytes) -> bytes:
    """A header of WMA with objects, each an id in hexadecimal and its content."""
    body = b"".join(content)
    size = struct.pack("<QIH", len(body) + 30, len(content), 0x0201)
    return bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + size + body


def asf_object(name: str, content: bytes) -> bytes:
    return bytes.fromhex(name) + struct.pack("<Q", len(content) + 24) + content


def ape(size: int, count: int) -> bytes:
    return b"APETAGEX" + struct.pack("<IIII", 2000, size, count, 0) + bytes(8)


TOO_MANY: dict[str, Callable[[], bytes]] = {
    "frames": lambda: id3(frame(b"COMM", b"\0eng\0x") * MANY),
    "pictures": lambda: id3(frame(b"APIC", b"\0image/png\0\3\0" + bytes(20_000)) * MANY),
    "empty frames": lambda: id3(frame(b"TIT2", b"") * MANY),
    "frames of 2.3": lambda: id3(frame(b"GEOB", b"\0a\0b\0c\0d", 3) * MANY, 3),
    "frames of 2.2": lambda: id3(frame(b"COM", b"\0eng\0x", 2) * MANY, 2),
    "frames with plain sizes": lambda: id3(frame(b"TXXX", b"\0" + bytes(200), 3) * MANY),
    "frames that are unsynchronised": lambda: id3(
        (frame(b"TXXX", b"\0a\xffb", 3) * MANY).replace(b"\xff", b"\xff\0"), 3, 0x80
    ),
    "large frames": lambda: id3(frame(b"TXXX", bytes(20_000)) * MANY),
    "marks": lambda: id3(frame(b"APIC", b"\xff" * (MAX_MARKS + 1))),
    "tags": lambda: id3(b"") * MANY,
    "frames in tags": lambda: id3(frame(b"TXXX", b"\0a\0b") * (MAX_ITEMS // 2)) * 2,
    "comments": lambda: flac((4, vorbis(MANY))),
    "comments behind their block": lambda: flac((4, vorbis(0, claimed=MANY))) + bytes(8 * MANY),
    "pictures of FLAC": lambda: flac(*[(6, b"")] * MANY),
    "comments behind ID3": lambda: id3(frame(b"TIT2", b"\0a")) + flac((4, vorbis(MANY))),
    "comments of Opus": lambda: ogg(b"OpusTags" + vorbis(MANY)),
    "comments of Vorbis": lambda: ogg(b"\3vorbis" + vorbis(MANY)),
    "comments without an end": lambda: ogg(b"OpusTags" + bytes(MAX_TAG_BYTES)),
    "entries": lambda: m4a(atom(b"----", b"") * MANY),
    "atoms": lambda: m4a(b"") + atom(b"free", b"") * MAX_ATOMS,
    "chunks": lambda: wave(*[chunk(b"abcd", b"")] * MANY),
    "chunks in a list": lambda: wave(chunk(b"LIST", b"INFO" + chunk(b"ICMT", b"x") * MANY)),
    "lists in lists": lambda: wave((b"LIST" + b"\xff\xff\0\0" + b"INFO") * MANY),
    "frames in a chunk": lambda: wave(chunk(b"id3 ", id3(frame(b"TXXX", b"\0a\0b") * MANY))),
    "items of APE": lambda: bytes(500) + ape(90_000, MANY),
    "items of APE before ID3v1": lambda: bytes(500) + ape(90_000, MANY) + b"TAG".ljust(128, b"\0"),
    "items of APE before lyrics": lambda: (
        bytes(500)
        + ape(90_000, MANY)
        + b"LYRICSBEGIN000011LYRICS200".ljust(26)
        + b"TAG".ljust(128, b"\0")
    ),
    "objects of WMA": lambda: asf(asf_object("00" * 16, b"") * MANY),
    "tags of WMA": lambda: asf(
        asf_object("40a4d0d207e3d21197f000a0c95ea850", struct.pack("<H", MANY))
    ),
    "tags of WMA in an extension": lambda: asf(
        asf_object(
            "b503bf5f2ea9cf118ee300c00c205365",
            bytes(22) + asf_object("941c23449894d149a1411d134e457054", struct.pack("<H", MANY)),
        )
    ),
    "tags of Matroska": lambda: matroska(element("1254c367", element("7373") * MANY)),
    "tags of Matroska in each other": lambda: matroska(element("67c8", unknown=True) * MANY),
    "tags of Matroska behind ID3": lambda: id3(b"") + matroska(element("67c8") * MANY),
    "tracks of Matroska": lambda: matroska(element("1654ae6b", element("ae") * MANY)),
    "elements of Matroska": lambda: matroska(b"\xec\x80" * (MAX_ELEMENTS + 1)),
}
TOO_LARGE: dict[str, Callable[[], bytes]] = {
    "values": lambda: id3(frame(b"TPE1", b"\3" + bytes(MEGABYTE))),
    "values of 2.3": lambda: id3(frame(b"TPE1", b"\0" + bytes(MEGABYTE), 3), 3),
    "values of 2.2": lambda: id3(frame(b"TP1", b"\0" + bytes(MEGABYTE), 2), 2),
    "values in several": lambda: id3(frame(b"TCON", bytes(MAX_TEXT_BYTES // 5)) * 6),
    "values behind a second header": lambda: id3(
        synchsafe(6) + b"\1\0" + frame(b"TPE1", b"\3" + bytes(MEGABYTE)), flags=0x40
    ),
    "a picture": lambda: id3(frame(b"APIC", b"\0image/png\0\3\0" + bytes(MAX_TAG_BYTES))),
    "a picture of FLAC": lambda: flac(*[(6, bytes(MAX_TAG_BYTES // 2))] * 3),
    "a comment": lambda: flac((4, vorbis(1, b"A=" + bytes(MAX_TAG_BYTES)))),
    "an entry": lambda: m4a(atom(b"covr", bytes(MAX_TAG_BYTES))),
    "APE": lambda: bytes(500) + ape(1 << 31, 1),
    "WMA": lambda: asf(asf_object("00" * 16, bytes(MAX_TAG_BYTES))),
    "a file in Matroska": lambda: matroska(element("465c", bytes(MAX_TAG_BYTES + 1))),
}
