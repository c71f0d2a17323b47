"""A picture file to pixels, within limits and without trusting its name."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from detectors.errors import BadImage
from detectors.faces import MIN_FRAME_SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 16_000_000
# The longest side that is looked at; a bigger picture is shrunk to it.
WORKING_SIDE = 1920


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture, upright.

    pixels : uint8 RGB [shape=(height, width, 3)], at most `WORKING_SIDE` a side
    scale : pixels here for one pixel of the file, 0 < scale ≤ 1
    """

    pixels: NDArray[np.uint8]
    scale: float


def decode_picture(content: bytes) -> Picture:
    """Decode a JPEG, PNG or WEBP picture.

    The header alone decides about size, so that a small file that unpacks to gigabytes is refused
    before it is decoded.

    Raises
    ------
    BadImage
        When it is none of the three, is damaged, too big or too small.
    """
    if len(content) > MAX_BYTES:
        raise BadImage(f"The picture is larger than {MAX_BYTES // 1024 // 1024} MB.")
    try:
        with warnings.catch_warnings():
            # Pillow warns of what is refused below, and of odd metadata that does not matter here.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                size = picture.size
                _check_size(size)
                picture.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
                upright = _eight_bits(ImageOps.exif_transpose(picture)).convert("RGB")
    except BadImage:
        raise
    except Image.DecompressionBombError as error:
        raise BadImage(
            f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels."
        ) from error
    except UnidentifiedImageError as error:
        raise BadImage("The file is not a JPEG, PNG or WEBP picture.") from error
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise BadImage("The picture is damaged and cannot be read.") from error
    upright.thumbnail((WORKING_SIDE, WORKING_SIDE))
    if min(upright.size) < MIN_FRAME_SIDE:
        raise BadImage(f"The picture is too narrow to hold a face: {size[0]}×{size[1]} pixels.")
    return Picture(np.asarray(upright, dtype=np.uint8), max(upright.size) / max(size))


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8 bits; Pillow would cut it off at 255, that is, make it white."""
    if not picture.mode.startswith("I;16"):
        return picture
    return Image.fromarray((np.asarray(picture) // 256).astype(np.uint8))


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise BadImage(
            f"The picture has {width}×{height} pixels; "
            f"at most {MAX_PIXELS // 1_000_000} million are read."
        )
    if min(size) < MIN_FRAME_SIDE:
        raise BadImage(f"The picture is too small: {width}×{height} pixels.")
