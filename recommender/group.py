"""The mood of several people: one point in the plane that nobody is far from, if there is one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.mood import RADIUS, distance, mood_at
from recommender.types import Mood

# Steps of Bădoiu and Clarkson's walk: after n of them the farthest person is at most 1 / n of the
# way farther than from the best point.
STEPS = 200


@dataclass(frozen=True, slots=True)
class GroupMood:
    """The mood that songs for a group are chosen by.

    Attributes
    ----------
    mood : Mood, with the mean of all confidences
    people : int
    farthest : float, the largest `recommender.mood.distance` of a person from it
    """

    mood: Mood
    people: int
    farthest: float

    @property
    def is_near_all(self) -> bool:
        """Whether a song at the mood's point fits everybody, as `RADIUS` has it."""
        return self.farthest <= RADIUS


def mood_of_group(moods: Sequence[Mood]) -> GroupMood:
    """Return the mood of people together, in any order.

    It is the mean of their points. Where somebody is farther than `RADIUS` from it, it walks
    towards whoever is farthest, in steps of 1/2, 1/3, 1/4 … of the way, until nobody is: M. Bădoiu
    and K. L. Clarkson, "Smaller core-sets for balls" (SODA 2003), whose walk ends at the centre of
    the smallest circle around all. Where that is too large, too, it stops there.

    Raises
    ------
    ValueError
        When there is nobody.
    """
    if not moods:
        message = "a group has at least one person"
        raise ValueError(message)
    # Sorted, so that rounding does not hang on the order.
    points = sorted((one.valence, one.energy) for one in moods)
    at = _mean(points)
    best = at, _farthest(at, points)
    for step in range(2, STEPS + 2):
        if best[1] <= RADIUS:
            break
        away = max(points, key=lambda one: distance(one, at))
        at = at[0] + (away[0] - at[0]) / step, at[1] + (away[1] - at[1]) / step
        best = min(best, (at, _farthest(at, points)), key=lambda one: one[1])
    (valence, energy), farthest = best
    sure = math.fsum(one.confidence for one in moods) / len(moods)
    return GroupMood(mood_at(valence, energy, sure), len(moods), farthest)


def _mean(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    valences, energies = zip(*points, strict=True)
    return math.fsum(valences) / len(points), math.fsum(energies) / len(points)


def _farthest(at: tuple[float, float], points: Sequence[tuple[float, float]]) -> float:
    return max(distance(at, one) for one in points)
