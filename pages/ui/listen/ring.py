"""The reading as it is shown: ring, face in the mirror, mood word and seven bars.

One component draws all of it from one small object, in nodes that stay, without a run of the page.
It is given the words once a run; where the object comes from, only its feed knows: from the page,
or while the camera runs from a socket of `pages.ui.web.live`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from detectors.types import EMOTIONS, SURE_FROM, EmotionScores
from pages.ui.js import script
from pages.ui.listen.words import feeling_word
from recommender.mood import FEELINGS, mood_from_emotions
from recommender.types import Mood
from recommender.wording import tr

# The style sheet draws each of them.
State = Literal["idle", "connecting", "looking", "sure", "unsure", "no-camera", "full"]
# Keys: of the container of the camera's frame, of the component, and of what feeds it.
KEY, READING, FEED, LIVE = "ring", "reading", "reading-feed", "reading-live"
# A box is given in shares of the picture: a tenth of a percent is half a pixel.
BOX_DIGITS = 3
# Its nodes, which stay; the hook of the mood's name is one of them.
HTML = """
<div class="mr-reading">
  <div class="mr-head">
    <div class="mr-said"></div>
    <div class="st-key-mood-label"><div class="mr-label quiet"></div></div>
    <div class="mr-hint"></div>
    <div class="mr-way"></div>
    <div class="mr-rate"></div>
  </div>
  <details class="mr-seven" hidden><summary></summary><div class="mr-bars"></div></details>
  <div class="mr-say" role="status" aria-live="polite"></div>
</div>
"""
_reading = st.components.v2.component(
    "moodring_reading",
    html=HTML,
    js=script("ring"),
    # The style sheet of the page draws it.
    isolate_styles=False,
)
_feed = st.components.v2.component("moodring_feed", js=script("feed"))
_live = st.components.v2.component("moodring_live", js=script("live"))


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


def shares_of(box: Sequence[float], width: int, height: int) -> tuple[float, ...]:
    """Return a box in shares of its picture, rounded to `BOX_DIGITS`.

    Parameters
    ----------
    box : sequence of float, left, top, width and height in pixels
    width, height : int, of the picture in pixels
    """
    sides = (width, height, width, height)
    return tuple(round(value / side, BOX_DIGITS) for value, side in zip(box, sides, strict=True))


def feelings() -> dict[str, str]:
    """Return what a person is said to be, by keys of `recommender.mood.FEELINGS`."""
    return {name: feeling_word(name) for name in FEELINGS}


def words() -> dict[str, Any]:
    """Return the words of all states of a camera."""
    named = feelings()
    return {
        "said": tr("You look"),
        "feelings": {**named, "contempt": feeling_word("contempt")},
        # A screen reader hears a sentence.
        "spoken": {name: tr("You look {feeling}.", feeling=word) for name, word in named.items()},
        "all": {
            "said": tr("Together you look"),
            "near": tr("Songs from your middle. Nobody is far from them."),
            "far": tr("You are far apart. The songs lie between you."),
        },
        "seven": tr("All seven, in numbers"),
        "bars": EMOTIONS,
        "rate": tr("{rate} analysed frames a second", rate="{rate}"),
        "ways": {
            "pictures": tr(
                "No live video gets through this network, so Moodring reads small pictures instead."
            ),
        },
        "labels": {
            "idle": tr("Ready when you are"),
            "connecting": tr("Opening your camera …"),
            "looking": tr("Looking …"),
            "faceless": tr("Looking for your face …"),
            "unsure": tr("Hard to tell"),
            "no-camera": tr("Your camera is off"),
            "full": tr("Soon your turn"),
        },
        "hints": {
            "idle": tr("Your picture is read, then forgotten. Never stored."),
            "faceless": tr("Look into the camera, with light on your face."),
            "unsure": tr(
                "That expression is hard to read. Try more light, or pick a mood yourself."
            ),
        },
    }


def draw(*, looks: bool = True) -> None:
    """Draw the component, empty until it is fed.

    Parameters
    ----------
    looks : bool, whether a picture is read; else the mood is the visitor's own word, without bars
    """
    shown = words()
    if not looks:
        named = feelings().items()
        spoken = {name: tr("You feel {feeling}.", feeling=word) for name, word in named}
        shown |= {"said": tr("You feel"), "spoken": spoken, "bars": ()}
    _reading(key=READING, data=shown)


def feed(
    state: State,
    scores: EmotionScores | None = None,
    name: str = "",
    box: tuple[float, ...] | None = None,
    mood: Mood | None = None,
    **own: str,
) -> None:
    """Give the component what it shows now; alone in a fragment, it redraws nothing else.

    Parameters
    ----------
    state, scores, name, box, mood : as `seen` has them
    **own : str, a ``label``, ``hint``, ``said`` or ``spoken`` in place of that of the state, and
        the feeling in whose ``light`` the page is, if not the name; "" for none of its own
    """
    _feed(key=FEED, data=seen(state, scores, name, box, mood) | _told(own))


def follow(address: str, turn: int, own: Mapping[str, Any], finds: Mapping[str, str]) -> None:
    """Let the component show what a running camera's socket tells.

    Parameters
    ----------
    address : str, of the socket, relative to the page
    turn : int, how many runs of the page the camera had asked for when this one began; the browser
        asks for another when the socket tells of more
    own : mapping, takes the place of what the socket tells, as in `feed`
    finds : mapping of str to str, labels of the button by the feeling that is read, "" for none
    """
    data = {"address": address, "turn": turn, "own": _told(own), "finds": dict(finds)}
    _live(key=LIVE, data=data, on_turn_change=lambda: None)


def _told(own: Mapping[str, Any]) -> dict[str, Any]:
    return {key: word for key, word in own.items() if word}


def seen(
    state: State,
    scores: EmotionScores | None = None,
    name: str = "",
    box: tuple[float, ...] | None = None,
    mood: Mood | None = None,
) -> dict[str, Any]:
    """Return the small object.

    Parameters
    ----------
    name : str, a key of `feelings`, "" while none is sure
    box : tuple of float or None, as in `frames.LiveState`
    mood : Mood or None, which the mood sound follows
    """
    told = {"state": state, "box": box, "scores": _shares(scores), "name": name or None}
    return told if mood is None else told | {"mood": place_of(mood)}


def place_of(mood: Mood) -> dict[str, float]:
    """Return a mood's place in the plane, rounded."""
    return {"valence": round(mood.valence, 2), "energy": round(mood.energy, 2)}


def _shares(scores: EmotionScores | None) -> dict[str, float] | None:
    if scores is None:
        return None
    shares = {name: round(share, 3) for name, share in scores.as_dict().items()}
    return shares | ({"contempt": scores.contempt} if scores.contempt >= SURE_FROM else {})
