"""Pictures: photos that visitors choose, and covers of songs."""

from __future__ import annotations

import io
import struct
import zlib
from random import Random
from typing import TYPE_CHECKING

from PIL import Image

from detectors.errors import BadImage
from detectors.pictures.decoding import decode_picture
from detectors.pictures.limits import WORKING_SIDE
from recommender.wording import sentence
from tests.fakes import heif
from tests.fakes import picture_bombs as bombs
from tests.fuzz.kind import Kind
from tests.fuzz.mutation import changed
from tests.said import said as told_of

if TYPE_CHECKING:
    from pathlib import Path

# As covers are decoded: `pages.ui.covers.recording`, which loads Streamlit.
COVER_SIDE = 800
ORIENTATION, SIDEWAYS = 0x0112, 6
SIZE = (80, 64)
PNG_START = 8


def encoded(kind: str, mode: str = "RGB", **options: object) -> bytes:
    """Return a small picture."""
    file = io.BytesIO()
    # S311: the same noise every time.
    noise = Random(kind).randbytes(3 * SIZE[0] * SIZE[1])  # noqa: S311
    picture = Image.frombytes("RGB", SIZE, noise).convert(mode)
    picture.save(file, kind, **options)
    return file.getvalue()


def samples() -> dict[str, bytes]:
    """Return a picture of each kind that is read."""
    exif = Image.Exif()
    exif[ORIENTATION] = SIDEWAYS
    turned = exif.tobytes()
    grey = Image.frombytes("I;16", SIZE, bytes(range(256)) * (SIZE[0] * SIZE[1] // 128))
    file = io.BytesIO()
    grey.save(file, "PNG")
    second = Image.new("RGB", SIZE, "blue")
    picture = Image.open(io.BytesIO(encoded("PNG")))
    return {
        "baseline.jpg": encoded("JPEG", exif=turned),
        "progressive.jpg": encoded("JPEG", progressive=True, icc_profile=bytes(500)),
        "grey.jpg": encoded("JPEG", "L", comment=b"hello"),
        "inks.jpg": encoded("JPEG", "CMYK"),
        "colour.png": encoded("PNG", exif=turned, icc_profile=bytes(500)),
        "palette.png": encoded("PNG", "P", transparency=bytes(range(200))),
        "half clear.png": encoded("PNG", "RGBA"),
        "deep.png": file.getvalue(),
        "moving.png": encoded("PNG", save_all=True, append_images=[second]),
        "lossy.webp": encoded("WEBP", exif=turned),
        "lossless.webp": encoded("WEBP", "RGBA", lossless=True),
        "lossy.avif": encoded("AVIF", exif=turned),
        "half clear.avif": encoded("AVIF", "RGBA", subsampling="4:4:4"),
        "tiles.heic": heif.in_tiles(picture).content(),
        "deep.heic": heif.in_one(heif.coded(picture, form="yuv420p10le")).content(),
        "moving.webp": encoded("WEBP", save_all=True, append_images=[second]),
    }


def seeds() -> dict[str, bytes]:
    """Return what once took hours, and what looked like it and does not."""
    made = {f"refused {name}": content for name, (content, _) in bombs.REFUSED.items()}
    made |= {f"refused HEIC {name}": content for name, (content, _) in heif.refused().items()}
    made |= {f"read {name}": content for name, content in bombs.READ.items()}
    return {f"{name} .bin": content for name, content in made.items()} | {
        "H2 scans.jpg": bombs.with_scans(2000),
        "H2 padff.jpg": bombs.after_header(bombs.FF * 20_000_000),
        "bomb.png": plain_png(12_000),
    }


def plain_png(side: int) -> bytes:
    """Return a black picture of one bit a pixel: few bytes, however large it is."""
    packer = zlib.compressobj(9)
    row = bytes(side // 8 + 1)
    rows = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(bombs.chunk(*one) for one in chunks)


def read(path: Path) -> str | None:
    """Decode a picture as photos and covers are."""
    content = path.read_bytes()
    said = None
    for side in (WORKING_SIDE, COVER_SIDE):
        try:
            picture = decode_picture(content, side)
        except BadImage as error:
            said = sentence(error)
        except MemoryError:  # the worker says so
            said = told_of("picture-too-much-memory")
        else:
            assert 0 < picture.width <= side
            assert 0 < picture.height <= side
            assert 0 < picture.scale <= 1
            assert len(picture.content) == 3 * picture.width * picture.height
    return said


def change(content: bytes, rng: Random, kind: Kind) -> bytes:
    """Damage a picture; the checksums of a PNG are right again, so that the decoder sees it."""
    damaged = changed(content, rng, words=kind.words)
    return with_right_sums(damaged) if content.startswith(b"\x89PNG") else damaged


def with_right_sums(content: bytes) -> bytes:
    """Correct the checksums of a PNG's chunks."""
    fixed, place = bytearray(content), PNG_START
    while place + 12 <= len(fixed):
        end = place + 8 + int.from_bytes(fixed[place : place + 4])
        fixed[end : end + 4] = struct.pack(">I", zlib.crc32(fixed[place + 4 : end]))
        place = end + 4
    return bytes(fixed)


KIND = Kind(
    name="pictures",
    samples=samples,
    bombs=seeds,
    read=read,
    budgets=(
        "photo: a lossless WEBP of 16 million pixels",
        "photo: a HEIC of 50 million pixels of 10 bits in one piece",
    ),
    words=(
        *(bytes((0xFF, code)) for code in (0xC0, 0xC2, 0xC4, 0xD8, 0xD9, 0xDA, 0xDB, 0xE0, 0xE1)),
        *(b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"fdAT", b"iCCP", b"zTXt"),
        *(b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"Exif\0\0", b"MM\0*"),
        *(b"ftyp", b"meta", b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"ispe", b"hvcC", b"av1C"),
        *(b"grid", b"iovl", b"irot", b"imir", b"idat", b"mdat", b"\0\0\0\1", b"\x40\0"),
        *(b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x3f\xff", b"\xff\xff", b"\0\0"),
    ),
    change=change,
)
