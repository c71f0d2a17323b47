"""HEIC and AVIF: tiles, turns, colours and depths are read; what asks for too much is refused."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from time import thread_time

import numpy as np
import pytest
from PIL import Image

from detectors.errors import BadImage
from detectors.pictures import heif as product
from detectors.pictures.decoding import decode_picture
from detectors.pictures.heif import (
    MAX_BOXES,
    MAX_HEIF_PIXELS,
    MAX_META,
    MAX_TILES,
    is_heif,
    read_heif,
)
from tests.fakes import heif
from tests.fakes.heif import TILE, Heic, Tile, box, coded, full, in_one, in_tiles, of_one_tile

REFUSED = heif.refused()
# Of CPU, as for other kinds; most are refused within a millisecond.
REFUSAL_S = 0.5
FRAMES = 1000


@pytest.fixture(scope="module")
def ramp() -> Image.Image:
    """Red grows to the right, green downwards."""
    pixels = np.zeros((100, 150, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, 150)
    pixels[..., 1] = np.linspace(0, 255, 100)[:, None]
    return Image.fromarray(pixels)


@pytest.fixture(scope="module")
def tiled(ramp: Image.Image) -> Heic:
    return in_tiles(ramp)


@pytest.fixture(scope="module")
def tile() -> Tile:
    return coded(Image.new("RGB", (TILE, TILE), (200, 120, 40)))


def differs(content: bytes, expected: Image.Image) -> float:
    """Mean difference of a decoded picture, 0..255."""
    pixels = decode_picture(content).pixels.astype(int)
    return float(np.abs(pixels - np.asarray(expected)).mean())


def test_the_limits() -> None:
    assert (MAX_HEIF_PIXELS, MAX_TILES, MAX_BOXES, MAX_META) == (50_000_000, 1000, 100, 1_000_000)


def test_a_grid_of_tiles_is_put_together(tiled: Heic, ramp: Image.Image) -> None:
    assert len(tiled.tiles) == 6
    assert differs(tiled.content(), ramp) < 2


def test_tiles_are_reduced_and_meet(ramp: Image.Image, tiled: Heic) -> None:
    picture = decode_picture(tiled.content(), 60)
    assert (picture.width, picture.height, picture.scale) == (60, 40, 60 / 150)
    small = ramp.resize((60, 40), Image.Resampling.BOX)
    assert np.abs(picture.pixels.astype(int) - np.asarray(small)).mean() < 3


def test_a_phone_s_forty_eight_million_pixels_are_read(tile: Tile) -> None:
    large = of_one_tile((8064, 6048), coded(Image.new("RGB", (512, 512), (200, 120, 40))))
    picture = decode_picture(large.content())
    assert (picture.width, picture.height) == (1920, 1440)
    assert picture.pixels.std(axis=(0, 1)).max() < 1
    assert decode_picture(of_one_tile((1000, 60), tile).content()).scale == 1


@pytest.mark.parametrize("form", ["yuv420p", "yuv422p10le", "yuv444p", "gray", "gray10le"])
def test_each_depth_and_layout_of_colours_is_read(form: str, ramp: Image.Image) -> None:
    expected = ramp.convert("L").convert("RGB") if form.startswith("gray") else ramp
    assert differs(in_one(coded(ramp.resize((150, 100)), form=form)).content(), expected) < 3


@pytest.mark.parametrize("options", [{}, {"range": "limited"}, {"subsampling": "4:4:4"},
                                     {"quality": 100}])  # fmt: skip
def test_avif_is_read_as_others_write_it(options: dict[str, object], ramp: Image.Image) -> None:
    file = io.BytesIO()
    ramp.save(file, "AVIF", **options)
    assert differs(file.getvalue(), ramp) < 3


def test_of_a_moving_avif_the_first_picture_is_read(ramp: Image.Image) -> None:
    file = io.BytesIO()
    ramp.save(file, "AVIF", save_all=True, append_images=[Image.new("RGB", ramp.size, "blue")])
    assert differs(file.getvalue(), ramp) < 3


def test_a_profile_that_says_full_range_is_believed(tile: Tile) -> None:
    told = box(b"colr", b"nclx", struct.pack(">HHHB", 1, 13, 5, 0x80))
    assert not read_heif(of_one_tile((TILE, TILE), tile).content()).full_range
    assert read_heif(heif.with_(of_one_tile((TILE, TILE), tile), colours=(told,))).full_range


TURNS = {
    "a quarter": (box(b"irot", bytes([1])), Image.Transpose.ROTATE_90),
    "a half": (box(b"irot", bytes([2])), Image.Transpose.ROTATE_180),
    "three quarters": (box(b"irot", bytes([3])), Image.Transpose.ROTATE_270),
    "top to bottom": (box(b"imir", bytes([0])), Image.Transpose.FLIP_TOP_BOTTOM),
    "left to right": (box(b"imir", bytes([1])), Image.Transpose.FLIP_LEFT_RIGHT),
}


@pytest.mark.parametrize("name", TURNS)
def test_a_turned_picture_comes_upright(name: str, tiled: Heic, ramp: Image.Image) -> None:
    turn, expected = TURNS[name]
    assert differs(heif.with_(tiled, turns=(turn,)), ramp.transpose(expected)) < 2
    both = (box(b"irot", bytes([0])), turn, box(b"imir", bytes([1])))
    mirrored = ramp.transpose(expected).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert differs(heif.with_(tiled, turns=both), mirrored) < 2


@pytest.mark.parametrize("kind", REFUSED)
def test_what_asks_for_too_much_or_contradicts_itself_is_refused(kind: str) -> None:
    content, said = REFUSED[kind]
    assert is_heif(content)
    begun = thread_time()
    with pytest.raises(BadImage, match=said):
        decode_picture(content)
    assert thread_time() - begun < REFUSAL_S


def test_a_tile_larger_than_it_says_is_not_decoded(tile: Tile) -> None:
    large = coded(Image.new("RGB", (1024, 1024)))
    # Libav tells its limit and a lack of memory by the same number.
    with pytest.raises(MemoryError):
        decode_picture(of_one_tile((TILE, TILE), replace(large, side=tile.side)).content())


def test_no_memory_is_no_damage(tile: Tile, monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    class Full:
        extradata = options = None

        def decode(self, _: object) -> object:
            raise av.error.MemoryError(12, "no memory")

    monkeypatch.setattr(av.CodecContext, "create", lambda *_: Full())
    with pytest.raises(MemoryError):
        decode_picture(of_one_tile((TILE, TILE), tile).content())


def test_one_damaged_tile_in_ten_is_left_grey(tile: Tile) -> None:
    size, broken = (10 * TILE, TILE), replace(tile, data=bytes(100))
    heic = of_one_tile(size, tile)
    pixels = decode_picture(heif.with_(heic, tiles=[broken] + [tile] * 9)).pixels
    assert (pixels[:, : TILE - 1] == 127).all()
    assert abs(int(pixels[TILE // 2, TILE + 9, 0]) - 200) < 6
    with pytest.raises(BadImage, match="picture-damaged"):
        decode_picture(heif.with_(heic, tiles=[broken] * 2 + [tile] * 8))


def test_other_ways_to_write_the_same(tile: Tile) -> None:
    heic = of_one_tile((2 * TILE, TILE), tile)
    good = decode_picture(heic.content())
    wide = heic.content()
    # A box whose length stands after its name, and one that goes on to the end.
    start = wide.index(b"mdat") - 4
    last = wide[start:]
    assert decode_picture(wide[:start] + b"\0\0\0\0" + last[4:]) == good
    layout = struct.pack(">BBBBII", 0, 1, 0, 1, 2 * TILE, TILE)
    assert decode_picture(heif.with_(heic, layout=layout)) == good
    padding = struct.pack(">I4sQ", 1, b"free", 20) + bytes(4)
    assert decode_picture(heif.with_(heic, padding=padding)) == good
    assert decode_picture(heif.with_(heic, brands=b"isom\0\0\0\0heic")) == good
    assert not is_heif(heif.with_(heic, brands=b"isom\0\0\0\0mp42"))
    assert full(b"meta")[4:] == b"meta\0\0\0\0"
    assert product.BLOCK == TILE
