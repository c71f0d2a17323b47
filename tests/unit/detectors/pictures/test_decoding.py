"""Picture files: read by content, upright, within limits, and never anything but BadImage."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from detectors.errors import BadImage
from detectors.pictures.decoding import Picture, decode_picture
from detectors.pictures.limits import MAX_BYTES, MAX_PIXELS, WORKING_SIDE
from tests.fakes import heif

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).parents[4]
ORIENTATION = 0x0112
MUTATIONS = 300
KINDS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIC")
BOMB_SIDE = 12_000
# What refusing a bomb may take; decoded it would be 144 MB at the very least.
MAX_REFUSAL_MB = 20


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    if kind == "HEIC":
        return heif.in_tiles(picture).content()
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def ramp(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downwards."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)
    pixels[..., 1] = np.linspace(0, 255, height)[:, None]
    return Image.fromarray(pixels)


def png(width: int, height: int, depth: int, colour: int, rows: bytes, row: int) -> bytes:
    """Put a PNG together by hand; ``rows`` is the compressed data of rows of ``row`` bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    assert len(zlib.decompress(rows)) == height * (row + 1)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def plain_png(width: int, height: int) -> bytes:
    """A whole, black PNG of one bit a pixel: few bytes, however many pixels."""
    row = (width + 7) // 8
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(row + 1)) for _ in range(height)) + packer.flush()
    return png(width, height, 1, 0, rows, row)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_read_by_its_content(kind: str) -> None:
    picture = decode_picture(encoded(ramp(120, 90), kind))
    assert picture.pixels.shape == (90, 120, 3)
    assert picture.pixels.dtype == np.uint8
    assert picture.scale == 1
    np.testing.assert_allclose(
        picture.pixels.astype(int), np.asarray(ramp(120, 90)).astype(int), atol=24
    )


def test_a_lossless_picture_is_read_to_the_last_bit() -> None:
    np.testing.assert_array_equal(
        decode_picture(encoded(ramp(120, 90), "PNG")).pixels, np.asarray(ramp(120, 90))
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect/></svg>'


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "PDF", "JPEG2000"])
def test_other_kinds_of_pictures_are_refused(kind: str) -> None:
    with pytest.raises(BadImage, match="picture-unread-kind"):
        decode_picture(encoded(ramp(120, 90), kind))


@pytest.mark.parametrize(
    "content", [b"", b"hello", SVG, b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP",
                b"%!PS-Adobe-3.0 EPSF-3.0\n", bytes(1000)],
)  # fmt: skip
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(BadImage):
        decode_picture(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_taken_sideways_is_turned_upright(kind: str, orientation: int) -> None:
    upright = ramp(120, 90)
    # The inverse of what a viewer has to do for each value of the EXIF specification.
    turned = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = upright if turned is None else upright.transpose(turned)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = decode_picture(encoded(stored, kind, exif=exif.tobytes()))
    assert picture.pixels.shape == (90, 120, 3)
    np.testing.assert_allclose(picture.pixels.astype(int), np.asarray(upright), atol=24)


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"nonsense"])
def test_damaged_exif_is_no_reason_to_refuse_a_picture(exif: bytes) -> None:
    content = encoded(ramp(120, 90), "JPEG", exif=exif)
    assert decode_picture(content).pixels.shape == (90, 120, 3)


