"""Augmented batches: seeded, of the right shape, and different in every epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import BadInput
from models.face_table import FaceTable, vote_shares
from tests.fakes.face_tables import made_up_faces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.emotion_data import AugmentedFaces

BATCH = 8
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def table() -> FaceTable:
    return FaceTable(**made_up_faces(35))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def face() -> NDArray[np.uint8]:
    """A face that is not its own mirror image and has no repeats."""
    rows, columns = np.mgrid[0:48, 0:48]
    return (rows * 2 + columns * 3).astype(np.uint8)


def batches(
    table: FaceTable,
    seed: int = 5,
    epoch: int = 0,
    times: NDArray[np.intp] | None = None,
    mixup: float = 0.0,
) -> AugmentedFaces:
    from models.emotion_data import AugmentedFaces, targets_of

    made = AugmentedFaces(table.images, targets_of(table), BATCH, seed, times=times, mixup=mixup)
    made.epoch = epoch
    return made


def faces_of(made: AugmentedFaces) -> NDArray[np.float32]:
    return np.concatenate([made[index][0] for index in range(len(made))])


@given(seed=SEEDS)
def test_a_view_of_a_face_has_its_shape_and_depends_only_on_the_seed(
    face: NDArray[np.uint8], seed: int
) -> None:
    from models.emotion_data import augment

    before = face.copy()
    view = augment(face, np.random.default_rng(seed))
    assert view.shape == (48, 48)
    assert view.dtype == np.uint8
    np.testing.assert_array_equal(view, augment(face, np.random.default_rng(seed)))
    np.testing.assert_array_equal(face, before)


def test_views_differ_and_some_are_mirrored(face: NDArray[np.uint8]) -> None:
    from models.emotion_data import augment

    views = [augment(face, np.random.default_rng(seed)) for seed in range(40)]
    assert len({view.tobytes() for view in views}) == 40
    # The face grows brighter to the right; a mirrored one to the left.
    middle = [view[8:40, 8:40].astype(float) for view in views]
    brighter_right = [view[:, 20:].mean() > view[:, :12].mean() for view in middle]
    assert 8 <= sum(brighter_right) <= 32


def test_a_view_still_shows_the_face() -> None:
    from models.emotion_data import augment

    disc = np.hypot(*np.mgrid[-24:24, -24:24]) < 15
    face = np.where(disc, 220, 30).astype(np.uint8)
    for seed in range(60):
        view = augment(face, np.random.default_rng(seed))
        # Whatever is turned, moved or covered: parts of the middle stay bright.
        assert np.quantile(view[14:34, 14:34], 0.9) > np.median(view[:6]) + 60


def test_the_same_seed_and_epoch_give_the_same_batches(table: FaceTable) -> None:
    one, other = batches(table), batches(table)
    for index in (3, 0, 2, 1):  # in any order
        (faces, targets), (same_faces, same_targets) = one[index], other[index]
        np.testing.assert_array_equal(faces, same_faces)
        for head in ("fer", "plus"):
            np.testing.assert_array_equal(targets[head], same_targets[head])
    np.testing.assert_array_equal(faces_of(one), faces_of(other))


def test_another_epoch_or_seed_gives_other_batches(table: FaceTable) -> None:
    first = faces_of(batches(table))
    assert not np.array_equal(first, faces_of(batches(table, epoch=1)))
    assert not np.array_equal(first, faces_of(batches(table, seed=6)))


def test_in_another_epoch_or_batch_a_face_is_seen_in_another_view(table: FaceTable) -> None:
    # One face only, so that the order of the faces makes no difference.
    alike = FaceTable(np.repeat(table.images[:1], 35, axis=0), table.label, table.votes)
    shown = [face.tobytes() for epoch in range(2) for face in faces_of(batches(alike, epoch=epoch))]
    assert len(set(shown)) == len(shown)


def test_an_epoch_shows_each_face_at_most_once_with_its_own_targets(
    monkeypatch: pytest.MonkeyPatch, table: FaceTable
) -> None:
    from models import emotion_data

    monkeypatch.setattr(emotion_data, "augment", lambda face, *_: face)
    made = batches(table)
    assert len(made) == 4
    assert table.votes is not None
    shares = vote_shares(table.votes)
    row_of = {image.astype(np.float32).tobytes(): row for row, image in enumerate(table.images)}
    seen = []
    for index in range(len(made)):
        faces, targets = made[index]
        assert faces.shape == (BATCH, 48, 48)
        assert faces.dtype == np.float32
        rows = [row_of[face.tobytes()] for face in faces]
        np.testing.assert_array_equal(targets["fer"], np.eye(7)[table.label[rows]])
        np.testing.assert_array_equal(targets["plus"], shares[rows])
        seen += rows
    assert len(set(seen)) == 4 * BATCH
    assert seen != sorted(seen)


def test_the_faces_left_over_wait_for_another_epoch(
    monkeypatch: pytest.MonkeyPatch, table: FaceTable
) -> None:
    from models import emotion_data

    monkeypatch.setattr(emotion_data, "augment", lambda face, *_: face)
    shown = {
        face.tobytes() for epoch in range(12) for face in faces_of(batches(table, epoch=epoch))
    }
    assert len(shown) == len(table.images)


def test_a_table_smaller_than_a_batch_is_one_batch(table: FaceTable) -> None:
    made = batches(table.first(3))
    assert len(made) == 1
    assert made[0][0].shape == (3, 48, 48)


def test_without_votes_there_is_nothing_to_learn_from(table: FaceTable) -> None:
    with pytest.raises(BadInput, match="votes"):
        batches(FaceTable(table.images, table.label, None))


def test_a_face_shown_more_often_is_shown_so_often(
    monkeypatch: pytest.MonkeyPatch, table: FaceTable
) -> None:
    from models import emotion_data

    monkeypatch.setattr(emotion_data, "augment", lambda face, *_: face)
    times = np.ones(35, np.intp)
    times[:5] = 2
    made = batches(table, times=times)
    assert len(made) == 40 // BATCH
    shown = [face.tobytes() for face in faces_of(made)]
    for row, image in enumerate(table.images):
        assert shown.count(image.astype(np.float32).tobytes()) == times[row]


def test_mixed_faces_have_targets_mixed_alike(
    monkeypatch: pytest.MonkeyPatch, table: FaceTable
) -> None:
    from models import emotion_data

    monkeypatch.setattr(emotion_data, "augment", lambda face, *_: face)
    faces, targets = batches(table)[0]
    mixed, mixed_targets = batches(table, mixup=0.4)[0]
    # The share, from the pixels, must explain all of them and both targets.
    rest = faces - faces[::-1]
    share = ((mixed - faces[::-1]) * rest).sum() / (rest * rest).sum()
    assert 0 <= share <= 1
    np.testing.assert_allclose(mixed, share * faces + (1 - share) * faces[::-1], atol=1e-2)
    for head, values in targets.items():
        expected = share * values + (1 - share) * values[::-1]
        np.testing.assert_allclose(mixed_targets[head], expected, atol=1e-4)


@given(share=st.floats(0, 1))
def test_softened_targets_lie_between_labels_and_teacher(share: float) -> None:
    from models.emotion_data import Targets, targets_of

    table = FaceTable(**made_up_faces(9))  # type: ignore[arg-type]
    hard = targets_of(table)
    teacher = Targets(np.full((9, 7), 1 / 7, np.float32), np.full((9, 8), 1 / 8, np.float32))
    soft = hard.softened(teacher, share)
    np.testing.assert_allclose(soft.fer, (1 - share) * hard.fer + share / 7, atol=1e-6)
    np.testing.assert_allclose(soft.plus, (1 - share) * hard.plus + share / 8, atol=1e-6)
    np.testing.assert_allclose(soft.fer.sum(axis=1), 1, atol=1e-6)


def test_each_head_may_have_its_own_share_of_the_teacher() -> None:
    from models.emotion_data import Targets, targets_of

    hard = targets_of(FaceTable(**made_up_faces(9)))  # type: ignore[arg-type]
    teacher = Targets(np.full((9, 7), 1 / 7, np.float32), np.full((9, 8), 1 / 8, np.float32))
    soft = hard.softened(teacher, 1, 0)
    np.testing.assert_array_equal(soft.fer, teacher.fer)
    np.testing.assert_array_equal(soft.plus, hard.plus)


def test_the_first_epochs_may_be_milder_and_faces_worse(
    monkeypatch: pytest.MonkeyPatch, table: FaceTable
) -> None:
    from models import emotion_data

    asked = []
    monkeypatch.setattr(
        emotion_data, "augment", lambda face, _, strength: asked.append(strength) or face
    )
    monkeypatch.setattr(emotion_data, "worsened", lambda face, _, strength: face * 0 + strength)
    made = emotion_data.AugmentedFaces(
        table.images,
        emotion_data.targets_of(table),
        BATCH,
        5,
        strength=0.8,
        mild_epochs=1,
        worsening=1,
    )
    for epoch in range(2):
        made.epoch = epoch
        assert (made[0][0] == 1).all()
    assert asked == [0.4] * BATCH + [0.8] * BATCH


@given(SEEDS)
def test_at_strength_zero_a_face_is_only_ever_mirrored(seed: int) -> None:
    from models.emotion_data import augment

    rows, columns = np.mgrid[0:48, 0:48]
    face = (rows * 2 + columns * 3).astype(np.uint8)
    view = augment(face, np.random.default_rng(seed), 0.0)
    assert (view == face).all() or (view == face[:, ::-1]).all()
