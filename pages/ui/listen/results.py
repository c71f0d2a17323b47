"""The reading that a way in leads to, and what of it is shown."""

from dataclasses import dataclass

from detectors.types import EmotionScores
from pages.ui.listen.ring import State
from recommender.mood import mood_from_emotions
from recommender.types import Mood


@dataclass(frozen=True, slots=True)
class ModeResult:
    """The current result of an input mode.

    Attributes
    ----------
    label, hint : str, in the place of the mood's name and below it; "" for those of the state
    mood : Mood or None, the mood to play, None while there is no sure mood
    state : State, what the ring around the camera shows
    feeling : str, a key of `FEELINGS`, "" for one to be found from the mood
    box : tuple of float or None, as in `frames.LiveState`
    """

    label: str = ""
    mood: Mood | None = None
    scores: EmotionScores | None = None
    hint: str = ""
    state: State = "idle"
    feeling: str = ""
    box: tuple[float, ...] | None = None


def describe(scores: EmotionScores | None, name: str | None, nothing: ModeResult) -> ModeResult:
    """Return the result of a reading, sure or not; ``nothing`` without scores."""
    if scores is None:
        return nothing
    if name is None:
        return ModeResult(scores=scores, state="unsure")
    mood = mood_from_emotions(scores)
    return ModeResult(mood=mood, scores=scores, state="sure", feeling=name)
