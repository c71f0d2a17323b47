"""A row of links to other people's playlists for the mood, below the songs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import songs, wiring
from pages.ui.plain import in_html
from recommender.mood_playlists import mood_playlists
from recommender.query import build_query

if TYPE_CHECKING:
    from recommender.mood_playlists import MoodPlaylist
    from recommender.types import Query

_STATE = "mood-playlists"


@st.fragment
def show_mood_playlists() -> None:
    """Draw the row; nothing without songs, a source of playlists, or a playlist.

    Call it last: it queries Spotify, once for each feeling and language.
    """
    now = songs.playing()
    if now is None or not now.tiles:
        return
    found = _found(build_query(now.mood, now.preferences))
    if not found:
        return
    links = "".join(
        f'<a href="{in_html(one.url)}" target="_blank" rel="noopener" dir="auto"'
        f' title="{in_html(_title(one))}">{in_html(one.name)}</a>'
        for one in found
    )
    with st.container(key="mood-playlists"):
        st.caption("Playlists for this mood on Spotify, made by others")
        st.html(f'<div class="mr-tile"><div class="links">{links}</div></div>')


def _found(query: Query) -> list[MoodPlaylist]:
    asked = (query.feeling, query.languages[:1])
    known: tuple[object, list[MoodPlaylist]] = st.session_state.get(_STATE, (None, []))
    if known[0] != asked:
        # An empty answer is cached, too, so that a failing source does not delay each press.
        known = asked, mood_playlists(query, wiring.sources())
        st.session_state[_STATE] = known
    return known[1]


def _title(playlist: MoodPlaylist) -> str:
    return f"{playlist.name}, by {playlist.owner}" if playlist.owner else playlist.name
