"""The scenes of the through-the-camera measure."""

from __future__ import annotations

import numpy as np
import pytest

from models.through_camera import FACE_SIDES, FRAME_SIZE, paste, photographs


@pytest.fixture(scope="module")
def backgrounds() -> list[np.ndarray]:
    return photographs()


def test_the_photographs_fill_the_frame(backgrounds: list[np.ndarray]) -> None:
    assert len(backgrounds) >= 4
    for picture in backgrounds:
        assert picture.shape == (FRAME_SIZE[1], FRAME_SIZE[0], 3)
        assert picture.dtype == np.uint8


def test_a_face_lies_where_its_box_says(backgrounds: list[np.ndarray]) -> None:
    face = np.full((48, 48), 77, np.uint8)
    for index in range(60):
        frame, (x, y, width, height) = paste(face, index, backgrounds)
        assert frame.shape == (480, 640, 3)
        assert FACE_SIDES[0] <= width == height <= FACE_SIDES[1]
        inside = frame[int(y) : int(y + height), int(x) : int(x + width)]
        assert inside.shape[:2] == (height, width)
        assert (inside == 77).all()
        assert (frame != 77).any()


def test_the_same_face_always_gets_the_same_scene(backgrounds: list[np.ndarray]) -> None:
    face = np.full((48, 48), 77, np.uint8)
    first, box = paste(face, 5, backgrounds)
    again, same = paste(face, 5, backgrounds)
    assert box == same
    assert (first == again).all()
    other, elsewhere = paste(face, 6, backgrounds)
    assert box != elsewhere
    assert (first != other).any()


@pytest.mark.slow
def test_scenes_are_photographs_and_gradients(backgrounds: list[np.ndarray]) -> None:
    before = [picture.copy() for picture in backgrounds]
    face = np.full((48, 48), 77, np.uint8)
    photographed = 0
    for index in range(200):
        frame, _ = paste(face, index, backgrounds)
        photographed += any((frame == picture).mean() > 0.4 for picture in backgrounds)
    assert 70 < photographed < 130
    assert all((picture == one).all() for picture, one in zip(backgrounds, before, strict=True))
