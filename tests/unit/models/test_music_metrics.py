"""The figures of the music model, against those of scikit-learn, and its card."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import accuracy_score, f1_score, r2_score

from detectors.hearing.music import HEAD, SHIPPED, scores_of
from detectors.types import GEMS_FEELINGS, MusicScores
from models.music_metrics import (
    BEGIN,
    CARD,
    END,
    determination,
    music_figures,
    norms_of,
    quadrant_figures,
    with_measured,
)
from models.music_table import MusicTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNT = 50
CALM = MusicScores((0.1, 0.2, 0.3, 0.4), 0.5, 0.25, (0.5,) * 9)
NORMS = arrays.arrays(np.float64, st.integers(2, 20), elements=st.integers(4, 36).map(float))


def made_up(seed: int = 0) -> tuple[list[MusicScores], MusicTable]:
    """Return scores that follow the labels of a table somewhat."""
    random = np.random.default_rng(seed)
    quadrants = np.arange(COUNT) % 4
    norms = random.uniform(2, 8, (COUNT, 2))
    feelings = random.uniform(0.1, 0.9, (COUNT, 9))
    shares = np.eye(4)[quadrants] + random.uniform(0, 1.5, (COUNT, 4))
    scores = scores_of(
        shares / shares.sum(axis=1, keepdims=True),
        norms + random.normal(0, 0.5, (COUNT, 2)),
        feelings + random.normal(0, 0.1, (COUNT, 9)),
    )
    files = tuple(str(row) for row in range(COUNT))
    return scores, MusicTable(files, ("",) * COUNT, quadrants, norms, feelings)


def test_the_figures_are_those_of_scikit_learn() -> None:
    scores, table = made_up()
    assert table.quadrants is not None
    assert table.norms is not None
    assert table.feelings is not None
    found = music_figures(scores, table)
    assert found.pop("n") == COUNT
    gems = found.pop("gems_r2")
    said = np.array([one.quadrants for one in scores]).argmax(axis=1)
    truth = table.quadrants
    shares = np.array([one.quadrants for one in scores])
    expected = {
        "quadrant_accuracy": accuracy_score(truth, said),
        "quadrant_macro_f1": f1_score(truth, said, average="macro"),
        "valence_hilo": np.mean((shares[:, 0] + shares[:, 3] > 0.5) == np.isin(truth, (0, 3))),
        "arousal_hilo": np.mean((shares[:, 0] + shares[:, 1] > 0.5) == np.isin(truth, (0, 1))),
        "valence_r2": r2_score(table.norms[:, 0], [5 + 4 * one.valence for one in scores]),
        "arousal_r2": r2_score(table.norms[:, 1], [1 + 8 * one.energy for one in scores]),
    }
    assert found == pytest.approx(expected)
    assert 0.4 < found["quadrant_accuracy"] < 0.95
    by_feeling = r2_score(
        table.feelings, [one.feelings for one in scores], multioutput="raw_values"
    )
    assert gems == pytest.approx(
        dict(zip(GEMS_FEELINGS, by_feeling, strict=True)) | {"mean": by_feeling.mean()}
    )
    assert list(gems) == [*GEMS_FEELINGS, "mean"]


@given(truth=NORMS, seed=st.integers(0, 99))
def test_determination_is_that_of_scikit_learn(truth: NDArray[np.float64], seed: int) -> None:
    found = truth + np.random.default_rng(seed).normal(size=len(truth))
    if truth.min() == truth.max():
        assert determination(truth, found) == 0
    else:
        assert determination(truth, found) == pytest.approx(r2_score(truth, found))


def test_what_is_unknown_does_not_count() -> None:
    truth = np.array([2, np.nan, 4, 7, np.nan, 3])
    found = np.array([2.5, 100, 4, 6, -100, 3.5])
    known = ~np.isnan(truth)
    assert determination(truth, found) == pytest.approx(r2_score(truth[known], found[known]))


@pytest.mark.parametrize("truth", [[], [np.nan, np.nan], [4.0], [0.1, 0.1, 0.1], [0.1, np.nan]])
def test_a_truth_that_does_not_vary_explains_nothing(truth: list[float]) -> None:
    assert determination(np.array(truth, float), np.full(len(truth), 3.0)) == 0


def test_perfect_and_constant_predictions() -> None:
    truth = np.array([1.0, 4, 7, 9])
    assert determination(truth, truth) == 1
    assert determination(truth, np.full(4, truth.mean())) == 0
    assert determination(truth, np.full(4, 9.0)) < 0
    quadrants = np.arange(4)
    best = quadrant_figures(quadrants, np.eye(4))
    assert best == dict.fromkeys(best, 1.0)
    same = quadrant_figures(quadrants, np.tile([0.7, 0.1, 0.1, 0.1], (4, 1)))
    assert same["quadrant_accuracy"] == 0.25
    # The first: 2 · 1 / (4 + 1), and nothing of the others.
    assert same["quadrant_macro_f1"] == pytest.approx(0.4 / 4)
    assert same["valence_hilo"] == same["arousal_hilo"] == 0.5


def test_high_or_low_is_decided_by_two_quadrants_together() -> None:
    # Q2 leads, but Q1 and Q4 together say that the valence is high.
    found = quadrant_figures(np.array([0]), np.array([[0.3, 0.4, 0.0, 0.3]]))
    assert found["quadrant_accuracy"] == 0
    assert found["valence_hilo"] == found["arousal_hilo"] == 1


@pytest.mark.parametrize("labels", ["quadrants", "norms", "feelings", None])
def test_there_are_the_figures_that_the_labels_allow(labels: str | None) -> None:
    scores, table = made_up()
    figures = {
        "quadrants": {"quadrant_accuracy", "quadrant_macro_f1", "valence_hilo", "arousal_hilo"},
        "norms": {"valence_r2", "arousal_r2"},
        "feelings": {"gems_r2"},
    }
    others = {name: None for name in figures if name != labels}
    found = music_figures(scores, replace(table, **others))
    whole = music_figures(scores, table)
    assert found.keys() == {"n", *figures.get(str(labels), set())}
    assert all(found[name] == whole[name] for name in found)


def test_of_no_clip_there_are_no_figures() -> None:
    table = MusicTable((), (), np.empty(0, np.int64), np.empty((0, 2)), np.empty((0, 9)))
    assert music_figures([], table) == {"n": 0}


def test_the_plane_goes_back_to_the_scale_of_the_norms() -> None:
    assert norms_of([CALM]).tolist() == [[7, 3]]
    norms = np.array([[1.0, 1], [5, 5], [9, 9], [2.5, 7.5]])
    there = scores_of(np.tile(CALM.quadrants, (4, 1)), norms, np.zeros((4, 9)))
    np.testing.assert_allclose(norms_of(there), norms)


def test_the_card_holds_the_figures_of_the_manifest() -> None:
    figures = json.loads(SHIPPED.read_text(encoding="utf-8"))[HEAD]["metrics"]["cross_validation"]
    card = CARD.read_text(encoding="utf-8")
    assert with_measured(card, figures) == card
    figures["4q"]["quadrant_macro_f1"] += 0.01
    assert with_measured(card, figures) != card


def test_only_what_stands_between_the_marks_changes() -> None:
    figures = json.loads(SHIPPED.read_text(encoding="utf-8"))[HEAD]["metrics"]["cross_validation"]
    text = f"# Card\n{BEGIN}\nold\n{END}\nrest\n"
    new = with_measured(text, figures)
    assert new.startswith(f"# Card\n{BEGIN}\n4Q, 720 clips")
    assert new.endswith(f"\n{END}\nrest\n")
    assert "\nold\n" not in new
