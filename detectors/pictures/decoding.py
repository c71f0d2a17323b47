"""Decode picture files, within limits and without trusting their names.

For pictures from outside, `detectors.pictures.process` does this in a separate process.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from detectors.errors import BadImage
from detectors.pictures.damage import completed, load_what_is_there
from detectors.pictures.heif import decode_heif, is_heif, read_heif
from detectors.pictures.limits import WORKING_SIDE, check_content, check_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture, upright.

    Attributes
    ----------
    content : bytes, RGB, a byte each, row by row
    width, height : int, pixels, at most `WORKING_SIDE`
    scale : float, 0 < scale ≤ 1, pixels here per pixel of the file
    """

    content: bytes
    width: int
    height: int
    scale: float

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The picture as read-only uint8 RGB [shape=(height, width, 3)]."""
        import numpy as np  # a process that only decodes starts faster without

        return np.frombuffer(self.content, np.uint8).reshape(self.height, self.width, 3)


def decode_picture(content: bytes, side: int = WORKING_SIDE) -> Picture:
    """Decode a JPEG, PNG, WEBP, HEIC or AVIF picture.

    The header is checked first, so that a small file that unpacks to gigabytes or takes hours is
    refused undecoded.

    Parameters
    ----------
    side : int, longest side of the result in pixels, at most `WORKING_SIDE`

    Raises
    ------
    BadImage
        When it is none of these, damaged, too large or too small.
    MemoryError
        When the picture needs more memory than this process may take.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata, which does not matter here.
            warnings.simplefilter("ignore")
            if is_heif(content):
                heif = read_heif(content)
                width, height, whole = heif.width, heif.height, decode_heif(content, heif, side)
            else:
                width, height = check_content(content)
                try:
                    whole = _decoded(content, (width, height), side)
                except (OSError, SyntaxError, EOFError):
                    whole = _decoded(completed(content), (width, height), side, cut=True)
            whole.thumbnail((side, side))
            upright = ImageOps.exif_transpose(whole)
    except (BadImage, MemoryError):
        raise
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise BadImage("picture-damaged") from error
    scale = max(upright.size) / max(width, height)
    return Picture(upright.tobytes(), upright.width, upright.height, scale)


def _decoded(content: bytes, size: tuple[int, int], side: int, *, cut: bool = False) -> Image.Image:
    """Decode a JPEG, PNG or WEBP picture of this size, not yet upright.

    Parameters
    ----------
    cut : bool, take a file that ends too early
    """
    reduced = min(1.0, side / max(size))
    aim = max(1, round(size[0] * reduced)), max(1, round(size[1] * reduced))
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        # Pillow may have found another header than `check_content`.
        check_size(*picture.size, size[0] * size[1])
        picture.draft("RGB", aim)
        if cut:
            load_what_is_there(picture)
        return _eight_bits(picture).convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8 bits; Pillow would clip it at 255, which makes it white."""
    if not picture.mode.startswith("I;16"):
        return picture
    import numpy as np

    grey = Image.fromarray((np.asarray(picture) // 256).astype(np.uint8))
    # The metadata holds the orientation.
    grey.info = picture.info
    return grey
