"""How a reading is shown: the leading emotion, a line of help, seven bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from detectors.types import EMOTIONS
from pages.ui.theme import EMOTION_COLOURS

if TYPE_CHECKING:
    from detectors.types import EmotionScores

# From this share of contempt on it is worth a word; it has no bar and moves no song.
CONTEMPT_WORTH_A_WORD = 0.25


def show_label(text: str, *, quiet: bool = False) -> None:
    """Draw the leading emotion, or in its place why there is none."""
    with st.container(key="mood-label"):
        st.html(f'<div class="mr-label{" quiet" if quiet else ""}" aria-live="polite">{text}</div>')


def show_bars(scores: EmotionScores | None) -> None:
    """Draw one bar an emotion; empty without scores."""
    rows = []
    for emotion in EMOTIONS:
        share = getattr(scores, emotion) if scores else 0.0
        value = f"{share:.0%}" if scores else ""
        rows.append(
            f'<span>{emotion}</span><span class="track"><span class="fill" style="display:block;'
            f"width:{share:.1%};{'min-width:0;' if not scores else ''}"
            f'background:{EMOTION_COLOURS[emotion]}"></span></span>'
            f'<span class="value">{value}</span>'
        )
    st.html(f'<div class="mr-bars">{"".join(rows)}</div>')


def hint_for(scores: EmotionScores) -> str:
    """Return a line about what the bars cannot say, or ""."""
    if scores.contempt >= CONTEMPT_WORTH_A_WORD:
        return (
            f"There is also a trace of contempt ({scores.contempt:.0%}); it does not steer songs."
        )
    return ""
