"""The mood of several people: the mean, unless somebody would be left far away."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.mood import EMOTION_POINTS, GROUP_RADIUS, distance, mood_of_group
from recommender.types import Mood

MOODS = st.builds(Mood, st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1))
GROUPS = st.lists(MOODS, min_size=1, max_size=6)


def point(mood: Mood) -> tuple[float, float]:
    return mood.valence, mood.energy


def smallest_circle(points: list[tuple[float, float]]) -> float:
    """Return the radius of the smallest circle around all points: two or three of them make it."""
    scaled = [(valence / 2, energy) for valence, energy in points]
    centres = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in combinations(scaled, 2)]
    for (ax, ay), (bx, by), (cx, cy) in combinations(scaled, 3):
        cross = 2 * ((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
        if abs(cross) > 1e-9:
            b, c = (bx - ax) ** 2 + (by - ay) ** 2, (cx - ax) ** 2 + (cy - ay) ** 2
            centres.append(
                (
                    ax + ((cy - ay) * b - (by - ay) * c) / cross,
                    ay + ((bx - ax) * c - (cx - ax) * b) / cross,
                )
            )
    return min((max(math.dist(at, one) for one in scaled) for at in centres), default=0.0)


def test_one_person_is_met_as_alone() -> None:
    alone = Mood(-0.4, 0.7, 0.8)
    group = mood_of_group([alone])
    assert (group.mood, group.people, group.farthest) == (alone, 1, 0.0)
    assert group.is_near_all


def test_people_who_are_near_one_another_get_their_mean() -> None:
    group = mood_of_group([Mood(0.2, 0.5, 1.0), Mood(0.4, 0.6, 0.5), Mood(0.6, 0.4, 0.6)])
    assert point(group.mood) == pytest.approx((0.4, 0.5))
    assert group.mood.confidence == pytest.approx(0.7)


def test_five_happy_people_do_not_forget_the_sad_one() -> None:
    people = [Mood(0.8, 0.6)] * 5 + [Mood(-0.3, 0.5)]
    group = mood_of_group(people)
    mean = sum(one.valence for one in people) / 6, sum(one.energy for one in people) / 6
    assert distance(mean, (-0.3, 0.5)) > GROUP_RADIUS
    assert group.is_near_all
    assert -0.3 < group.mood.valence < mean[0], "not farther from the many than it must be"


def test_two_at_the_ends_of_the_plane_meet_in_its_middle() -> None:
    group = mood_of_group([Mood(-1, 0), Mood(1, 1)])
    assert point(group.mood) == pytest.approx((0.0, 0.5), abs=0.01)
    assert not group.is_near_all


def test_a_happy_and_a_sad_face_are_far_from_any_song_between_them() -> None:
    happy, sad = (Mood(*EMOTION_POINTS[name]) for name in ("happy", "sad"))
    assert not mood_of_group([happy, sad]).is_near_all
    assert mood_of_group([happy, Mood(*EMOTION_POINTS["neutral"])]).is_near_all


def test_nobody_has_no_mood() -> None:
    with pytest.raises(ValueError, match="at least one"):
        mood_of_group([])


@given(GROUPS)
def test_nobody_is_left_far_away_who_need_not_be(people: list[Mood]) -> None:
    group = mood_of_group(people)
    best = smallest_circle([point(one) for one in people])
    assert max(distance(point(one), point(group.mood)) for one in people) == pytest.approx(
        group.farthest, abs=1e-9
    )
    assert group.farthest <= max(GROUP_RADIUS, best * 1.02 + 1e-9)


@given(GROUPS, st.randoms(use_true_random=False))
def test_order_says_nothing(people: list[Mood], chance: object) -> None:
    shuffled = list(people)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert point(mood_of_group(shuffled).mood) == point(mood_of_group(people).mood)
