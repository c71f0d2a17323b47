"""Faces as daily cameras show them: what each change does to a face, and to none of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from models import daily_pictures as daily
from models.card import DAMAGE

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def face() -> NDArray[np.uint8]:
    """Blurred noise with a gradient: not its own mirror image, with parts at all scales."""
    import cv2

    noise = np.random.default_rng(3).integers(0, 256, (48, 48)).astype(np.uint8)
    rows, columns = np.mgrid[0:48, 0:48]
    smooth = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return np.clip(0.5 * smooth + rows + columns, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", DAMAGE)
def test_each_row_of_the_table_is_another_picture_of_the_same_size(
    face: NDArray[np.uint8], name: str
) -> None:
    before = face.copy()
    seen = DAMAGE[name](face)
    assert seen.shape == (48, 48)
    assert seen.dtype == np.uint8
    np.testing.assert_array_equal(face, before)
    np.testing.assert_array_equal(seen, DAMAGE[name](face))
    assert (seen == face).all() == (name == "as they are")


def test_a_movement_across_blurs_only_across() -> None:
    stripes = np.repeat(np.arange(48, dtype=np.uint8)[:, None] % 2 * 200, 48, axis=1)
    np.testing.assert_allclose(daily.motion_blurred(stripes, 5, 0), stripes, atol=1)
    across = daily.motion_blurred(stripes.T.copy(), 5, 0)[:, 6:-6]
    assert across.std() < stripes.std() / 3


def test_light_from_behind_makes_the_face_dark_and_the_ground_bright() -> None:
    grey = np.full((48, 48), 120, np.uint8)
    seen = daily.back_lit(grey, 0.8)
    assert seen[20:28, 20:28].max() < 90
    assert seen[:4, :4].min() > 180


def test_light_from_the_right_leaves_the_left_dark() -> None:
    seen = daily.side_lit(np.full((48, 48), 120, np.uint8), 0.8, 0)
    assert seen[:, 0].max() < 40
    assert seen[:, -1].min() > 120
    below = daily.side_lit(np.full((48, 48), 120, np.uint8), 0.8, 90)
    np.testing.assert_array_equal(below, seen.T)


def test_glasses_are_about_the_eyes_and_a_mask_below_them(face: NDArray[np.uint8]) -> None:
    glasses = daily.with_glasses(face) != face
    assert glasses[10:26].any()
    assert not glasses[26:].any()
    assert daily.with_glasses(face, rim=20, tint=1)[17, 15] == 20
    mask = daily.with_mask(face, level=190)
    assert (mask[38, 12:36] == 190).all()
    np.testing.assert_array_equal(mask[:22], face[:22])


def test_a_head_turned_to_the_left_is_the_mirror_image_of_one_to_the_right(
    face: NDArray[np.uint8],
) -> None:
    left = daily.turned_head(face, 25)
    right = daily.turned_head(face[:, ::-1].copy(), -25)[:, ::-1]
    np.testing.assert_allclose(left.astype(int), right, atol=2)
    np.testing.assert_allclose(daily.turned_head(face, 0).astype(int), face, atol=2)


def test_a_key_frame_of_low_quality_is_coarser(face: NDArray[np.uint8]) -> None:
    lost = [
        np.abs(daily.compressed(face, quality).astype(int) - face).mean() for quality in (90, 3)
    ]
    assert lost[0] < lost[1] < 25


def test_half_of_the_faces_are_made_worse_the_same_for_the_same_seed(
    face: NDArray[np.uint8],
) -> None:
    seen = [daily.worsened(face, np.random.default_rng(seed)) for seed in range(200)]
    changed = sum((one != face).any() for one in seen)
    assert 70 <= changed <= 130
    again = [daily.worsened(face, np.random.default_rng(seed)) for seed in range(200)]
    assert all((one == other).all() for one, other in zip(seen, again, strict=True))
    assert all(
        (daily.worsened(face, np.random.default_rng(s), 0.0) == face).all() for s in range(9)
    )
