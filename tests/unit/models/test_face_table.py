"""The table of faces: what is read, what is refused, and what is made of the votes."""

from __future__ import annotations

import pickle
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models import BadInput
from models.face_table import FaceTable, load_faces, vote_shares, without_duplicates_of
from tests.fakes.face_tables import made_up_faces, save_faces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

Arrays = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "faces.npz"


def table_of(count: int, seed: int = 0) -> FaceTable:
    return FaceTable(**made_up_faces(count, seed))  # type: ignore[arg-type]


def test_a_table_is_read_as_it_was_written(path: Path) -> None:
    written = made_up_faces(9)
    table = load_faces(save_faces(path, written))
    for name, values in written.items():
        np.testing.assert_array_equal(getattr(table, name), values)


def test_a_table_without_votes_is_read(path: Path) -> None:
    written = made_up_faces(9)
    del written["votes"]
    assert load_faces(save_faces(path, written)).votes is None


def test_other_arrays_beside_them_do_not_matter(path: Path) -> None:
    written = {**made_up_faces(9), "index": np.arange(9), "more": np.array("x")}
    assert len(load_faces(save_faces(path, written)).images) == 9


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32])
def test_labels_of_any_number_type_are_read(path: Path, dtype: type) -> None:
    written = made_up_faces(9)
    label = load_faces(save_faces(path, {**written, "label": written["label"].astype(dtype)})).label
    assert label.dtype == np.int8
    np.testing.assert_array_equal(label, written["label"])


