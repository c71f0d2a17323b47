"""The goals beside the mood, as pills and in the address, and the hand held out to a low mood."""

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from recommender.mood import feeling_at
from recommender.types import Goal, Mood

KEY = "goal"
LABELS: Mapping[str, str] = MappingProxyType(
    {
        Goal.MATCH.value: "Match my mood",
        Goal.HAPPY.value: "Cheer me up",
        Goal.CALM.value: "Calm me down",
        Goal.ENERGISED.value: "Energise me",
        Goal.FOCUSED.value: "Help me focus",
    }
)
# The moods after which a hand is held out, and where to.
LOW = ("sad", "angry", "fear")
_LIFTS = (Goal.HAPPY, Goal.CALM)
# Addresses kept from earlier versions hold the words that were shown.
_EARLIER = "take me to "


def chosen() -> Goal:
    """Return the chosen goal: the pill's, else the address's; `Goal.MATCH` for an unknown one."""
    told = st.session_state.get(KEY) or st.query_params.get(KEY, "").removeprefix(_EARLIER)
    return Goal(told) if told in LABELS else Goal.MATCH


def show() -> None:
    """Draw the pills, and keep the choice in the address."""
    goal = chosen().value
    st.session_state[KEY] = goal
    st.pills(
        "Where should the music take you?",
        list(LABELS),
        required=True,
        key=KEY,
        format_func=LABELS.__getitem__,
        label_visibility="collapsed",
        wrap=True,
    )
    # A widget bound to the address would write its label there, which is a word of one language.
    if goal != st.query_params.get(KEY, Goal.MATCH.value):
        st.query_params[KEY] = goal


def hold_out_a_hand(mood: Mood, goal: Goal) -> None:
    """Offer two ways out after songs that match a low mood; else draw nothing."""
    if goal is not Goal.MATCH or feeling_at(mood) not in LOW:
        return
    with st.container(key="lift", horizontal=True, vertical_alignment="center"):
        st.markdown("These songs stay with you. Would you like them to lead somewhere lighter?")
        for one in _LIFTS:
            st.button(LABELS[one], key=f"lift-{one}", on_click=_choose, args=(one,))


def _choose(goal: Goal) -> None:
    st.session_state[KEY] = goal.value
