"""Display of a reading: the leading emotion, and a bar for each emotion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from detectors.types import EMOTIONS, SURE_FROM
from pages.ui.theme import CONTEMPT_COLOUR, EMOTION_COLOURS

if TYPE_CHECKING:
    from detectors.types import EmotionScores


def show_label(text: str, *, quiet: bool = False) -> None:
    """Draw the leading emotion, or the reason why there is none."""
    with st.container(key="mood-label"):
        st.html(f'<div class="mr-label{" quiet" if quiet else ""}" aria-live="polite">{text}</div>')


def show_bars(scores: EmotionScores | None) -> None:
    """Draw a bar per emotion, and for contempt when it is sure; empty bars without scores."""
    bars = [_bar(name, getattr(scores, name, None), EMOTION_COLOURS[name]) for name in EMOTIONS]
    if scores and scores.contempt >= SURE_FROM:
        bars.append(_bar("contempt", scores.contempt, CONTEMPT_COLOUR))
    st.html(f'<div class="mr-bars">{"".join(bars)}</div>')


def show_rate(rate: float) -> None:
    """Draw the rate of analysed frames, in frames per second."""
    st.html(f'<div class="mr-hint">{rate:.1f} analysed frames a second</div>')


def _bar(name: str, share: float | None, colour: str) -> str:
    width = "width:0;min-width:0" if share is None else f"width:{share:.1%}"
    value = "" if share is None else f"{share:.0%}"
    return (
        f'<span>{name}</span><span class="track"><span class="fill" style="display:block;{width};'
        f'background:{colour}"></span></span><span class="value">{value}</span>'
    )
