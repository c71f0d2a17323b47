"""Files cut short: read when nearly all is there, else refused."""

from __future__ import annotations

import io
from functools import partial

import numpy as np
import pytest
from PIL import Image, ImageFile

from detectors.errors import BadImage
from detectors.pictures.damage import LEAST_SHARE
from detectors.pictures.decoding import decode_picture
from tests.fakes.heif import in_tiles

SIZE = (200, 320)
NOISE = np.random.default_rng(1).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)


def encoded(kind: str, mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(NOISE).convert(mode).save(file, kind, **options)
    return file.getvalue()


def deep() -> bytes:
    file = io.BytesIO()
    Image.fromarray(NOISE[..., 0].astype(np.uint16) * 257).save(file, "PNG")
    return file.getvalue()


MADE = {
    "baseline": partial(encoded, "JPEG"),
    "grey": partial(encoded, "JPEG", "L"),
    "inks": partial(encoded, "JPEG", "CMYK"),
    "progressive": partial(encoded, "JPEG", progressive=True),
    "PNG": partial(encoded, "PNG"),
    "PNG of a palette": partial(encoded, "PNG", "P"),
    "PNG half clear": partial(encoded, "PNG", "RGBA"),
    "deep PNG": deep,
    "lossy WEBP": partial(encoded, "WEBP"),
    "lossless WEBP": partial(encoded, "WEBP", lossless=True),
    "AVIF": partial(encoded, "AVIF", quality=90),
    "HEIC": lambda: in_tiles(Image.fromarray(NOISE)).content(),
}


@pytest.mark.parametrize("kind", MADE)
def test_a_file_without_its_last_bytes_is_read(kind: str) -> None:
    content = MADE[kind]()
    whole = decode_picture(content).pixels.astype(int)
    for cut in (1, 10, len(content) // 25):
        pixels = decode_picture(content[:-cut]).pixels
        assert pixels.shape == whole.shape
        # The upper nine tenths are as they were, but for a scan that refines all of them.
        upper = slice(0, SIZE[1] * 8 // 10)
        assert np.abs(pixels[upper] - whole[upper]).mean() < 6
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize("kind", MADE)
def test_a_file_without_its_last_quarter_is_damaged(kind: str) -> None:
    content = MADE[kind]()
    share = 0.5 if kind == "progressive" else 0.75
    with pytest.raises(BadImage, match="picture-damaged"):
        decode_picture(content[: round(len(content) * share)])
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_so_much_must_be_there() -> None:
    assert LEAST_SHARE == 0.9
    content = encoded("PNG", compress_level=0)
    # Without packing, each row has as many bytes as any other.
    header = content.index(b"IDAT")
    body = len(content) - header
    assert decode_picture(content[: header + round(body * 0.92)]).width == SIZE[0]
    with pytest.raises(BadImage, match="picture-damaged"):
        decode_picture(content[: header + round(body * 0.88)])


def test_a_cut_picture_of_one_bit_is_damaged() -> None:
    content = encoded("PNG", "1")
    assert decode_picture(content).width == SIZE[0]
    with pytest.raises(BadImage, match="picture-damaged"):
        decode_picture(content[:-30])


def test_damage_within_is_left_where_it_is_when_the_rest_is_there() -> None:
    content = bytearray(encoded("PNG", compress_level=0))
    content[len(content) * 96 // 100 :] = bytes(len(content) - len(content) * 96 // 100)
    assert decode_picture(bytes(content)).width == SIZE[0]
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    with pytest.raises(BadImage, match="picture-damaged"):
        decode_picture(bytes(content))
