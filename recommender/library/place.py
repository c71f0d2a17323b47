"""Where a recording lies in the plane, so that it can stand beside the catalogue's songs.

The model gives valence and arousal as the mood words' norms have them. A regression says little
of extremes, and the norms of arousal hardly leave their middle: taken as they are, all recordings
would lie in a heap. Linear equating (Kolen and Brennan, *Test Equating, Scaling, and Linking*,
2014) gives them the mean and the spread of the catalogue's songs.
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


# More than anybody hears.
DECIMALS = 6
# What the model says of the 720 clips of 4Q, 180 in each quadrant, cross-fitted (models/music.md).
HEARD_VALENCE, HEARD_ENERGY = Spread(0.025, 0.281), Spread(0.473, 0.089)
# Of the 1,710 songs of the starter catalogue.
CATALOGUE_VALENCE, CATALOGUE_ENERGY = Spread(-0.010, 0.494), Spread(0.599, 0.225)


def place_of(scores: MusicScores) -> tuple[float, float]:
    """Return valence, −1..1, and energy, 0..1."""
    valence = _equated(scores.valence, HEARD_VALENCE, CATALOGUE_VALENCE)
    energy = _equated(scores.energy, HEARD_ENERGY, CATALOGUE_ENERGY)
    return min(1.0, max(-1.0, valence)), min(1.0, max(0.0, energy))


def _equated(value: float, heard: Spread, catalogue: Spread) -> float:
    equated = catalogue.mean + (value - heard.mean) / heard.deviation * catalogue.deviation
    return round(equated, DECIMALS)
