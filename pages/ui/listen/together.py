"""*All of us*: every face in view, and the one mood that songs for them are chosen by."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from detectors.group import MAX_FACES, Person
from detectors.types import EMOTIONS, EmotionScores
from pages.ui.listen.ring import ModeResult, shares_of
from recommender.mood import GroupMood, feeling_at, mood_from_emotions, mood_of_group
from recommender.wording import tr

KEY = "all-of-us"


@dataclass(frozen=True, slots=True)
class Together:
    """The people in one picture.

    Attributes
    ----------
    faces : tuple of (box, name), as `ring.shares_of` has boxes, a key of `FEELINGS` or None
    scores : EmotionScores or None, the mean of all who are read
    mood : GroupMood or None, None while nobody is sure
    """

    faces: tuple[tuple[tuple[float, ...], str | None], ...]
    scores: EmotionScores | None
    mood: GroupMood | None

    def told(self) -> dict[str, Any]:
        """Return what the browser is told, beside the reading."""
        people = [{"box": box, "name": name} for box, name in self.faces]
        if self.mood is None:
            return {"people": people}
        return {"people": people, "together": "near" if self.mood.is_near_all else "far"}

    def shown(self) -> ModeResult:
        """Return the reading of all together."""
        if self.scores is None:
            return ModeResult(state="looking")
        if self.mood is None:
            return ModeResult(scores=self.scores, state="unsure")
        mood = self.mood.mood
        return ModeResult(mood=mood, scores=self.scores, state="sure", feeling=feeling_at(mood))


def together(people: Sequence[Person], width: int, height: int) -> Together:
    """Return what people show together.

    Parameters
    ----------
    width, height : int, of their picture in pixels
    """
    read = [one.scores for one in people if one.scores is not None]
    sure = [one.scores for one in people if one.scores is not None and one.name is not None]
    return Together(
        tuple((shares_of(one.face.box, width, height), one.name) for one in people),
        _mean(read) if read else None,
        mood_of_group([mood_from_emotions(scores) for scores in sure]) if sure else None,
    )


def _mean(read: Sequence[EmotionScores]) -> EmotionScores:
    shares = {name: math.fsum(one.as_dict()[name] for one in read) / len(read) for name in EMOTIONS}
    return EmotionScores(**shares)


def show_switch() -> bool:
    """Draw the switch, and return whether all faces are read."""
    return st.toggle(
        tr("All of us"),
        key=KEY,
        help=tr(
            "Reads every face in view, up to {most}, and finds songs between you all.",
            most=MAX_FACES,
        ),
    )