FACES = made_up_faces(9)
UNUSABLE: dict[str, Callable[[], Arrays]] = {
    "no images": lambda: {"label": FACES["label"]},
    "no label": lambda: {"images": FACES["images"]},
    "no faces": lambda: {name: values[:0] for name, values in FACES.items()},
    "larger faces": lambda: {**FACES, "images": np.zeros((9, 50, 50), np.uint8)},
    "flat faces": lambda: {**FACES, "images": np.zeros((9, 48 * 48), np.uint8)},
    "coloured faces": lambda: {**FACES, "images": np.zeros((9, 48, 48, 3), np.uint8)},
    "faces of floats": lambda: {**FACES, "images": np.zeros((9, 48, 48), np.float32)},
    "a single number": lambda: {**FACES, "images": np.uint8(3)},
    "a label less": lambda: {**FACES, "label": FACES["label"][:-1]},
    "a label of 7": lambda: {**FACES, "label": np.full(9, 7, np.int8)},
    "a label of -1": lambda: {**FACES, "label": np.full(9, -1, np.int8)},
    "half a label": lambda: {**FACES, "label": np.full(9, 0.5)},
    "labels as words": lambda: {**FACES, "label": np.full(9, "happy")},
    "labels as columns": lambda: {**FACES, "label": np.eye(9, 7, dtype=np.int8)},
    "a single label": lambda: {**FACES, "label": np.int8(3)},
    "a row of votes less": lambda: {**FACES, "votes": FACES["votes"][:-1]},
    "seven columns of votes": lambda: {**FACES, "votes": FACES["votes"][:, :7]},
    "votes in one row": lambda: {**FACES, "votes": FACES["votes"][:, 0]},
    "votes in three dimensions": lambda: {**FACES, "votes": np.zeros((9, 10, 2), np.uint8)},
    "negative votes": lambda: {**FACES, "votes": np.full((9, 10), -1, np.int8)},
    "votes of NaN": lambda: {**FACES, "votes": np.full((9, 10), np.nan)},
    "votes as words": lambda: {**FACES, "votes": np.full((9, 10), "1")},
    "objects": lambda: {**FACES, "label": np.array([None] * 9)},
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_table_of_another_layout_is_refused(path: Path, what: str) -> None:
    with pytest.raises(BadInput, match=r"faces\.npz"):
        load_faces(save_faces(path, UNUSABLE[what]()))


def test_a_file_that_is_no_table_is_refused(path: Path) -> None:
    for content in (b"", b"no table", pickle.dumps({"images": 1}), b"PK\x03\x04" + bytes(90)):
        path.write_bytes(content)
        with pytest.raises(BadInput):
            load_faces(path)


def test_a_single_array_is_refused(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, FACES["images"])
    with pytest.raises(BadInput):
        load_faces(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere.npz"):
        with pytest.raises(BadInput):
            load_faces(place)


def test_mutated_files_are_tables_or_refused(path: Path) -> None:
    content = save_faces(path, FACES).read_bytes()
    rng = random.Random(1)  # noqa: S311 - the same mutations every time
    for _ in range(300):
        mutated = bytearray(content)
        for _ in range(rng.choice([1, 2, 8])):
            # Half of them in the first and last bytes, where names and lengths stand.
            edge = rng.choice([0, 1, 2, 3])
            place = {0: rng.randrange(100), 1: -1 - rng.randrange(300)}.get(edge)
            mutated[rng.randrange(len(mutated)) if place is None else place] = rng.randrange(256)
        path.write_bytes(mutated[: rng.choice([None, None, rng.randrange(len(mutated))])])
        try:
            table = load_faces(path)
        except BadInput:
            continue
        assert table.images.shape == (len(table.label), 48, 48)


def test_the_first_faces_keep_what_belongs_to_them() -> None:
    table = table_of(9)
    first = table.first(4)
    np.testing.assert_array_equal(first.images, table.images[:4])
    np.testing.assert_array_equal(first.label, table.label[:4])
    assert first.votes is not None
    assert table.votes is not None
    np.testing.assert_array_equal(first.votes, table.votes[:4])
    assert FaceTable(table.images, table.label, None).first(4).votes is None
    assert len(table.first(100).images) == 9


def test_shares_in_a_case_worked_out_by_hand() -> None:
    votes = np.array(
        [[8, 2, 0, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0, 0, 0, 7, 1], [0] * 8 + [9, 1]], np.uint8
    )
    expected = np.zeros((3, 8))
    expected[0, :2] = 0.8, 0.2
    expected[1, [0, 3]] = 0.5
    np.testing.assert_allclose(vote_shares(votes), expected)
    assert vote_shares(votes).dtype == np.float32


@given(votes=arrays.arrays(np.uint8, st.tuples(st.integers(1, 8), st.just(10))))
def test_shares_sum_to_one_or_are_all_zero(votes: NDArray[np.uint8]) -> None:
    shares = vote_shares(votes)
    assert shares.shape == (len(votes), 8)
    for row, sum_of_row in zip(votes[:, :8], shares.sum(axis=1), strict=True):
        assert sum_of_row == pytest.approx(1 if row.any() else 0)


def test_faces_that_stand_in_the_other_table_are_dropped_also_mirrored() -> None:
    table, other = table_of(8), table_of(5, seed=1)
    other.images[1] = table.images[2]
    other.images[4] = table.images[6][:, ::-1]
    other.images[0] = table.images[7][::-1]  # upside down is another face
    # A little darker, with noise: the same face still.
    noise = np.random.default_rng(3).integers(0, 12, (48, 48))
    other.images[3] = np.minimum(table.images[4] * 0.9 + noise, 255).astype(np.uint8)
    kept = without_duplicates_of(table, other)
    rows = [0, 1, 3, 5, 7]
    np.testing.assert_array_equal(kept.images, table.images[rows])
    np.testing.assert_array_equal(kept.label, table.label[rows])
    assert kept.votes is not None
    assert table.votes is not None
    np.testing.assert_array_equal(kept.votes, table.votes[rows])


def test_a_table_without_votes_loses_its_duplicates_too() -> None:
    table = table_of(8)
    bare = FaceTable(table.images, table.label, None)
    kept = without_duplicates_of(bare, table.first(3))
    assert kept.votes is None
    np.testing.assert_array_equal(kept.label, table.label[3:])


def test_tables_without_a_common_face_stay_whole() -> None:
    assert len(without_duplicates_of(table_of(8), table_of(8, seed=1)).images) == 8
