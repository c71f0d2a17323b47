"""Check the size and the structure of a picture file without decoding it.

A file of some kilobytes may demand hours of work: a JPEG with thousands of scans, each of which
goes over all pixels, or any format whose parts Pillow walks one by one. The markers and chunks show
that, and such files are refused here. Time and memory depend on the file's size alone.
"""

import re
import struct
from collections.abc import Iterator

from detectors.errors import BadImage
from detectors.types import MIN_FRAME_SIDE

MAX_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 16_000_000
# Limit for a JPEG that can be reduced while it is decoded, row by row.
MAX_BASELINE_PIXELS = 100_000_000
# Longest side of a decoded picture, in pixels; a larger one is shrunk to it.
WORKING_SIDE = 1920
# A camera's progressive JPEG has about ten scans.
MAX_SCANS = 100
# A colour profile takes up to 255 segments, the depth map of a phone's portrait about a hundred.
MAX_SEGMENTS = 1000
# Bytes between two segments of a JPEG's header, and consecutive FF bytes in the data of a scan. The
# format allows any number; Pillow reads them one by one, libjpeg starts over with each 64 KB read.
MAX_PADDING = 64
# Pillow joins EXIF segments, and copies all previous ones with each. A camera writes one.
MAX_EXIF_SEGMENTS = 16
# Bytes of a segment with four quantization tables, the maximum, at two bytes a value.
MAX_QUANTITIES = 2 + 4 * (1 + 2 * 64)
# A large PNG of small chunks, 4 KB each, has 6,400 chunks.
MAX_CHUNKS = 10_000

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# Two bytes, since a longer pattern would scan a run of FF once per byte. In the data of a scan,
# FF 00 is a value, and restart markers only divide the data.
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_PADDING = b"\xff" * (MAX_PADDING + 1)
_MARKER_IN_DATA = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_END, SCAN, _QUANTITIES, _EXIF = 0xD9, 0xDA, 0xDB, 0xE1
_BASELINE, _EXTENDED, PROGRESSIVE = 0xC0, 0xC1, 0xC2
# All frame codes, of which only these three are read; 0xC4, 0xC8 and 0xCC are not frames.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Codes without a segment, or with a segment that neither Pillow nor libjpeg reads.
_BARE = frozenset((*range(0xC0), 0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)))


def check_content(content: bytes) -> tuple[int, int]:
    """Return the width and height in pixels of a picture that may be decoded.

    Raises
    ------
    BadImage
        When it is not a JPEG, PNG or WEBP, or beyond one of the limits above.
    """
    if len(content) > MAX_BYTES:
        raise BadImage("picture-too-large", most=MAX_BYTES // 1024 // 1024)
    try:
        if content.startswith(_JPEG):
            return _check_jpeg(content)
        if content.startswith(_PNG):
            return _check_png(content)
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return _check_webp(content)
    except (IndexError, struct.error) as error:  # it ends within a number
        raise BadImage("picture-damaged") from error
    raise BadImage("picture-unread-kind")


def check_size(width: int, height: int, most: int = MAX_PIXELS) -> tuple[int, int]:
    """Return width and height, unless they make too many pixels or too few.

    Raises
    ------
    BadImage
        When it is beyond the limits.
    """
    if width * height > most:
        raise BadImage(
            "picture-too-many-pixels", width=width, height=height, most=most // 1_000_000
        )
    shorter, longer = sorted((width, height))
    if shorter < MIN_FRAME_SIDE:
        raise BadImage("picture-too-small", width=width, height=height)
    if shorter * min(1, WORKING_SIDE / longer) < MIN_FRAME_SIDE:
        raise BadImage("picture-too-narrow", width=width, height=height)
    return width, height


def _check_jpeg(content: bytes) -> tuple[int, int]:
    kind, size, scans, exif = None, (0, 0), 0, 0
    colours = colours_at_once = 0
    for count, (code, place, length) in enumerate(jpeg_segments(content), start=1):
        if code in _FRAMES:
            if kind is not None or code not in {_BASELINE, _EXTENDED, PROGRESSIVE}:
                raise BadImage("picture-unread-jpeg")
            height, width, colours = struct.unpack_from(">HHB", content, place + 3)
            kind, size = code, check_size(width, height, MAX_BASELINE_PIXELS)
        elif code == SCAN:
            scans += 1
            colours_at_once = content[place + 2]
        if code == _QUANTITIES and length > MAX_QUANTITIES:
            raise BadImage("picture-damaged")
        exif += code == _EXIF and content.startswith(b"Exif", place + 2)
        if scans > MAX_SCANS or count > MAX_SEGMENTS or exif > MAX_EXIF_SEGMENTS:
            raise BadImage("picture-too-many-parts")
    if kind is None or not scans:
        raise BadImage("picture-damaged")
    # With several scans, the whole picture is in memory before the first pixel is final.
    row_by_row = kind != PROGRESSIVE and scans == 1 and colours_at_once == colours
    return check_size(*size, MAX_BASELINE_PIXELS if row_by_row else MAX_PIXELS)


def jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield each marker's code, and its segment's offset and length in bytes, 0 without one.

    Walks as Pillow and libjpeg do: past bytes before a marker, up to the first end-of-image marker.
    """
    place, in_header, padding = len(_JPEG) - 1, True, 0
    while True:
        if in_header:
            found = _MARKER.search(content, place, place + MAX_PADDING + 2)
        else:
            if padding < place:
                padding = content.find(_PADDING, place) % (len(content) + 1)
            found = _MARKER_IN_DATA.search(content, place, padding)
        if found is None and (in_header or padding < len(content)):
            raise BadImage("picture-damaged")
        if found is None:
            return
        code, place = content[found.end() - 1], found.end()
        if code == _END:
            return
        length = 0 if code in _BARE else int.from_bytes(content[place : place + 2])
        yield code, place, length
        place += length
        in_header = in_header and code != SCAN


def _check_png(content: bytes) -> tuple[int, int]:
    place = len(_PNG)
    for _ in range(MAX_CHUNKS):
        if place >= len(content):
            break
        # Length, name, data and checksum.
        place += int.from_bytes(content[place : place + 4]) + 12
    else:
        raise BadImage("picture-too-many-parts")
    if content[12:16] != b"IHDR":
        raise BadImage("picture-damaged")
    return check_size(*struct.unpack_from(">II", content, 16))


def _check_webp(content: bytes) -> tuple[int, int]:
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
    return check_size(width, height)
