"""The overlay of the live picture: a frame around the face, and the emotion's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from pages.ui.theme import EMOTION_COLOURS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from detectors.types import Face

UNSURE_COLOUR = "#ffffff"
DARK_INK = (24, 18, 36)
# Arm of a corner as a share of the box's shorter side; pen width as a share of the picture's width.
CORNER_SHARE = 0.22
PEN_SHARE = 1 / 180
TEXT_SHARE = 1 / 900


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def draw_rate(pixels: NDArray[np.uint8], rate: float) -> None:
    """Write the analysed frames a second into the lower left corner of ``pixels``."""
    _draw_label(pixels, f"{rate:.0f} / s", (0, pixels.shape[0]), _rgb(UNSURE_COLOUR))


def draw_reading(pixels: NDArray[np.uint8], face: Face | None, label: str) -> None:
    """Draw four corners around the face and a label above it, into ``pixels``.

    Parameters
    ----------
    pixels : ndarray, uint8 RGB [shape=(height, width, 3)], changed in place
    label : str, an emotion, which sets the colour, or other words, "" for none
    """
    if face is None:
        return
    colour = _rgb(EMOTION_COLOURS.get(label, UNSURE_COLOUR))
    pen = max(2, round(pixels.shape[1] * PEN_SHARE))
    x, y, width, height = (round(value) for value in face.box)
    arm = round(min(width, height) * CORNER_SHARE)
    for corner_x, step_x in ((x, arm), (x + width, -arm)):
        for corner_y, step_y in ((y, arm), (y + height, -arm)):
            corner = (corner_x, corner_y)
            cv2.line(pixels, corner, (corner_x + step_x, corner_y), colour, pen, cv2.LINE_AA)
            cv2.line(pixels, corner, (corner_x, corner_y + step_y), colour, pen, cv2.LINE_AA)
    if label:
        _draw_label(pixels, label, (x, y - 3 * pen), colour)


def _draw_label(
    pixels: NDArray[np.uint8], text: str, corner: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    scale = max(0.5, pixels.shape[1] * TEXT_SHARE)
    font = cv2.FONT_HERSHEY_DUPLEX
    (width, height), _ = cv2.getTextSize(text, font, scale, 1)
    pad = height // 2 + 2
    left = min(max(0, corner[0]), max(0, pixels.shape[1] - width - 2 * pad))
    bottom = max(height + 2 * pad, corner[1])
    cv2.rectangle(
        pixels, (left, bottom - height - 2 * pad), (left + width + 2 * pad, bottom), colour, -1
    )
    baseline = (left + pad, bottom - pad)
    cv2.putText(pixels, text, baseline, font, scale, DARK_INK, 1, cv2.LINE_AA)
