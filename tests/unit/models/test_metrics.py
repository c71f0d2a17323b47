"""The figures of a classifier, against cases worked out by hand and by brute force."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from detectors.types import EMOTIONS
from models.metrics import (
    accuracy_at,
    agreement,
    bootstrap_interval,
    expected_calibration_error,
    macro_f1,
    majority,
    recalls,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = arrays.arrays(np.int8, st.integers(1, 40), elements=st.integers(0, 6))
PAIRS = CLASSES.flatmap(
    lambda labels: st.tuples(
        st.just(labels), arrays.arrays(np.intp, len(labels), elements=st.integers(0, 6))
    )
)
Pair = tuple["NDArray[np.int8]", "NDArray[np.intp]"]


def test_recalls_in_a_case_worked_out_by_hand() -> None:
    label = np.array([0, 0, 0, 0, 3, 3, 6], np.int8)
    predicted = np.array([0, 0, 0, 3, 3, 6, 6])
    expected = dict.fromkeys(EMOTIONS, None) | {"angry": 0.75, "happy": 0.5, "neutral": 1.0}
    assert recalls(predicted, label) == expected
    assert list(recalls(predicted, label)) == list(EMOTIONS)


@given(pair=PAIRS)
def test_recalls_are_hits_over_occurrences(pair: Pair) -> None:
    label, predicted = pair
    for index, (name, recall) in enumerate(recalls(predicted, label).items()):
        said = [p for p, t in zip(predicted.tolist(), label.tolist(), strict=True) if t == index]
        assert name == EMOTIONS[index]
        assert recall == (pytest.approx(said.count(index) / len(said)) if said else None)


def test_macro_f1_in_a_case_worked_out_by_hand() -> None:
    label = np.array([0, 0, 0, 0, 3, 3, 6], np.int8)
    predicted = np.array([0, 0, 0, 3, 3, 5, 6])
    # angry: 2·3/(3+4); happy: 2·1/(2+2); neutral: 1; surprise does not occur and is left out.
    assert macro_f1(predicted, label) == pytest.approx((6 / 7 + 1 / 2 + 1) / 3)


@given(pair=PAIRS)
def test_macro_f1_is_the_mean_over_the_classes_that_occur(pair: Pair) -> None:
    label, predicted = pair
    scores = []
    for index in sorted(set(label.tolist())):
        true = sum(1 for p, t in zip(predicted, label, strict=True) if p == t == index)
        precision = true / max(1, (predicted == index).sum())
        recall = true / (label == index).sum()
        scores.append(2 * precision * recall / (precision + recall) if true else 0.0)
    assert macro_f1(predicted, label) == pytest.approx(math.fsum(scores) / len(scores))


def test_calibration_in_a_case_worked_out_by_hand() -> None:
    # Two bins. Below a half: one face at 0.4, wrong. Above: 0.9 right, 0.8 right, 0.7 wrong.
    top = [0.4, 0.9, 0.8, 0.7]
    probabilities = np.array([[p, (1 - p) / 2, (1 - p) / 2] for p in top], np.float32)
    truth = np.array([1, 0, 0, 2])
    expected = 1 / 4 * 0.4 + 3 / 4 * abs(2 / 3 - 0.8)
    assert expected_calibration_error(probabilities, truth, bins=2) == pytest.approx(expected)


def test_a_model_that_is_certain_and_right_is_calibrated_and_one_that_is_wrong_is_not() -> None:
    certain = np.eye(8, dtype=np.float32)
    truth = np.arange(8)
    assert expected_calibration_error(certain, truth) == 0
    assert expected_calibration_error(certain, (truth + 1) % 8) == 1


@given(
    rows=arrays.arrays(np.float32, (25, 8), elements=st.floats(0.0009765625, 1, width=32)),
    truth=arrays.arrays(np.intp, 25, elements=st.integers(0, 7)),
    bins=st.integers(1, 20),
)
def test_calibration_is_the_gap_in_each_bin_by_its_share(
    rows: NDArray[np.float32], truth: NDArray[np.intp], bins: int
) -> None:
    probabilities = (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)
    members: dict[int, list[tuple[float, bool]]] = {}
    for row, right in zip(probabilities, truth, strict=True):
        # In float32 as the product is, so that a value on a border falls into the same bin.
        place = min(int(row.max() * bins), bins - 1)
        members.setdefault(place, []).append((float(row.max()), bool(row.argmax() == right)))
    # The share of a bin times the gap of its means is the gap of its sums over all.
    expected = sum(abs(sum(p - hit for p, hit in inside)) / 25 for inside in members.values())
    found = expected_calibration_error(probabilities, truth, bins)
    assert found == pytest.approx(expected, abs=1e-5)


def test_the_majority_is_of_the_eight_expressions_and_the_first_on_a_tie() -> None:
    votes = np.array(
        [
            [0, 0, 6, 0, 0, 0, 0, 4, 0, 0],
            [0, 3, 0, 3, 0, 0, 0, 4, 0, 0],
            [0, 4, 0, 4, 0, 0, 0, 2, 0, 0],
            [1, 0, 0, 0, 0, 2, 0, 0, 7, 0],
            [0, 0, 0, 0, 1, 0, 0, 0, 0, 9],
        ],
        np.uint8,
    )
    assert majority(votes).tolist() == [2, 7, 1, 5, 4]


def test_agreement_in_a_case_worked_out_by_hand() -> None:
    votes = np.array(
        [
            [10, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            [0, 6, 4, 0, 0, 0, 0, 0, 0, 0],
            [0, 5, 5, 0, 0, 0, 0, 0, 0, 0],
            [4, 0, 0, 0, 0, 0, 0, 0, 6, 0],
            [0, 0, 0, 0, 0, 0, 0, 9, 0, 1],
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ],
        np.uint8,
    )
    groups = {name: rows.tolist() for name, rows in agreement(votes).items()}
    assert groups["unanimous"] == [True, False, False, False, False, False]
    assert groups["majority"] == [False, True, False, False, True, False]
    assert groups["split"] == [False, False, True, True, False, True]


@given(votes=arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.just(10))))
def test_each_face_belongs_to_one_group(votes: NDArray[np.uint8]) -> None:
    assert (np.sum(list(agreement(votes).values()), axis=0) == 1).all()


def test_accuracy_on_the_surest_in_a_case_worked_out_by_hand() -> None:
    top = [0.9, 0.5, 0.8, 0.6, 0.7]
    probabilities = np.array([[p, 1 - p] for p in top], np.float32)
    truth = np.array([0, 0, 1, 0, 0])
    # The surest four: 0.9 right, 0.8 wrong, 0.7 right, 0.6 right.
    assert accuracy_at(0.8, probabilities, truth) == 0.75
    assert accuracy_at(1.0, probabilities, truth) == 0.8
    assert accuracy_at(0.0, probabilities, truth) == 1.0


def test_the_interval_is_that_of_the_binomial() -> None:
    right = np.arange(1000) < 700
    low, high = bootstrap_interval(lambda rows: float(right[rows].mean()), 1000)
    error = 1.96 * math.sqrt(0.7 * 0.3 / 1000)
    assert low == pytest.approx(0.7 - error, abs=0.004)
    assert high == pytest.approx(0.7 + error, abs=0.004)
    assert bootstrap_interval(lambda rows: float(right[rows].mean()), 1000) == [low, high]
