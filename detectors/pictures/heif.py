"""Read HEIC and AVIF pictures: their boxes here, their tiles by libav (through PyAV).

Both are files of ISO/IEC 23008-12. The box "meta" lists items; the primary one is a picture in
HEVC (HEIC) or AV1 (AVIF), or a grid of such tiles: a phone's has a few dozen of 512 × 512 pixels.
Each tile is reduced as soon as it is decoded, so that no large picture is in memory as a whole.
Image sequences, overlays, and pictures made from other files are not read.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, cast

from PIL import Image

from detectors.errors import BadImage
from detectors.pictures.damage import LEAST_SHARE
from detectors.pictures.limits import MAX_BYTES, check_size

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

MAX_HEIF_PIXELS = 50_000_000
# A phone's picture of 48 million pixels has 192 tiles of 512 × 512.
MAX_TILES = 1000
# Boxes before "meta", which is the second of nearly every file.
MAX_BOXES = 100
# Bytes of "meta": 10 KB in a phone's picture, more where it holds a colour profile.
MAX_META = 1_000_000
# HEVC pads a tile to whole blocks of up to 64 pixels.
BLOCK = 64

# Bytes 4 to 8 of every file of this family.
_FAMILY = b"ftyp"
_BRANDS = frozenset((b"mif1", b"mif2", b"heic", b"heix", b"heim", b"heis", b"avif"))
# The decoder and the property with its configuration, by the type of the item.
_CODERS = {b"hvc1": ("hevc", b"hvcC"), b"av01": ("libdav1d", b"av1C")}
# Widths in bytes that a length may have; a list of extents of no width would have no end.
_LENGTHS = (4, 8)
# Places of an item's data: in the file, or in the box "idat".
_IN_FILE, _IN_BOX = 0, 1
_GREY = (127, 127, 127)
# Libav's AVCOL_RANGE_JPEG.
_FULL_RANGE = 2
_QUARTERS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
_MIRRORS = (Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.FLIP_LEFT_RIGHT)

Extents = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Heif:
    """The structure of a picture, not decoded.

    Attributes
    ----------
    width, height : int, pixels of the whole before `turns`
    tile : (int, int), width and height of each tile in pixels
    columns : int, tiles side by side
    coder : str, libav's name of the decoder
    tiles : configuration of the decoder and extents in the file, row by row
    turns : transpositions after which the picture is upright
    full_range : bool, whether black is 0 where the stream itself does not tell
    """

    width: int
    height: int
    tile: tuple[int, int]
    columns: int
    coder: str
    tiles: Sequence[tuple[bytes, Extents]]
    turns: Sequence[Image.Transpose]
    full_range: bool


class _Cursor:
    """A place in a file, from which big-endian numbers are read up to an end."""

    def __init__(self, content: bytes, place: int, end: int) -> None:
        self.content, self.place, self.end = content, place, end

    def take(self, size: int) -> bytes:
        """Return the next bytes. Raises BadImage beyond the end."""
        self.place += size
        if self.place > self.end:
            raise BadImage("picture-damaged")
        return self.content[self.place - size : self.place]

    def number(self, size: int) -> int:
        """Return the next number of so many bytes; 0 for none."""
        return int.from_bytes(self.take(size))

    def boxes(self) -> Iterator[tuple[bytes, _Cursor]]:
        """Yield the kind and the inside of each box; a file that is cut short cuts them, too."""
        while self.place < self.end:
            start, size, kind = self.place, self.number(4), self.take(4)
            if size == 1:
                size = self.number(8)
            end = min(start + size if size else self.end, self.end)
            if end < self.place:
                raise BadImage("picture-damaged")
            yield kind, _Cursor(self.content, self.place, end)
            self.place = end


def is_heif(content: bytes) -> bool:
    """Return whether the first box names a still picture of this family."""
    brands = content[8 : min(int.from_bytes(content[:4]), 4 * MAX_BOXES)]
    return content[4:8] == _FAMILY and any(
        brands[at : at + 4] in _BRANDS for at in range(0, len(brands), 4)
    )


def read_heif(content: bytes) -> Heif:
    """Return the structure of a HEIC or AVIF picture that may be decoded.

    Raises
    ------
    BadImage
        When it is of a kind that is not read, or beyond one of the limits.
    LookupError, ValueError, struct.error
        When it refers to something that is not there.
    """
    top = islice(_Cursor(content, 0, len(content)).boxes(), MAX_BOXES)
    meta = next((inside for kind, inside in top if kind == b"meta"), None)
    if meta is None:
        raise BadImage("picture-unread-heif")
    if meta.end - meta.place > MAX_META:
        raise BadImage("picture-too-many-parts")
    meta.number(4)
    parts = dict(meta.boxes())
    version, _ = _version(parts[b"pitm"])
    primary = parts[b"pitm"].number(4 if version else 2)
    types, places = _types(parts[b"iinf"]), _places(parts)
    properties = _properties(parts[b"iprp"])
    kind, tiles, rows, columns = types[primary], [primary], 1, 1
    width, height = _size(properties[primary])
    if kind == b"grid":
        tiles = _references(parts[b"iref"])[primary]
        ((start, length),) = places[primary]
        _, wide, rows, columns = content[start : start + 4]
        rows, columns, kind = rows + 1, columns + 1, types[tiles[0]]
        form = ">II" if wide & 1 else ">HH"
        width, height = struct.unpack(form, content[start + 4 : start + length])
    if kind not in _CODERS or any(types[tile] != kind for tile in tiles):
        raise BadImage("picture-unread-heif")
    check_size(width, height, MAX_HEIF_PIXELS)
    across, down = _size(properties[tiles[0]])
    if len(tiles) > MAX_TILES:
        raise BadImage("picture-too-many-parts")
    # The tiles cover the picture, and none lies outside it.
    covered = -(-width // max(across, 1)), -(-height // max(down, 1))
    if len(tiles) != rows * columns or covered != (columns, rows):
        raise BadImage("picture-damaged")
    coder, name = _CODERS[kind]
    _check_share(content, [places[tile] for tile in tiles])
    return Heif(
        width,
        height,
        (across, down),
        columns,
        coder,
        [(dict(properties[tile])[name], places[tile]) for tile in tiles],
        list(_turns(properties[primary])),
        _full_range(properties[tiles[0]]) or _full_range(properties[primary]),
    )


def _version(box: _Cursor) -> tuple[int, int]:
    """Return the version and the flags with which most boxes begin."""
    return box.number(1), box.number(3)


def _types(box: _Cursor) -> dict[int, bytes]:
    """Return the type of each item."""
    types = {}
    version, _ = _version(box)
    box.number(4 if version else 2)
    for _, entry in box.boxes():
        version, _ = _version(entry)
        item, _ = entry.number(4 if version > 2 else 2), entry.number(2)  # noqa: PLR2004
        types[item] = entry.take(4)
    return types


def _references(box: _Cursor) -> dict[int, list[int]]:
    """Return the tiles of each grid."""
    tiles = {}
    version, _ = _version(box)
    width = 4 if version else 2
    for kind, entry in box.boxes():
        if kind == b"dimg":
            item = entry.number(width)
            tiles[item] = [entry.number(width) for _ in range(entry.number(2))]
    return tiles


def _places(parts: dict[bytes, _Cursor]) -> dict[int, Extents]:
    """Return the extents of each item's data: offset in the file, and length."""
    box, places = parts[b"iloc"], {}
    version, _ = _version(box)
    widths = box.number(2)
    offset, length, base, index = (widths >> shift & 15 for shift in (12, 8, 4, 0))
    if length not in _LENGTHS:
        raise BadImage("picture-damaged")
    wide = 4 if version > 1 else 2
    for _ in range(box.number(wide)):
        item = box.number(wide)
        method = box.number(2) & 15 if version else _IN_FILE
        if method > _IN_BOX:
            raise BadImage("picture-unread-heif")
        box.number(2)
        start = box.number(base) + (parts[b"idat"].place if method else 0)
        extents = []
        for _ in range(box.number(2)):
            box.number(index if version else 0)
            extents.append((start + box.number(offset), box.number(length)))
        places[item] = extents
    return places


