"""Frames that hold the astronaut's face at a known place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detectors.faces import Box

# What mtcnn 1.0.0, unmodified, finds in `skimage.data.astronaut()`: (x, y, w, h).
ASTRONAUT_FACE = (182.0, 64.0, 83.0, 107.0)
WALL = (92, 98, 104)


def paste_face(
    frame: NDArray[np.uint8],
    astronaut: NDArray[np.uint8],
    side: int,
    centre: tuple[float, float] = (0.5, 0.5),
) -> Box:
    """Paste the face, with half a face around it, into the frame and return its box.

    side : height of the face's box in pixels
    centre : where the box's centre comes to lie, as a share of the frame's width and height
    """
    x, y, width, height = ASTRONAUT_FACE
    scale = side / height
    left, top = int(x - width / 2), int(y - height / 2)
    cutting = astronaut[top : int(y + height * 1.5), left : int(x + width * 1.5)]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    patch = cv2.resize(cutting, None, fx=scale, fy=scale, interpolation=method)
    # The patch's corner in the frame, and what of the patch lies inside.
    at_x = round(centre[0] * frame.shape[1] - (x - left + width / 2) * scale)
    at_y = round(centre[1] * frame.shape[0] - (y - top + height / 2) * scale)
    inside = patch[max(0, -at_y) : frame.shape[0] - at_y, max(0, -at_x) : frame.shape[1] - at_x]
    rows = slice(max(0, at_y), max(0, at_y) + inside.shape[0])
    frame[rows, max(0, at_x) : max(0, at_x) + inside.shape[1]] = inside
    box = at_x + (x - left) * scale, at_y + (y - top) * scale
    return (*box, width * scale, height * scale)


def wall(width: int, height: int) -> NDArray[np.uint8]:
    """A plain frame, uint8 RGB."""
    return np.full((height, width, 3), WALL, np.uint8)
