"""A picture file to pixels, within limits and without trusting its name.

For a picture from outside, `detectors.picture_process` does this in a process of its own.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from detectors.errors import BadImage
from detectors.picture_limits import WORKING_SIDE, check_content, check_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture, upright.

    content : RGB, a byte each, row by row
    width, height : in pixels, at most `WORKING_SIDE`
    scale : pixels here for one pixel of the file, 0 < scale ≤ 1
    """

    content: bytes
    width: int
    height: int
    scale: float

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The picture as uint8 RGB [shape=(height, width, 3)], not to be written to."""
        import numpy as np  # a process that only decodes is up sooner without

        return np.frombuffer(self.content, np.uint8).reshape(self.height, self.width, 3)


def decode_picture(content: bytes, side: int = WORKING_SIDE) -> Picture:
    """Decode a JPEG, PNG or WEBP picture.

    What the file says of itself decides whether it is decoded at all, so that a small file that
    unpacks to gigabytes, or takes hours, is refused before.

    side : the longest side of the result, in pixels, at most `WORKING_SIDE`

    Raises
    ------
    BadImage
        When it is none of the three, is damaged, too big or too small.
    MemoryError
        When this process may not take as much as the picture needs.
    """
    width, height = check_content(content)
    reduced = min(1.0, side / max(width, height))
    aim = max(1, round(width * reduced)), max(1, round(height * reduced))
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata that does not matter here.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                # Pillow may have found another header than we did.
                check_size(*picture.size, width * height)
                picture.draft("RGB", aim)
                small = _eight_bits(picture).convert("RGB")
                small.thumbnail((side, side))
                upright = ImageOps.exif_transpose(small)
    except (BadImage, MemoryError):
        raise
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise BadImage("The picture is damaged and cannot be read.") from error
    scale = max(upright.size) / max(width, height)
    return Picture(upright.tobytes(), upright.width, upright.height, scale)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8 bits; Pillow would cut it off at 255, that is, make it white."""
    if not picture.mode.startswith("I;16"):
        return picture
    import numpy as np

    grey = Image.fromarray((np.asarray(picture) // 256).astype(np.uint8))
    # With what says how the picture was taken.
    grey.info = picture.info
    return grey
