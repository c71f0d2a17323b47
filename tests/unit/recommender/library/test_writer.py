"""Recordings lie in the plane as the catalogue's songs do."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import MusicScores
from recommender.library.writer import (
    CATALOGUE_ENERGY,
    CATALOGUE_VALENCE,
    MODEL_ENERGY,
    MODEL_VALENCE,
    equate_to_catalogue,
)

STARTER = Path(__file__).parents[4] / "recommender" / "data" / "starter.csv"


def scores(valence: float, energy: float) -> MusicScores:
    return MusicScores((0.25,) * 4, valence, energy, (0.0,) * 9)


def test_the_catalogue_s_spread_is_that_of_its_songs() -> None:
    with STARTER.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # Its table has valence from 0 to 1.
    valence = 2 * np.array([float(row["valence"]) for row in rows]) - 1
    energy = np.array([float(row["energy"]) for row in rows])
    for spread, values in ((CATALOGUE_VALENCE, valence), (CATALOGUE_ENERGY, energy)):
        assert spread.mean == pytest.approx(values.mean(), abs=1e-3)
        assert spread.deviation == pytest.approx(values.std(), abs=1e-3)


def test_what_is_usual_to_hear_is_usual_in_the_catalogue() -> None:
    usual = equate_to_catalogue(scores(MODEL_VALENCE.mean, MODEL_ENERGY.mean))
    assert usual == pytest.approx((CATALOGUE_VALENCE.mean, CATALOGUE_ENERGY.mean))
    bright = equate_to_catalogue(
        scores(MODEL_VALENCE.mean + MODEL_VALENCE.deviation, MODEL_ENERGY.mean)
    )
    assert bright[0] == pytest.approx(CATALOGUE_VALENCE.mean + CATALOGUE_VALENCE.deviation)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1))
def test_places_lie_in_the_plane_and_keep_their_order(
    one: float, two: float, energy: float
) -> None:
    (left, height), (right, _) = (
        equate_to_catalogue(scores(one, energy)),
        equate_to_catalogue(scores(two, energy)),
    )
    assert -1 <= left <= 1
    assert 0 <= height <= 1
    assert (left <= right) == (one <= two) or left == right
