"""Faces as daily cameras show them: for training, and for the table in the card.

Each function takes a grey face, uint8 [shape=(48, 48)], and returns another. Places of eyes and
mouth are those of the mean face of FER-2013.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from detectors.emotions import FACE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# Side in pixels at which a face is compressed: that of a face an arm's length from a camera.
CAMERA_SIDE = 144
# Centres of the eyes (column, row), corners of a mask over nose and mouth, middle of the head.
EYES = ((15.0, 17.5), (33.0, 17.5))
MASK = ((7.0, 27.0), (24.0, 24.0), (41.0, 27.0), (40.0, 40.0), (24.0, 47.0), (8.0, 40.0))
MIDDLE = ((FACE_SIZE - 1) / 2, (FACE_SIZE - 1) / 2)
# Subpixel bits of OpenCV's drawing.
SHIFT_BITS = 4
# Half the angle of the head that a cut shows, as a sine.
VISIBLE = 0.9


def _levels(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def compressed(face: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Return the face after a key frame of VP8, which is what WebP's lossy pictures are.

    Parameters
    ----------
    quality : int, 0..100, WebP's
    """
    large = cv2.resize(face, (CAMERA_SIDE,) * 2, interpolation=cv2.INTER_CUBIC)
    _, content = cv2.imencode(".webp", large, [cv2.IMWRITE_WEBP_QUALITY, quality])
    read = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
    small = cv2.resize(np.asarray(read), face.shape, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def motion_blurred(face: NDArray[np.uint8], length: float, degrees: float) -> NDArray[np.uint8]:
    """Return the face moved by ``length`` pixels while it was taken, in one direction."""
    side = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((side, side), np.float32)
    along = np.linspace(-length / 2, length / 2, 8 * side)
    columns = np.rint(along * np.cos(np.radians(degrees))).astype(int) + side // 2
    rows = np.rint(along * np.sin(np.radians(degrees))).astype(int) + side // 2
    np.add.at(kernel, (rows, columns), 1 / len(along))
    return np.asarray(cv2.filter2D(face, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def back_lit(face: NDArray[np.uint8], amount: float) -> NDArray[np.uint8]:
    """Return a dark, hazy face before a bright ground; ``amount`` 0..1."""
    rows, columns = np.mgrid[0:FACE_SIZE, 0:FACE_SIZE]
    outside = ((columns - MIDDLE[0]) / 21) ** 2 + ((rows - MIDDLE[1]) / 27) ** 2
    ground = np.clip((outside - 0.85) / 0.3, 0, 1) * amount
    dark = face * (1 - 0.7 * amount) + 25 * amount
    return _levels((1 - ground) * dark + ground * 245)


def side_lit(face: NDArray[np.uint8], amount: float, degrees: float) -> NDArray[np.uint8]:
    """Return the face lit from one direction: the far side keeps 1 − ``amount`` of its light."""
    rows, columns = np.mgrid[-1 : 1 : FACE_SIZE * 1j, -1 : 1 : FACE_SIZE * 1j]
    along = columns * np.cos(np.radians(degrees)) + rows * np.sin(np.radians(degrees))
    light = 1 / (1 + np.exp(-4 * along))
    return _levels(face * (1 - amount + amount * light) * (1 + 0.3 * amount * light))


def noisy(
    face: NDArray[np.uint8], sigma: float, rng: np.random.Generator, dimmed: float = 1.0
) -> NDArray[np.uint8]:
    """Return the face with a share of its light, and normal noise of ``sigma`` grey levels."""
    return _levels(face * dimmed + rng.normal(0, sigma, face.shape))


def with_glasses(
    face: NDArray[np.uint8], rim: int = 30, tint: float = 0.0, move: tuple[float, float] = (0, 0)
) -> NDArray[np.uint8]:
    """Return the face with drawn glasses.

    Parameters
    ----------
    rim : int, 0..255, grey level of the rims
    tint : float, 0..1, opacity of the glass, of the rims' level
    move : (right, down) in pixels
    """
    drawn = face.copy()
    centres = [(x + move[0], y + move[1]) for x, y in EYES]
    if tint:
        glass = drawn.copy()
        for centre in centres:
            _draw_glass(glass, centre, rim, cv2.FILLED)
        drawn = _levels((1 - tint) * drawn + tint * glass)
    for centre in centres:
        _draw_glass(drawn, centre, rim, 1)
    (left, row), (right, _) = centres
    for start, end in ((left + 7, right - 7), (left - 7, left - 14), (right + 7, right + 14)):
        _draw_line(drawn, (start, row - 1), (end, row - 1), rim)
    return drawn


def _fixed(point: tuple[float, float]) -> tuple[int, int]:
    x, y = point
    return round(x * 2**SHIFT_BITS), round(y * 2**SHIFT_BITS)


def _draw_glass(
    face: NDArray[np.uint8], centre: tuple[float, float], level: int, thickness: int
) -> None:
    axes = _fixed((7.0, 5.0))
    cv2.ellipse(face, _fixed(centre), axes, 0, 0, 360, level, thickness, cv2.LINE_AA, SHIFT_BITS)


def _draw_line(
    face: NDArray[np.uint8], start: tuple[float, float], end: tuple[float, float], level: int
) -> None:
    cv2.line(face, _fixed(start), _fixed(end), level, 1, cv2.LINE_AA, SHIFT_BITS)


def with_mask(
    face: NDArray[np.uint8], level: int = 190, move: tuple[float, float] = (0, 0)
) -> NDArray[np.uint8]:
    """Return the face with a drawn mask over nose and mouth, of a grey level, with folds."""
    drawn = face.copy()
    corners = np.array([_fixed((x + move[0], y + move[1])) for x, y in MASK], np.int32)
    cv2.fillPoly(drawn, [corners], level, cv2.LINE_AA, SHIFT_BITS)
    for row in (31, 36, 41):
        start, end = (13 + move[0], row + move[1]), (35 + move[0], row + move[1])
        _draw_line(drawn, start, end, max(0, level - 30))
    return drawn


def turned_head(face: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Return the face as on a cylinder that is turned about its upright axis.

    The cut follows the head by half, as a detector's box does.
    """
    turn = np.radians(degrees)
    across = np.clip(np.linspace(-VISIBLE, VISIBLE, FACE_SIZE) - np.sin(turn) / 2, -1, 1)
    angle = np.clip(np.arcsin(across) + turn, -np.pi / 2, np.pi / 2)
    columns = (np.sin(angle) / VISIBLE + 1) * MIDDLE[0]
    across, down = np.meshgrid(columns.astype(np.float32), np.arange(FACE_SIZE, dtype=np.float32))
    turned = cv2.remap(face, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


# Share of the faces that `worsened` changes at full strength.
WORSENED = 0.5


def worsened(
    face: NDArray[np.uint8], rng: np.random.Generator, strength: float = 1.0
) -> NDArray[np.uint8]:
    """Return the face with one or two of the above, or, as often, as it is.

    Parameters
    ----------
    strength : float, 0..1, scales amounts and the share of faces that are changed
    """
    if rng.random() >= strength * WORSENED:
        return face
    changes: list[Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = [
        lambda x: turned_head(x, strength * rng.uniform(-35, 35)),
        lambda x: with_glasses(
            x, int(rng.integers(0, 120)), float(rng.choice([0, 0, 0.2, 0.7])), _small(rng)
        ),
        lambda x: with_mask(x, int(rng.integers(90, 250)), _small(rng)),
        lambda x: side_lit(x, strength * rng.uniform(0.3, 0.85), rng.uniform(0, 360)),
        lambda x: back_lit(x, strength * rng.uniform(0.3, 0.9)),
        lambda x: motion_blurred(x, 1 + strength * rng.uniform(1, 5), rng.uniform(0, 180)),
        lambda x: noisy(x, strength * rng.uniform(2, 12), rng, rng.uniform(0.35, 1)),
        lambda x: compressed(x, int(rng.integers(2, 30))),
    ]
    # In the order of a picture's making: head, light, camera.
    for place in sorted(rng.choice(len(changes), 1 + int(rng.random() < SECOND), replace=False)):
        face = changes[place](face)
    return face


# Share of the changed faces that are changed in a second way, too.
SECOND = 0.4


def _small(rng: np.random.Generator) -> tuple[float, float]:
    right, down = rng.uniform(-2, 2, 2)
    return float(right), float(down)
