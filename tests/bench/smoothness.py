"""Smoothness of a journey's path, for the benchmark and the tests."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recommender.journey import _has_place, _log_tempo, _octaves, _point
from recommender.mood import distance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recommender.types import Mood, Track


@dataclass(frozen=True, slots=True)
class Smoothness:
    """Smoothness of a path; distances are those of `recommender.mood.distance`.

    Attributes
    ----------
    approach : float, share of steps that do not lead away from the target, 0..1; 1 without steps
    largest_step : float, between neighbouring songs, 0..√2; 0 without steps
    start_gap, end_gap : float, from the mood to the first song, from the last song to the target
    largest_tempo_change : float, octaves, 0..1/2; None when no two neighbours have a tempo
    """

    approach: float
    largest_step: float
    start_gap: float
    end_gap: float
    largest_tempo_change: float | None


def smoothness(path: Sequence[Track], start: Mood, target: Mood) -> Smoothness:
    """Return the smoothness of a path from one mood to another.

    Raises
    ------
    ValueError
        When the path is empty, or one of its songs has no valence and energy.
    """
    if not path or not all(_has_place(track) for track in path):
        message = "a path needs songs with a place in the plane"
        raise ValueError(message)
    points = [_point(track) for track in path]
    away = [distance(point, _point(target)) for point in points]
    changes = _octaves(np.diff([_log_tempo(track) for track in path]))
    known = changes[np.isfinite(changes)]
    steps = list(itertools.pairwise(away))
    return Smoothness(
        approach=sum(after <= before for before, after in steps) / len(steps) if steps else 1.0,
        largest_step=max((distance(*step) for step in itertools.pairwise(points)), default=0.0),
        start_gap=distance(_point(start), points[0]),
        end_gap=away[-1],
        largest_tempo_change=float(known.max()) if known.size else None,
    )
