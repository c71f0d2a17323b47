"""The simulation of people who correct a misread face, on readings made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.corrections import Corrections, cell_of
from detectors.types import EMOTIONS, EmotionScores
from models.correction_figures import (
    PATIENCE,
    VIEWS,
    answers_needed,
    cells_of,
    corrected,
    figures,
    population,
    views_of,
)

SAD, NEUTRAL = EMOTIONS.index("sad"), EMOTIONS.index("neutral")


def reading(sad: float, neutral: float) -> np.ndarray:
    shares = np.full(7, (1 - sad - neutral) / 5)
    shares[[SAD, NEUTRAL]] = sad, neutral
    return shares


def test_many_readings_are_corrected_as_each_one_is() -> None:
    shares = np.random.default_rng(3).dirichlet(np.full(7, 0.3), 200)
    answers = [(name, level, "fear") for name in EMOTIONS for level in range(4)]
    own = Corrections(dict(zip(answers, range(len(answers)), strict=True)))
    found = corrected(shares, own)
    leading, levels = cells_of(shares)
    for row, one in enumerate(shares):
        scores = EmotionScores(*one)
        assert cell_of(scores) == (EMOTIONS[leading[row]], levels[row])
        assert found[row] == pytest.approx(own.applied(scores).as_tuple())


def test_faces_are_counted_by_cell_and_by_each_label_that_they_have() -> None:
    shares = np.array([reading(0.55, 0.3), reading(0.55, 0.3), reading(0.8, 0.1)])
    found = population(shares, np.array([SAD, NEUTRAL, SAD]), np.array([SAD, -1, SAD]))
    assert found["sad"][1][SAD] == 2
    assert found["sad"][1][NEUTRAL] == 1
    assert found["sad"][3][SAD] == 2
    assert np.sum(list(found.values())) == 5


def test_a_person_answers_until_most_views_are_right_or_gives_up() -> None:
    rng = np.random.default_rng(4)
    near, far = reading(0.52, 0.4), reading(0.95, 0.02)
    given = answers_needed(np.array([near] * 4), NEUTRAL, rng)
    assert given is not None
    assert 0 < given.total() < PATIENCE
    assert set(given) == {("sad", 1, "neutral")}
    assert answers_needed(np.array([reading(0.3, 0.5)]), NEUTRAL, rng) == {}
    assert answers_needed(np.array([far]), NEUTRAL, rng) is None


def test_what_is_lost_is_the_recall_of_others_in_the_same_cell() -> None:
    near, surely = reading(0.52, 0.4), reading(0.8, 0.1)
    shares, label = np.array([near, surely, near]), np.array([SAD, SAD, NEUTRAL])
    found = figures(np.array([[near]]), shares, label)
    assert found["read_right"] == 1
    assert found["recall_lost_of_worst"]["median"] == 0.5
    nobody = figures(np.zeros((0, 1, 7)), shares, label)
    assert nobody["corrections"] == {"median": None, "p90": None}
    never = figures(np.array([[reading(0.95, 0.02)]]), shares, label)
    assert (never["read_right"], never["corrections"]["median"]) == (0, None)


def test_views_are_pictures_of_the_same_face() -> None:
    face = np.random.default_rng(5).integers(0, 256, (48, 48), np.uint8)
    face = np.kron(face[:6, :6], np.ones((8, 8), np.uint8))
    seen = views_of(face, np.random.default_rng(6))
    assert (seen.shape, seen.dtype) == ((VIEWS, 48, 48), np.uint8)
    assert len({one.tobytes() for one in seen}) == VIEWS
    for one in seen:
        assert np.corrcoef(one.ravel(), face.ravel())[0, 1] > 0.5