def _properties(box: _Cursor) -> dict[int, list[tuple[bytes, bytes]]]:
    """Return the properties of each item, in their order: kind and content."""
    found, properties = [], defaultdict(list)
    for kind, inside in box.boxes():
        if kind == b"ipco":
            found = [(name, one.take(one.end - one.place)) for name, one in inside.boxes()]
        elif kind == b"ipma":
            version, flags = _version(inside)
            width = 2 if flags & 1 else 1
            for _ in range(inside.number(4)):
                item = inside.number(4 if version else 2)
                for _ in range(inside.number(1)):
                    # The highest bit marks what a reader must know.
                    number = inside.number(width) & (1 << 8 * width - 1) - 1
                    if number:
                        properties[item].append(found[number - 1])
    return properties


def _size(properties: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", dict(properties)[b"ispe"], 4)
    return width, height


def _turns(properties: list[tuple[bytes, bytes]]) -> Iterator[Image.Transpose]:
    for kind, content in properties:
        if kind == b"irot" and content[0] & 3:
            yield _QUARTERS[(content[0] & 3) - 1]
        elif kind == b"imir":
            yield _MIRRORS[content[0] & 1]


def _full_range(properties: list[tuple[bytes, bytes]]) -> bool:
    return any(
        kind == b"colr" and content.startswith(b"nclx") and content[10] >> 7
        for kind, content in properties
    )


def _check_share(content: bytes, items: list[Extents]) -> None:
    """Refuse what lacks too many of its bytes, or asks for more than a file may have."""
    extents = [extent for item in items for extent in item]
    claimed = sum(length for _, length in extents)
    if claimed > MAX_BYTES:
        raise BadImage("picture-too-many-parts")
    there = sum(max(0, min(length, len(content) - start)) for start, length in extents)
    if not claimed or there < LEAST_SHARE * claimed:
        raise BadImage("picture-damaged")


def decode_heif(content: bytes, heif: Heif, side: int) -> Image.Image:
    """Decode a picture, upright, whose longest side is at least ``side`` where the file's is.

    Raises
    ------
    BadImage
        When too many tiles cannot be decoded.
    MemoryError
        When a tile needs more memory than this process may take.
    """
    reduction = max(1, max(heif.width, heif.height) // side)
    size = -(-heif.width // reduction), -(-heif.height // reduction)
    whole = Image.new("RGB", size, _GREY)
    read = 0
    for number, frame in _frames(content, heif):
        row, column = divmod(number, heif.columns)
        # Edges are rounded, so that neighbours meet.
        left, right = (round(at * heif.tile[0] / reduction) for at in (column, column + 1))
        top, bottom = (round(at * heif.tile[1] / reduction) for at in (row, row + 1))
        full = heif.full_range or frame.color_range == _FULL_RANGE
        tile = frame.reformat(
            max(1, right - left),
            max(1, bottom - top),
            "rgb24",
            interpolation="AREA",
            src_color_range="JPEG" if full else "MPEG",
            threads=1,
        )
        (plane,) = tile.planes
        pixels = Image.frombytes(
            "RGB", (tile.width, tile.height), bytes(plane), "raw", "RGB", plane.line_size
        )
        whole.paste(pixels, (left, top))
        read += 1
    if read < LEAST_SHARE * len(heif.tiles):
        raise BadImage("picture-damaged")
    for turn in heif.turns:
        whole = whole.transpose(turn)
    return whole


def _frames(content: bytes, heif: Heif) -> Iterator[tuple[int, VideoFrame]]:
    """Yield the number and the pixels of each tile that can be decoded."""
    import av  # a process that decodes other pictures starts faster without

    av.logging.set_libav_level(av.logging.PANIC)
    limit = (heif.tile[0] + BLOCK) * (heif.tile[1] + BLOCK)
    for configuration, tiles in groupby(enumerate(heif.tiles), lambda one: one[1][0]):
        context = cast("VideoCodecContext", av.CodecContext.create(heif.coder, "r"))
        context.extradata = configuration
        context.options = {"threads": "1", "max_pixels": str(limit)}
        for number, (_, extents) in tiles:
            # Zeros in the place of what was cut off become a few odd blocks.
            data = b"".join(content[at : at + size].ljust(size, b"\0") for at, size in extents)
            frames = []
            for packet in (av.Packet(data), None):
                # A damaged tile may still end in a frame.
                try:
                    frames += context.decode(packet)
                except MemoryError:
                    raise
                except av.FFmpegError:
                    continue
            if frames:
                yield number, frames[-1]
            context.flush_buffers()
