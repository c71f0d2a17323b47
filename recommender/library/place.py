"""Scaling of the model's scores to the plane of the catalogue's songs.

The model returns valence and arousal on the scale of the mood words' norms. Regression shrinks
towards the mean, and the arousal norms hardly leave the middle: unscaled, all recordings would lie
in one spot. Linear equating (Kolen and Brennan, *Test Equating, Scaling, and Linking*, 2014) gives
them the mean and the standard deviation of the catalogue's songs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detectors.types import MusicScores


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation."""

    mean: float
    deviation: float


# Decimals kept; finer differences are inaudible.
DECIMALS = 6
# Scores of the 720 clips of 4Q, 180 in each quadrant, cross-fitted (models/music.md).
HEARD_VALENCE, HEARD_ENERGY = Spread(0.025, 0.281), Spread(0.473, 0.089)
# The 1,710 songs of the starter catalogue.
CATALOGUE_VALENCE, CATALOGUE_ENERGY = Spread(-0.010, 0.494), Spread(0.599, 0.225)


def place_of(scores: MusicScores) -> tuple[float, float]:
    """Return a recording's valence, −1..1, and energy, 0..1."""
    valence = _equated(scores.valence, HEARD_VALENCE, CATALOGUE_VALENCE)
    energy = _equated(scores.energy, HEARD_ENERGY, CATALOGUE_ENERGY)
    return min(1.0, max(-1.0, valence)), min(1.0, max(0.0, energy))


def _equated(value: float, heard: Spread, catalogue: Spread) -> float:
    equated = catalogue.mean + (value - heard.mean) / heard.deviation * catalogue.deviation
    return round(equated, DECIMALS)
