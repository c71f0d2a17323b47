"""The ring around the camera's mirror: seven arcs as long as the seven probabilities.

Its component is given one small object, and draws without a run of the page: what the page calls a
state is all that it knows of cameras.
"""

from typing import Literal

import streamlit as st

from detectors.types import EMOTIONS, EmotionScores
from pages.ui.js import script
from pages.ui.theme import EMOTION_COLOURS

# The style sheet draws each of them.
State = Literal["idle", "connecting", "looking", "sure", "unsure", "no-camera", "full"]
KEY, ARCS = "ring", "ring-arcs"
_arcs = st.components.v2.component("moodring_ring", js=script("ring"))


def show(state: State, scores: EmotionScores | None, name: str | None) -> None:
    """Draw the ring around the container with the key `KEY`.

    Parameters
    ----------
    name : str or None, the emotion to name, None while none is sure
    """
    shares = scores.as_dict() if scores is not None else None
    _arcs(
        key=ARCS,
        data={
            "state": state,
            "name": name,
            "scores": None if shares is None else [round(shares[one], 2) for one in EMOTIONS],
            "colours": [EMOTION_COLOURS[one] for one in EMOTIONS],
        },
    )
