"""Frames that hold the astronaut's face at a known place, smiling or surprised."""

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
# Where her mouth and her brows are, and a patch of her cheek.
MOUTH, BROWS = (223, 147), ((203, 88), (247, 90))
CHEEK = (slice(133, 136), slice(203, 206))
# Half axes of the smile that is painted over, and of the round mouth that takes its place.
SMILE, LIPS, OPENING = (26, 15), (14, 16), (9, 11)
LIP_COLOUR, INSIDE = (168, 92, 88), (60, 20, 20)
# So many pixels the brows go up, over so wide a part of the forehead.
BROW_LIFT, BROW_WIDTH = 4, 10


def surprised(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture with a round open mouth painted over the smile, and raised brows."""
    mask = np.zeros(astronaut.shape[:2], np.float32)
    cv2.ellipse(mask, (MOUTH[0], MOUTH[1] - 3), SMILE, 0, 0, 360, 1.0, -1)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 2), np.float32)[..., None]
    skin = astronaut[CHEEK].mean(axis=(0, 1))
    face = np.ascontiguousarray(mask * skin + (1 - mask) * astronaut, np.uint8)
    for axes, colour in ((LIPS, LIP_COLOUR), (OPENING, INSIDE)):
        cv2.ellipse(face, MOUTH, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
    y, x = np.mgrid[: face.shape[0], : face.shape[1]].astype(np.float32)
    lift = sum(np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * BROW_WIDTH**2)) for at in BROWS)
    return np.asarray(cv2.remap(face, x, y + BROW_LIFT * lift, cv2.INTER_LINEAR), dtype=np.uint8)


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
