"""Words for a recording's mood, feelings and length."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from detectors.types import GEMS_FEELINGS, QUADRANTS
from recommender.mood import feeling_at
from recommender.types import Mood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recommender.library.recordings import Recording

# Words and colour of each quadrant, as at the plane's edges and in its corners.
QUADRANT_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "q1": ("pleasant and intense", "#f2b705"),
        "q2": ("unpleasant and intense", "#e5484d"),
        "q3": ("unpleasant and calm", "#4a86d8"),
        "q4": ("pleasant and calm", "#4f9d52"),
    }
)
# Plain words for the scale's technical terms.
_FEELINGS = {"joyful_activation": "joy"}
STRONGEST = 3


def mood_word(recording: Recording) -> str:
    """Return the feeling at a recording's point in the plane."""
    return feeling_at(Mood(recording.valence, recording.energy))


def quadrant_rows(recording: Recording) -> list[tuple[str, str, float]]:
    """Return words, colour and probability of each quadrant, most likely first."""
    rows = [
        (*QUADRANT_WORDS[name], share)
        for name, share in zip(QUADRANTS, recording.quadrants, strict=True)
    ]
    return sorted(rows, key=lambda row: -row[2])


def strongest_feelings(recording: Recording) -> list[str]:
    """Return the `STRONGEST` feelings that most listeners would have, strongest first."""
    named = zip(GEMS_FEELINGS, recording.feelings, strict=True)
    strongest = sorted(named, key=lambda one: -one[1])[:STRONGEST]
    return [_FEELINGS.get(name, name) for name, _ in strongest]


def joined(words: Sequence[str]) -> str:
    """Join words as in a sentence: "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def length(seconds: float | None) -> str:
    """Return a duration as "3:07" or "1:02:03"; "" when it is unknown."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
