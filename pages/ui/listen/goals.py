"""The goals beside the mood, as pills and in the address, and the hand held out to a low mood."""

import streamlit as st

from pages.ui.listen.address import keep, recalled
from recommender.mood import feeling_at
from recommender.types import Goal, Mood
from recommender.wording import tr

KEY = "goal"
# The moods after which a hand is held out, and where to.
LOW = ("sad", "angry", "fear")
_LIFTS = (Goal.HAPPY, Goal.CALM)
# Addresses kept from earlier versions hold the words that were shown.
_EARLIER = "take me to "


def labels() -> dict[str, str]:
    """Return the pills' words by the goals' ids, in their order."""
    return {
        Goal.MATCH.value: tr("Match my mood"),
        Goal.HAPPY.value: tr("Cheer me up"),
        Goal.CALM.value: tr("Calm me down"),
        Goal.ENERGISED.value: tr("Energise me"),
        Goal.FOCUSED.value: tr("Help me focus"),
    }


def chosen() -> Goal:
    """Return the chosen goal: the pill's, else the address's; `Goal.MATCH` for an unknown one."""
    told = st.session_state.get(KEY) or next(iter(recalled(KEY)), "").removeprefix(_EARLIER)
    return Goal(told) if told in list(Goal) else Goal.MATCH


def keep_chosen() -> None:
    """Keep the chosen goal in the address."""
    goal = chosen()
    # Once a goal was chosen, the address names it also when it is none.
    if goal is not Goal.MATCH or KEY in st.query_params:
        keep(KEY, [goal.value])


def show() -> None:
    """Draw the pills."""
    st.session_state[KEY] = chosen().value
    words = labels()
    st.pills(
        tr("Where should the music take you?"),
        list(words),
        required=True,
        key=KEY,
        format_func=words.__getitem__,
        label_visibility="collapsed",
        wrap=True,
    )


def hold_out_a_hand(mood: Mood, goal: Goal) -> None:
    """Offer two ways out after songs that match a low mood; else draw nothing."""
    if goal is not Goal.MATCH or feeling_at(mood) not in LOW:
        return
    with st.container(key="lift", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(tr("Stay with it, or let the songs lift you?"))
        for one in _LIFTS:
            st.button(labels()[one], key=f"lift-{one}", on_click=_choose, args=(one,))


def _choose(goal: Goal) -> None:
    st.session_state[KEY] = goal.value
