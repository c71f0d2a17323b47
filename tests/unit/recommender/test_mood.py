"""From emotions to a point in the valence/energy plane."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import EMOTIONS, EmotionScores
from recommender.mood import (
    EMOTION_POINTS,
    FEELINGS,
    GOAL_POINTS,
    distance,
    feeling_at,
    mood_at,
    mood_from_emotions,
    mood_of_emotion,
    target_of,
)
from recommender.types import Goal, Mood

SHARES = (
    st.lists(st.floats(0, 1), min_size=7, max_size=7)
    .filter(lambda values: sum(values) > 1e-6)
    .map(lambda values: [value / sum(values) for value in values])
)
VALENCE = st.floats(-1, 1)
ENERGY = st.floats(0, 1)
POINT = st.tuples(VALENCE, ENERGY)


def one_hot(emotion: str, contempt: float = 0.0) -> EmotionScores:
    return EmotionScores(**{name: float(name == emotion) for name in EMOTIONS}, contempt=contempt)


# Means of AffectNet's ratings of 500 faces each, valence and arousal, −1..1.
RATED = {
    "happy": (0.67, 0.08), "angry": (-0.43, 0.55), "sad": (-0.63, -0.27), "fear": (-0.12, 0.76),
    "disgust": (-0.68, 0.45), "surprise": (0.18, 0.70), "neutral": (0, 0),
}  # fmt: skip


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_table_is_the_published_one(emotion: str) -> None:
    rated, arousal = RATED[emotion]
    valence, energy = EMOTION_POINTS[emotion]
    assert valence == rated
    assert energy * 2 - 1 == pytest.approx(arousal)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_certain_emotion_gives_exactly_its_point(emotion: str) -> None:
    mood = mood_from_emotions(one_hot(emotion))
    assert (mood.valence, mood.energy) == EMOTION_POINTS[emotion]
    assert mood.confidence == 1
    assert mood_of_emotion(emotion) == mood


@given(shares=SHARES, contempt=st.floats(0, 1))
def test_any_scores_give_a_point_inside_the_table(shares: list[float], contempt: float) -> None:
    mood = mood_from_emotions(EmotionScores(*shares, contempt=contempt))
    valences, energies = zip(*EMOTION_POINTS.values(), strict=True)
    assert min(valences) - 1e-9 <= mood.valence <= max(valences) + 1e-9
    assert min(energies) - 1e-9 <= mood.energy <= max(energies) + 1e-9
    assert mood.confidence == pytest.approx(max(shares))


@given(first=SHARES, second=SHARES, part=st.floats(0, 1))
def test_the_point_of_a_mixture_is_the_mixture_of_the_points(
    first: list[float], second: list[float], part: float
) -> None:
    mixed = [part * a + (1 - part) * b for a, b in zip(first, second, strict=True)]
    one, other, both = (
        mood_from_emotions(EmotionScores(*shares)) for shares in (first, second, mixed)
    )
    assert both.valence == pytest.approx(part * one.valence + (1 - part) * other.valence, abs=1e-9)
    assert both.energy == pytest.approx(part * one.energy + (1 - part) * other.energy, abs=1e-9)


@given(shares=SHARES, slack=st.floats(-9e-4, 9e-4))
def test_rounding_of_the_sum_does_not_move_the_point(shares: list[float], slack: float) -> None:
    exact = mood_from_emotions(EmotionScores(*shares))
    scaled = [min(1.0, share * (1 + slack)) for share in shares]
    rounded = mood_from_emotions(EmotionScores(*scaled))
    assert rounded.valence == pytest.approx(exact.valence, abs=2e-3)
    assert rounded.energy == pytest.approx(exact.energy, abs=2e-3)


@given(shares=SHARES, order=st.permutations(range(7)))
def test_the_order_in_which_emotions_come_does_not_matter(
    shares: list[float], order: list[int]
) -> None:
    shuffled = {EMOTIONS[i]: shares[i] for i in order}
    one = mood_from_emotions(EmotionScores(*shares))
    other = mood_from_emotions(EmotionScores(**shuffled))
    assert other.valence == pytest.approx(one.valence, abs=1e-12)
    assert other.energy == pytest.approx(one.energy, abs=1e-12)


@given(shares=SHARES, contempt=st.floats(0, 1))
def test_contempt_counts_by_half_as_one_of_two_heads_knows_it(
    shares: list[float], contempt: float
) -> None:
    without = mood_from_emotions(EmotionScores(*shares))
    mood = mood_from_emotions(EmotionScores(*shares, contempt=contempt))
    part = contempt / 2
    assert mood.valence == pytest.approx((1 - part) * without.valence + part * -0.51, abs=1e-9)
    assert mood.energy == pytest.approx((1 - part) * without.energy + part * 0.79, abs=1e-9)
    assert mood.confidence == without.confidence


def test_a_smile_is_pleasant_and_the_wish_to_be_cheered_up_lively() -> None:
    assert EMOTION_POINTS["happy"][1] < 0.6 < GOAL_POINTS[Goal.HAPPY][1]


def test_a_word_that_is_no_emotion_has_no_mood() -> None:
    with pytest.raises(KeyError):
        mood_of_emotion("contempt")


@given(
    valence=st.floats(allow_nan=False, allow_infinity=False),
    energy=st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_point_outside_is_brought_to_the_edge_and_one_inside_stays(
    valence: float, energy: float
) -> None:
    mood = mood_at(valence, energy)
    assert mood.valence == (valence if -1 <= valence <= 1 else math.copysign(1, valence))
    assert mood.energy == (energy if 0 <= energy <= 1 else float(energy > 0))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", range(3))
def test_what_is_no_number_is_no_mood(place: int, bad: float) -> None:
    values = [0.1, 0.2, 0.3]
    values[place] = bad
    with pytest.raises(ValueError, match="finite"):
        mood_at(*values)


@pytest.mark.parametrize("feeling", FEELINGS)
def test_each_feelings_own_place_is_called_by_its_name(feeling: str) -> None:
    assert feeling_at(Mood(*FEELINGS[feeling])) == feeling


@given(point=POINT)
def test_any_place_is_called_by_the_nearest_feeling(point: tuple[float, float]) -> None:
    name = feeling_at(Mood(*point))
    goal = GOAL_POINTS[Goal.HAPPY]
    places = [(one, place) for one, place in (*FEELINGS.items(), ("happy", goal))]
    nearest = min(distance(point, place) for _, place in places)
    assert nearest in {distance(point, place) for one, place in places if one == name}


@given(first=POINT, second=POINT, third=POINT)
def test_the_distance_is_one(
    first: tuple[float, float], second: tuple[float, float], third: tuple[float, float]
) -> None:
    assert distance(first, first) == 0
    assert distance(first, second) == distance(second, first)
    detour = distance(first, third) + distance(third, second)
    assert distance(first, second) <= detour + 1e-9


def test_both_ends_of_each_axis_are_one_apart() -> None:
    assert distance((-1, 0.3), (1, 0.3)) == distance((0.2, 0), (0.2, 1)) == 1


@given(point=POINT, confidence=st.floats(0, 1))
def test_a_match_leads_to_the_mood_itself(point: tuple[float, float], confidence: float) -> None:
    mood = Mood(*point, confidence)
    assert target_of(mood, Goal.MATCH) == mood


@pytest.mark.parametrize("goal", [goal for goal in Goal if goal is not Goal.MATCH])
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_other_goal_leads_to_its_own_place(emotion: str, goal: Goal) -> None:
    target = target_of(mood_of_emotion(emotion), goal)
    assert (target.valence, target.energy) == GOAL_POINTS[goal]
    assert feeling_at(target) == goal.value


def test_each_goal_but_a_match_has_a_place() -> None:
    assert set(GOAL_POINTS) == set(Goal) - {Goal.MATCH}