def test_grey_of_sixteen_bits_keeps_its_shades() -> None:
    shades = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    pixels = decode_picture(encoded(Image.fromarray(shades), "PNG")).pixels
    np.testing.assert_array_equal(pixels[..., 1], shades // 256)
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_colour_of_sixteen_bits_keeps_its_shades() -> None:
    shades = np.linspace(0, 65535, 64 * 64 * 3).astype(">u2").reshape(64, 64, 3)
    rows = zlib.compress(b"".join(b"\0" + row.tobytes() for row in shades))
    pixels = decode_picture(png(64, 64, 16, 2, rows, 64 * 6)).pixels
    np.testing.assert_allclose(pixels.astype(int), shades.astype(int) // 256, atol=1)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("1", "PNG"), ("L", "PNG"), ("L", "JPEG"), ("L", "WEBP"), ("LA", "PNG"), ("P", "PNG"),
        ("PA", "WEBP"), ("RGBA", "PNG"), ("RGBA", "WEBP"), ("CMYK", "JPEG"), ("YCbCr", "JPEG"),
    ],
)  # fmt: skip
def test_every_kind_of_pixel_becomes_rgb(mode: str, kind: str) -> None:
    source = ramp(96, 64).convert("P").convert("PA") if mode == "PA" else ramp(96, 64).convert(mode)
    pixels = decode_picture(encoded(source, kind)).pixels
    assert pixels.shape == (64, 96, 3)
    assert pixels.dtype == np.uint8
    expected = np.asarray(source.convert("RGB")).astype(int)
    assert np.abs(pixels - expected).mean() < 10


