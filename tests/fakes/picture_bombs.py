"""Pictures that ask for hours of work, and odd ones that do not, made by hand."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

from detectors.pictures.limits import (
    MAX_CHUNKS,
    MAX_EXIF_SEGMENTS,
    MAX_PADDING,
    MAX_QUANTITIES,
    MAX_SCANS,
    MAX_SEGMENTS,
)

FLOOD = 10_000_000
SOI, EOI, FF = b"\xff\xd8", b"\xff\xd9", b"\xff"
PNG_HEAD = 33


def encoded(kind: str, side: int = 64, mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((side, side)).convert(mode).save(file, kind, **options)
    return file.getvalue()


def segment(code: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(data) + 2) + data


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def jpeg_of(size: tuple[int, int], frame: int = 0xC0, colours: int = 3, at_once: int = 3) -> bytes:
    """A JPEG that has all that its header needs, and no pixels."""
    layers = bytes(byte for number in range(colours) for byte in (number, 0x11, 0))
    head = segment(frame, struct.pack(">BHHB", 8, size[1], size[0], colours) + layers)
    return SOI + head + segment(0xDA, bytes([at_once])) + bytes(100) + EOI


BASELINE = encoded("JPEG")
PROGRESSIVE = encoded("JPEG", progressive=True)
PNG = encoded("PNG")
# The last scan of a progressive JPEG refines all of it by one bit, and may come as often as one
# likes: 31 bytes for a flat picture of 16 million pixels, each of them 4 ms of a core.
REFINEMENT = PROGRESSIVE[PROGRESSIVE.rindex(b"\xff\xda") : -2]
OWN_SCANS = PROGRESSIVE.count(b"\xff\xda")


def after_header(data: bytes, content: bytes = BASELINE) -> bytes:
    return SOI + data + content[2:]


def before_end(data: bytes, content: bytes = BASELINE) -> bytes:
    return content[:-2] + data + EOI


def with_scans(count: int, hidden_by: bytes = b"") -> bytes:
    return before_end(hidden_by + REFINEMENT * (count - OWN_SCANS), PROGRESSIVE)


PARTS, DAMAGED, PIXELS = "too-many-parts", "damaged", "too-many-pixels"
REFUSED = {
    "scans": (with_scans(MAX_SCANS + 1), PARTS),
    "many scans": (with_scans(5000), PARTS),
    "scans behind an end within a comment": (
        with_scans(5000, segment(0xFE, EOI * 9)), PARTS),
    "scans behind an end within a table": (with_scans(5000, segment(0xCC, EOI)), PARTS),
    "scans behind markers without a length": (
        with_scans(5000, b"\xff\x01\xff\xd3\xff\x00\xff\xff\xff\x00"), PARTS),
    "scans behind an odd marker": (with_scans(5000, b"\xff\xf0"), PARTS),
    "one byte of padding too many": (after_header(FF * (MAX_PADDING + 1)), DAMAGED),
    "padding": (after_header(FF * FLOOD), DAMAGED),
    "padding before the scan": (BASELINE.replace(b"\xff\xda", FF * FLOOD + b"\xff\xda"), DAMAGED),
    "padding within a scan": (before_end(FF * FLOOD), DAMAGED),
    "padding without an end": (BASELINE[:-2] + FF * FLOOD, DAMAGED),
    "padding behind an end within a comment": (
        before_end(segment(0xFE, EOI) + FF * FLOOD), DAMAGED),
    "stuffed padding": (after_header(b"\xff\x00" * FLOOD), DAMAGED),
    "ends before the picture": (after_header(EOI * FLOOD), DAMAGED),
    "zeros before a marker": (after_header(segment(0xFE, b"") + bytes(FLOOD)), DAMAGED),
    "a segment that only we would skip": (after_header(b"\xff\xf0" + FF * 2 + bytes(70)), DAMAGED),
    "comments": (after_header(segment(0xFE, b"") * FLOOD)[:FLOOD], PARTS),
    "tables between scans": (before_end(segment(0xDB, bytes(65)) * MAX_SEGMENTS), PARTS),
    "metadata in pieces": (
        after_header(segment(0xE1, b"Exif\0\0" + bytes(60_000)) * (MAX_EXIF_SEGMENTS + 1)), PARTS),
    "tables in one segment": (after_header(segment(0xDB, bytes(MAX_QUANTITIES - 1))), DAMAGED),
    "no scan": (BASELINE[: BASELINE.index(b"\xff\xda")] + EOI, DAMAGED),
    "two frames": (after_header(jpeg_of((64, 64))[2:19]), "unread-jpeg"),
    "arithmetic coding": (jpeg_of((64, 64), 0xC9), "unread-jpeg"),
    "lossless": (jpeg_of((64, 64), 0xC3), "unread-jpeg"),
    "height to be told later": (jpeg_of((64, 0)), "too-small"),
    "progressive and large": (jpeg_of((4000, 4001), 0xC2), PIXELS),
    "large, colour by colour": (jpeg_of((4000, 4001), at_once=1), PIXELS),
    "large, in two scans": (before_end(segment(0xDA, b"\3"), jpeg_of((4000, 4001))), PIXELS),
    "huge": (jpeg_of((10_000, 10_001)), "too-many-pixels .* most=100"),
    "chunks": (PNG[:PNG_HEAD] + chunk(b"tEXt", b"a\0b") * MAX_CHUNKS + PNG[PNG_HEAD:], PARTS),
    "empty chunks": (PNG[:PNG_HEAD] + chunk(b"IDAT", b"") * 800_000 + PNG[PNG_HEAD:], PARTS),
    "no header first": (PNG[:8] + chunk(b"tEXt", bytes(20)) + PNG[8:], DAMAGED),
    "a header cut off": (PNG[:20], DAMAGED),
}  # fmt: skip
READ = {
    "as many scans as are read": with_scans(MAX_SCANS),
    "as much padding as is read": after_header(segment(0xFE, b"") + FF * MAX_PADDING),
    "padding in a comment": after_header(segment(0xFE, FF * 60_000)),
    "scans in a comment": after_header(segment(0xFE, b"\xff\xda" * 30_000)),
    "a small picture within": after_header(
        segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\0" + PROGRESSIVE)
    ),
    "something behind": BASELINE + b"\xff\xda" * 1000 + FF * 1000,
    "restart markers": before_end(b"\xff\xd0" * 1000),
    "a profile of the longest kind": after_header(segment(0xE2, b"ICC_PROFILE\0\1\xff") * 255),
    "large chunks": PNG[:PNG_HEAD] + chunk(b"tEXt", bytes(1_000_000)) * 8 + PNG[PNG_HEAD:],
}
