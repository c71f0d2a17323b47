"""HEIC pictures made by hand: tiles by libav's encoder in the boxes of ISO/IEC 23008-12."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import numpy as np
from PIL import Image

from detectors.pictures.heif import MAX_BOXES, MAX_META
from detectors.pictures.limits import MAX_BYTES

TILE = 64
DAMAGED, UNREAD, PARTS = "picture-damaged", "picture-unread-heif", "picture-too-many-parts"
BRANDS = b"heic\0\0\0\0mif1heic"
# Kinds of units of HEVC: below these are parts of a picture, and these are its parameters.
PICTURE_END, PARAMETERS = 32, range(32, 35)
START = b"\0\0\1"
GRID, IN_FILE, IN_BOX = 1, 0, 1


def box(kind: bytes, *inside: bytes) -> bytes:
    content = b"".join(inside)
    return struct.pack(">I", len(content) + 8) + kind + content


def full(kind: bytes, *inside: bytes, version: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *inside)


@dataclass(frozen=True)
class Tile:
    """A coded picture: its decoder's configuration and its data."""

    configuration: bytes
    data: bytes
    side: tuple[int, int]


def coded(picture: Image.Image, quantizer: int = 12, form: str = "yuv420p") -> Tile:
    """Return a picture in HEVC; black is 0, as in a phone's."""
    context = av.CodecContext.create("libx265", "w")
    context.width, context.height = picture.size
    context.pix_fmt, context.time_base = form, Fraction(1)
    told = f"log-level=none:pools=none:frame-threads=1:keyint=1:info=0:range=full:qp={quantizer}"
    context.options = {"x265-params": told, "preset": "ultrafast"}
    frame = av.VideoFrame.from_image(picture).reformat(format=form, dst_color_range="JPEG")
    stream = b"".join(bytes(packet) for one in (frame, None) for packet in context.encode(one))
    units = [unit for part in stream.split(START) if (unit := part.rstrip(b"\0"))]
    heads = [unit for unit in units if unit[0] >> 1 in PARAMETERS]
    arrays = [struct.pack(">BHH", unit[0] >> 1, 1, len(unit)) + unit for unit in heads]
    # A version; the profile and more, which stand in the parameters too; lengths of four bytes.
    configuration = b"\1" + bytes(20) + b"\3" + bytes([len(arrays)]) + b"".join(arrays)
    data = [unit for unit in units if unit[0] >> 1 < PICTURE_END]
    return Tile(
        configuration,
        b"".join(struct.pack(">I", len(unit)) + unit for unit in data),
        picture.size,
    )


def cut_up(picture: Image.Image, side: int = TILE) -> list[Tile]:
    """Return the tiles of a picture, row by row; what is beyond its edge looks like the edge."""
    width, height = picture.size
    beyond = ((0, -height % side), (0, -width % side), (0, 0))
    padded = Image.fromarray(np.pad(np.asarray(picture), beyond, mode="edge"))
    return [
        coded(padded.crop((x, y, x + side, y + side)))
        for y in range(0, height, side)
        for x in range(0, width, side)
    ]


@dataclass(frozen=True)
class Heic:
    """The parts of a file, each of which may be wrong."""

    size: tuple[int, int]
    tiles: list[Tile]
    columns: int
    turns: tuple[bytes, ...] = ()
    colours: tuple[bytes, ...] = ()
    brands: bytes = BRANDS
    primary: int = GRID
    grid: bytes = b"grid"
    kind: bytes = b"hvc1"
    layout: bytes | None = None
    method: int = IN_BOX
    padding: bytes = b""

    def content(self) -> bytes:
        head = box(b"ftyp", self.brands)
        data = b"".join(dict.fromkeys(tile.data for tile in self.tiles))
        start = len(head) + len(self._meta(0)) + len(self.padding) + 8
        return head + self.padding + self._meta(start) + box(b"mdat", data)

    def _meta(self, start: int) -> bytes:
        count = len(self.tiles)
        items = range(GRID + 1, GRID + 1 + count)
        layout = self.layout
        if layout is None:
            rows = count // self.columns
            layout = struct.pack(">BBBBHH", 0, 0, rows - 1, self.columns - 1, *self.size)
        # Equal tiles share their place.
        places: dict[bytes, int] = {}
        for tile in self.tiles:
            if tile.data not in places:
                places[tile.data] = start
                start += len(tile.data)
        extents = [(GRID, self.method, 0, len(layout))]
        extents += [
            (item, IN_FILE, places[tile.data], len(tile.data))
            for item, tile in zip(items, self.tiles, strict=True)
        ]
        kinds = [self.grid] + [self.kind] * count
        entries = [
            full(b"infe", struct.pack(">HH", item, 0), kind, b"\0", version=2)
            for item, kind in enumerate(kinds, start=GRID)
        ]
        properties = [
            full(b"ispe", struct.pack(">II", *self.size)),
            full(b"ispe", struct.pack(">II", *self.tiles[0].side)),
            box(b"hvcC", self.tiles[0].configuration),
            *self.colours,
            *self.turns,
        ]
        own = bytes((1, *range(4, len(properties) + 1)))
        owned = struct.pack(">IHB", count + 1, GRID, len(own)) + own
        owned += b"".join(struct.pack(">HBBB", item, 2, 2, 0x80 | 3) for item in items)
        return full(
            b"meta",
            full(b"hdlr", struct.pack(">I4s12xB", 0, b"pict", 0)),
            full(b"pitm", struct.pack(">H", self.primary)),
            full(b"iinf", struct.pack(">H", count + 1), *entries),
            full(
                b"iloc",
                struct.pack(">BBH", 0x44, 0, count + 1),
                *(struct.pack(">HHHHII", item, how, 0, 1, *at) for item, how, *at in extents),
                version=1,
            ),
            full(b"iref", box(b"dimg", struct.pack(f">HH{count}H", GRID, count, *items))),
            box(b"iprp", box(b"ipco", *properties), full(b"ipma", owned)),
            box(b"idat", layout),
        )


