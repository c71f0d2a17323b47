"""Was that right?: one press beneath a reading says so, or which emotion the face truly shows.

An answer is a count (`detectors.corrections`) of this listener's own. It moves their next readings.
"""

from collections.abc import Callable

import streamlit as st

from detectors.corrections import Answer, Corrections
from detectors.types import EMOTIONS
from pages.ui.listen.words import feeling_word
from pages.ui.visitor import listener
from recommender.wording import tr

KEY = "was-right"
# Session keys: the last answer, to be undone, and whether it has just been given.
_LAST, _THANKS = "was-right-last", "was-right-thanks"


def corrections() -> Corrections:
    """Return this visitor's corrections."""
    return Corrections(listener.corrections())


def show(named: Callable[[], Answer | None]) -> None:
    """Draw the question and its answers; the style sheet shows them while an emotion is named.

    Parameters
    ----------
    named : callable, tells at a press what was read and what is named; None for nothing
    """
    thanks = st.session_state.pop(_THANKS, False)
    with st.container(key=KEY, horizontal=True, vertical_alignment="center", gap="xxsmall"):
        st.caption(tr("Thank you.") if thanks else tr("Was that right?"), width="content")
        st.button(
            tr("Yes"),
            key="was-right-yes",
            type="tertiary",
            icon=":material/check:",
            on_click=_answer,
            args=(named,),
        )
        # Always there, so that nothing moves when it comes.
        st.button(
            tr("Undo"),
            key="was-right-undo",
            type="tertiary",
            icon=":material/undo:",
            disabled=_LAST not in st.session_state,
            on_click=_undo,
        )
        for emotion in EMOTIONS:
            # The style sheet hides the first word from the eye.
            st.button(
                tr("No, **{feeling}**", feeling=feeling_word(emotion)),
                key=f"was-right-{emotion}",
                type="tertiary",
                on_click=_answer,
                args=(named, emotion),
            )


def _answer(named: Callable[[], Answer | None], truly: str = "") -> None:
    """Count an answer; that of "yes" is the emotion that was named."""
    about = named()
    if about is None:
        return
    read_as, level, name = about
    answer = (read_as, level, truly or name)
    if listener.me().correct(answer):
        st.session_state[_LAST] = answer
        st.session_state[_THANKS] = True


def _undo() -> None:
    """Take the last answer back."""
    answer: Answer | None = st.session_state.pop(_LAST, None)
    if answer is not None:
        listener.me().correct(answer, -1)
