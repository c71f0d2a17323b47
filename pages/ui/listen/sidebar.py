"""The sidebar with the visitor's preferences, which are kept in the page's query parameters."""

from __future__ import annotations

import streamlit as st

from pages.ui import resources
from pages.ui.visitor import consent, spotify
from recommender.types import (
    DECADES,
    DEFAULT_COUNT,
    MAX_ARTIST_LENGTH,
    MAX_ARTISTS,
    MAX_COUNT,
    Goal,
    Preferences,
)

MIN_COUNT = 4
MAX_LANGUAGES = 8

# Labels of the goals, which are also the values of the query parameter.
_GOALS = {
    "match my mood": Goal.MATCH,
    "take me to happy": Goal.HAPPY,
    "take me to calm": Goal.CALM,
    "take me to energised": Goal.ENERGISED,
    "take me to focused": Goal.FOCUSED,
}


def show_wishes() -> Preferences:
    """Draw the sidebar and return the preferences."""
    languages, artists = resources.offered_names()
    with st.sidebar:
        st.subheader("Your wishes")
        goal = st.selectbox(
            "Where should the music lead?",
            list(_GOALS),
            key="goal",
            bind="query-params",
        )
        chosen_languages = st.multiselect(
            "Languages",
            languages,
            key="language",
            placeholder="Any language",
            max_selections=MAX_LANGUAGES,
            bind="query-params",
        )
        chosen_artists = st.multiselect(
            "Artists",
            artists,
            key="artist",
            placeholder="Any artist: pick or type",
            accept_new_options=True,
            max_selections=MAX_ARTISTS,
            bind="query-params",
        )
        decades = st.multiselect(
            "Decades",
            [f"{decade}s" for decade in reversed(DECADES)],
            key="decade",
            placeholder="Any decade",
            bind="query-params",
        )
        count = st.slider(
            "How many songs", MIN_COUNT, MAX_COUNT, DEFAULT_COUNT, key="count", bind="query-params"
        )
        no_explicit = st.toggle("No explicit songs", key="clean", bind="query-params")
        spotify.show_connection()
        st.divider()
        if consent.given():
            consent.show_withdraw()
        st.caption("Nothing of your face is kept or sent on.")
    return Preferences(
        languages=tuple(chosen_languages),
        artists=tuple(name.strip()[:MAX_ARTIST_LENGTH] for name in chosen_artists if name.strip()),
        decades=tuple(int(decade.rstrip("s")) for decade in decades),
        goal=_GOALS.get(goal, Goal.MATCH),
        count=count,
        no_explicit=no_explicit,
    )
