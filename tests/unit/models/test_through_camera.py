"""The scenes of the through-the-camera measure."""

from __future__ import annotations

import numpy as np
import pytest

from models.through_camera import (
    FACE_SIDES,
    FRAME_SIZE,
    compress,
    filmed,
    paste,
    photographs,
)


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


def test_fewer_bits_show_the_same_pictures_more_coarsely(backgrounds: list[np.ndarray]) -> None:
    width, height = FRAME_SIZE
    scene = backgrounds[0]
    frames = [np.roll(scene, place, axis=1) for place in range(3)]
    lost = []
    for rate in (2_000_000, 60_000):
        seen = compress(frames, rate)
        assert [one.shape for one in seen] == [(height, width, 3)] * 3
        lost.append(
            np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(seen, frames, strict=True)])
        )
    assert lost[0] < lost[1]


def test_the_cut_is_where_the_face_was_pasted(backgrounds: list[np.ndarray]) -> None:
    disc = np.where(np.hypot(*np.mgrid[-24:24, -24:24]) < 15, 220, 30).astype(np.uint8)
    for rate in (None, 300_000):
        seen = filmed(disc, 3, backgrounds, rate)
        assert seen.shape == (48, 48)
        assert np.abs(seen.astype(int) - disc).mean() < 15
