"""Several people in one picture: their faces, their mean, and the mood that is looked for."""

from __future__ import annotations

import pytest

from detectors.group import Person
from detectors.types import EMOTIONS, EmotionScores, Face
from pages.ui.listen.together import together
from recommender.mood import mood_from_emotions


def scores(name: str) -> EmotionScores:
    return EmotionScores(**{one: float(one == name) for one in EMOTIONS})


def person(number: int, name: str | None, read: EmotionScores | None) -> Person:
    return Person(number, Face((64.0 * number, 48.0, 64.0, 96.0), 0.99), read, name)


def test_all_have_their_rings_and_one_mood() -> None:
    seen = together(
        [person(1, "happy", scores("happy")), person(2, "surprise", scores("surprise"))], 640, 480
    )
    assert seen.told() == {
        "people": [
            {"box": (0.1, 0.1, 0.1, 0.2), "name": "happy"},
            {"box": (0.2, 0.1, 0.1, 0.2), "name": "surprise"},
        ],
        "together": "near",
    }
    shown = seen.shown()
    assert shown.state == "sure"
    assert shown.scores is not None
    assert (shown.scores.happy, shown.scores.surprise) == (0.5, 0.5)
    ends = [mood_from_emotions(scores(name)).valence for name in ("happy", "surprise")]
    assert shown.mood is not None
    assert shown.mood.valence == pytest.approx(sum(ends) / 2)


def test_who_is_far_from_the_others_is_told() -> None:
    people = [person(1, "happy", scores("happy")), person(2, "sad", scores("sad"))]
    assert together(people, 640, 480).told()["together"] == "far"


def test_who_is_not_sure_has_a_ring_and_no_say() -> None:
    unsure = EmotionScores(0.2, 0.1, 0.1, 0.2, 0.2, 0.1, 0.1)
    seen = together([person(1, "sad", scores("sad")), person(2, None, unsure)], 640, 480)
    shown = seen.shown()
    assert shown.mood is not None
    assert shown.mood.valence == mood_from_emotions(scores("sad")).valence
    assert len(seen.told()["people"]) == 2


@pytest.mark.parametrize(
    ("read", "state"), [(None, "looking"), (EmotionScores(*[1 / 7] * 7), "unsure")]
)
def test_without_anybody_sure_there_is_no_mood(read: EmotionScores | None, state: str) -> None:
    seen = together([person(1, None, read)], 640, 480)
    assert (seen.shown().state, seen.shown().mood) == (state, None)
    assert "together" not in seen.told()


def test_nobody_is_looked_for() -> None:
    seen = together([], 640, 480)
    assert seen.told() == {"people": []}
    assert seen.shown().state == "looking"