def in_tiles(picture: Image.Image, side: int = TILE) -> Heic:
    """Return a picture cut into a grid of tiles, as phones write it."""
    return Heic(picture.size, cut_up(picture, side), -(-picture.width // side))


def of_one_tile(size: tuple[int, int], tile: Tile) -> Heic:
    """Return a grid in which the same tile stands everywhere: few bytes, however large."""
    columns, rows = (-(-all_ // one) for all_, one in zip(size, tile.side, strict=True))
    return Heic(size, [tile] * (columns * rows), columns)


def in_one(tile: Tile) -> Heic:
    """Return a picture without a grid."""
    return Heic(tile.side, [tile], 1, primary=GRID + 1)


def refused() -> dict[str, tuple[bytes, str]]:
    """Return files that contradict themselves or ask for too much, and a word of the refusal."""
    tile = coded(Image.new("RGB", (TILE, TILE), "red"))
    heic = of_one_tile((2 * TILE, TILE), tile)
    good = heic.content()
    huge = of_one_tile((8192, 6144), replace(tile, side=(512, 512)))
    most = replace(tile, data=tile.data.ljust(MAX_BYTES // 100 + 1, b"\0"))
    sequence = box(b"ftyp", BRANDS) + box(b"moov", bytes(100))
    return {
        "a tile too few": (with_(heic, tiles=[tile, tile, tile]), DAMAGED),
        "tiles beyond the picture": (with_(heic, size=(TILE, TILE)), DAMAGED),
        "tiles that do not cover it": (with_(heic, size=(3 * TILE, TILE)), DAMAGED),
        "tiles of no size": (with_(heic, tiles=[replace(tile, side=(0, 0))] * 2), DAMAGED),
        "an item that is not there": (with_(heic, primary=99), DAMAGED),
        "a short layout": (with_(heic, layout=b"\0\0\0\1\0"), DAMAGED),
        "lengths of no bytes": (good.replace(b"\x44\0\0\3", b"\x40\0\xff\xff"), DAMAGED),
        "a box smaller than its head": (good.replace(b"\0\0\0\x21hdlr", b"\0\0\0\7hdlr"), DAMAGED),
        "no data": (with_(heic, tiles=[replace(tile, data=b"")] * 2), DAMAGED),
        "data elsewhere": (with_(heic, method=2), UNREAD),
        "pictures over each other": (with_(heic, grid=b"iovl"), UNREAD),
        "another coder": (with_(heic, kind=b"jpeg"), UNREAD),
        "a sequence": (sequence, UNREAD),
        "boxes before": (with_(heic, padding=box(b"free") * MAX_BOXES), UNREAD),
        "much about it": (with_(heic, colours=(box(b"colr", bytes(MAX_META)),)), PARTS),
        "tiles": (of_one_tile((26 * TILE, 40 * TILE), tile).content(), PARTS),
        "the same data again and again": (
            of_one_tile((10 * TILE, 10 * TILE), most).content(),
            PARTS,
        ),
        "huge": (huge.content(), "most=50"),
        "small": (of_one_tile((TILE, 47), tile).content(), "picture-too-small"),
    }


def with_(heic: Heic, **changes: object) -> bytes:
    """Return the content of a file with other parts."""
    return replace(heic, **changes).content()
