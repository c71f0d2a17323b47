"""What is drawn into the live picture stays inside it, whatever the box."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import EMOTIONS, Face
from pages.ui.listen.frames import draw_reading
from pages.ui.theme import EMOTION_COLOURS

SIDES = st.floats(-500, 900, allow_nan=False)
LENGTHS = st.floats(1, 900, allow_nan=False)


def test_every_emotion_has_its_own_colour() -> None:
    assert set(EMOTION_COLOURS) == set(EMOTIONS)
    assert len(set(EMOTION_COLOURS.values())) == len(EMOTIONS)


@given(SIDES, SIDES, LENGTHS, LENGTHS, st.sampled_from(["", "not sure", *EMOTIONS]))
def test_any_box_can_be_drawn(x: float, y: float, width: float, height: float, label: str) -> None:
    pixels = np.zeros((240, 320, 3), np.uint8)
    draw_reading(pixels, Face((x, y, width, height), 0.9), label)
    assert pixels.shape == (240, 320, 3)


def test_the_label_has_the_emotions_colour_and_an_unsure_reading_is_white() -> None:
    box = Face((100, 100, 80, 80), 0.9)
    sure, unsure = np.zeros((240, 320, 3), np.uint8), np.zeros((240, 320, 3), np.uint8)
    draw_reading(sure, box, "sad")
    draw_reading(unsure, box, "not sure")
    blue = tuple(int(EMOTION_COLOURS["sad"][i : i + 2], 16) for i in (1, 3, 5))
    assert (sure == blue).all(axis=2).sum() > 200
    assert (unsure == 255).all(axis=2).sum() > 200