def test_a_palette_with_a_transparent_colour_is_read() -> None:
    content = encoded(ramp(96, 64).convert("P"), "PNG", transparency=bytes(range(200)))
    assert decode_picture(content).pixels.shape == (64, 96, 3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_one_is_read(kind: str) -> None:
    first, second = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")
    content = encoded(first, kind, save_all=True, append_images=[second], lossless=True)
    assert decode_picture(content).pixels[10, 10].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("size", [(2400, 1200), (1200, 2400), (1921, 100), (4000, 3000)])
def test_a_big_picture_is_shrunk_and_says_by_how_much(kind: str, size: tuple[int, int]) -> None:
    picture = decode_picture(encoded(ramp(*size), kind))
    height, width = picture.pixels.shape[:2]
    assert max(width, height) == WORKING_SIDE
    assert picture.scale == pytest.approx(WORKING_SIDE / max(size))
    assert width == pytest.approx(size[0] * picture.scale, abs=1)
    assert height == pytest.approx(size[1] * picture.scale, abs=1)


def test_a_picture_that_fits_is_not_enlarged() -> None:
    assert decode_picture(plain_png(WORKING_SIDE, 100)).scale == 1
    assert decode_picture(plain_png(48, 48)).scale == 1


def test_a_big_picture_that_lies_on_its_side_has_the_scale_of_its_long_side() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    picture = decode_picture(encoded(ramp(3840, 960), "JPEG", exif=exif.tobytes()))
    assert picture.pixels.shape == (1920, 480, 3)
    assert picture.scale == 0.5


@pytest.mark.parametrize("size", [(47, 48), (48, 47), (1, 1), (47, 4000)])
def test_a_tiny_picture_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(BadImage, match="picture-too-small"):
        decode_picture(plain_png(*size))


def test_a_picture_that_becomes_too_narrow_is_refused() -> None:
    with pytest.raises(BadImage, match="picture-too-narrow"):
        decode_picture(plain_png(4000, 60))


def test_sixteen_million_pixels_are_read_and_one_row_more_is_not() -> None:
    assert MAX_PIXELS == 4000 * 4000
    assert decode_picture(plain_png(4000, 4000)).pixels.shape == (1920, 1920, 3)
    with pytest.raises(BadImage, match="width=4000 height=4001 most=16"):
        decode_picture(plain_png(4000, 4001))


def webp_header(width: int, height: int) -> bytes:
    payload = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(9)
    body = b"WEBPVP8L" + struct.pack("<I", len(payload)) + payload
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_header(width: int, height: int) -> bytes:
    """A real JPEG whose header claims another size."""
    content = bytearray(encoded(ramp(64, 64), "JPEG"))
    start = content.index(b"\xff\xc0")
    content[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(content)


@pytest.mark.parametrize("side", [BOMB_SIDE, 16_000])
@pytest.mark.parametrize("make", [webp_header, jpeg_header])
def test_the_header_of_each_kind_decides(make: object, side: int) -> None:
    assert callable(make)
    with pytest.raises(BadImage, match="picture-too-many-pixels"):
        decode_picture(make(side, side))


MEASURE = """
import sys
from pathlib import Path
from detectors.errors import BadImage
from detectors.pictures.decoding import decode_picture


def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


content = Path(sys.argv[1]).read_bytes()
try:  # loads what every refusal needs
    decode_picture(b"")
except BadImage:
    pass
before = peak()
try:
    decode_picture(content)
except BadImage as error:
    print(error, file=sys.stderr)
print((peak() - before) // 1024)
"""


def growth_mb(path: Path) -> tuple[int, str]:
    """Growth of a fresh process's memory over decoding a file, and what was said.

    Pillow's memory is the C library's, which tracemalloc does not see; and the peak that `resource`
    gives begins at that of the process that started this one.
    """
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return int(done.stdout), done.stderr


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="a peak of memory is read from Linux' /proc"
)


@needs_proc
def test_a_picture_bomb_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(plain_png(BOMB_SIDE, BOMB_SIDE))
    assert bomb.stat().st_size < 40_000
    growth, said = growth_mb(bomb)
    assert "width=12000 height=12000" in said
    assert growth <= MAX_REFUSAL_MB


@needs_proc
def test_the_measure_of_memory_sees_a_picture_that_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(plain_png(4000, 4000))
    growth, said = growth_mb(tmp_path / "large.png")
    assert said == ""
    assert growth > MAX_REFUSAL_MB


def test_more_bytes_than_are_taken_are_refused_and_so_many_are_read() -> None:
    content = encoded(ramp(64, 64), "JPEG")
    padded = content + bytes(MAX_BYTES - len(content))
    assert decode_picture(padded).pixels.shape == (64, 64, 3)
    with pytest.raises(BadImage, match="picture-too-large most=25"):
        decode_picture(padded + b"\0")


def attempt(content: bytes) -> bool:
    """Decode; True for a picture, False for BadImage; anything else is raised."""
    try:
        picture = decode_picture(content)
    except BadImage:
        return False
    assert isinstance(picture, Picture)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape[2] == 3
    assert 0 < picture.scale <= 1
    return True


@pytest.fixture(scope="module")
def noise() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (64, 80, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_ends_too_early_is_refused(kind: str, noise: NDArray[np.uint8]) -> None:
    content = encoded(Image.fromarray(noise), kind)
    assert attempt(content)
    for end in range(0, len(content) // 2, 97):
        assert not attempt(content[:end])


def with_right_sums(content: bytes) -> bytes:
    """Correct the checksums of a PNG's chunks, so that damage in them reaches the decoder."""
    fixed, place = bytearray(content), 8
    while place + 12 <= len(fixed):
        end = place + 8 + int.from_bytes(fixed[place : place + 4])
        fixed[end : end + 4] = struct.pack(">I", zlib.crc32(fixed[place + 4 : end]))
        place = end + 4
    return bytes(fixed)


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_files_are_pictures_or_refused(kind: str, noise: NDArray[np.uint8]) -> None:
    rng = random.Random(kind)  # noqa: S311 - the same mutations every time
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    options = {} if kind == "HEIC" else {"exif": exif.tobytes()}
    content = encoded(Image.fromarray(noise[:, :64]), kind, **options)
    outcomes = set()
    for _ in range(MUTATIONS):
        mutated = bytearray(content)
        for _ in range(rng.choice([1, 1, 2, 8, 40])):
            # Half of them in the header, where sizes and lengths stand.
            place = rng.randrange(rng.choice([64, len(mutated)]))
            change = rng.randrange(4)
            if change == 0:
                mutated[place] = rng.randrange(256)
            elif change == 1:
                mutated[place] ^= 1 << rng.randrange(8)
            elif change == 2:
                del mutated[place : place + rng.randrange(1, 9)]
            else:
                mutated[place:place] = rng.randbytes(rng.randrange(1, 9))
        outcomes.add(attempt(with_right_sums(mutated) if kind == "PNG" else bytes(mutated)))
    assert outcomes == {True, False}


@given(content=st.binary(max_size=200), start=st.sampled_from([b"", b"\xff\xd8\xff\xe0",
       b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF\xff\0\0\0WEBPVP8 ",
       b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\0meta\0\0\0\0"]))  # fmt: skip
def test_any_bytes_are_refused(start: bytes, content: bytes) -> None:
    assert not attempt(start + content)
