"""The figures of the fusion, its nets and what the app shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from detectors.emotions import OUTPUTS, Probabilities
from detectors.types import EMOTIONS
from models.emotion_figures import emotion_of_majority, figures
from models.face_table import FaceTable
from models.metrics import majority
from tests.fakes.face_tables import made_up_faces

if TYPE_CHECKING:
    from numpy.typing import NDArray


def certain(label: NDArray[np.generic], width: int) -> NDArray[np.float32]:
    return np.eye(width, dtype=np.float32)[label]


def made_up_answers(table: FaceTable) -> Probabilities:
    rng = np.random.default_rng(4)
    values = {}
    for name in OUTPUTS:
        rows = rng.random((len(table.images), 8 if name.endswith("plus") else 7))
        values[name] = (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)
    return Probabilities(**values)


@pytest.fixture(scope="module")
def table() -> FaceTable:
    made_up = made_up_faces(70)
    # On the first ten faces all agree, on the next ten seven of ten.
    made_up["votes"][:20] = 0
    made_up["votes"][range(10), np.arange(10) % 8] = 10
    made_up["votes"][10:20, :2] = 3, 7
    return FaceTable(**made_up)  # type: ignore[arg-type]


def test_a_model_that_knows_everything_has_full_marks(table: FaceTable) -> None:
    assert table.votes is not None
    fer, plus = certain(table.label, 7), certain(majority(table.votes), 8)
    found = figures(Probabilities(fer, plus, fer, plus, fer, plus), table)
    full = {"fer2013_accuracy": 1.0, "ferplus_accuracy": 1.0}
    assert found["n"] == 70
    assert found["ece"] == 0.0
    assert found["fer2013_recall"] == dict.fromkeys(EMOTIONS, 1.0)
    assert found["cnn"] == found["dcnn"] == full
    for name in ("fer2013_accuracy", "fer2013_macro_f1", "ferplus_accuracy", "accuracy_at_80"):
        assert found[name] == 1.0
    assert found["ferplus_accuracy_clear"] == 1.0
    assert all(interval == [1.0, 1.0] for interval in found["ci95"].values())
    assert found["shown"]["accuracy_where_labels_agree"] == 1.0


@pytest.mark.parametrize("output", OUTPUTS)
def test_each_figure_is_that_of_its_own_output(table: FaceTable, output: str) -> None:
    answers = made_up_answers(table)
    assert table.votes is not None
    head = output.rpartition("_")[2]
    truth = majority(table.votes) if head == "plus" else table.label
    expected = float(np.mean(getattr(answers, output).argmax(axis=1) == truth))
    found = figures(answers, table)
    part = found[output.partition("_")[0]] if "_" in output else found
    assert part["ferplus_accuracy" if head == "plus" else "fer2013_accuracy"] == expected


def test_without_votes_the_ferplus_figures_are_null_and_the_rest_is_unchanged(
    table: FaceTable,
) -> None:
    answers = made_up_answers(table)
    bare = figures(answers, FaceTable(table.images, table.label, None))
    whole = figures(answers, table)
    for name in ("ferplus_accuracy", "ferplus_accuracy_clear", "ece"):
        assert bare[name] is None
        assert whole[name] is not None
    for part in ("cnn", "dcnn", "ci95"):
        assert bare[part] == {**whole[part], "ferplus_accuracy": None}
    for name in ("fer2013_accuracy", "fer2013_macro_f1", "fer2013_recall", "accuracy_at_80"):
        assert bare[name] == whole[name]
    assert set(whole) - set(bare) == {"by_agreement"}


def test_the_groups_of_agreement_hold_all_faces(table: FaceTable) -> None:
    found = figures(made_up_answers(table), table)["by_agreement"]
    assert sum(group["n"] for group in found.values()) == 70
    assert found["unanimous"]["n"] == 10
    assert found["majority"]["n"] >= 10


def test_what_is_shown_is_measured_on_both_label_sets(table: FaceTable) -> None:
    assert table.votes is not None
    # Heads that are both certain of the FER-2013 label.
    fer = certain(table.label, 7)
    plus = certain(np.array([4, 5, 6, 1, 3, 2, 0])[table.label], 8)
    found = figures(Probabilities(fer, plus, fer, plus, fer, plus), table)["shown"]
    assert found["fer2013_accuracy"] == found["accuracy_where_labels_agree"] == 1.0
    emotion = emotion_of_majority(table.votes)
    agreed = (emotion == table.label)[emotion >= 0].mean()
    assert found["ferplus_accuracy"] == pytest.approx(agreed)


def test_with_classes_missing_the_figures_are_still_json(table: FaceTable) -> None:
    few = FaceTable(table.images, np.full(70, 2, np.int8), table.votes)
    found = json.loads(json.dumps(figures(made_up_answers(few), few), allow_nan=False))
    assert [name for name, value in found["fer2013_recall"].items() if value is not None] == [
        "fear"
    ]
