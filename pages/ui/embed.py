"""Spotify's embedded player on a tile: nothing is requested from Spotify before a press."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from recommender.names import visible
from recommender.tables import SPOTIFY_ID_LENGTH

if TYPE_CHECKING:
    from recommender.types import Tile

# Minimum height of Spotify's compact player.
HEIGHT_PX = 152
_OPEN = "embed-open"
_TRACK = re.compile(rf"https://open\.spotify\.com/track/([0-9A-Za-z]{{{SPOTIFY_ID_LENGTH}}})")


def show_player(tile: Tile) -> None:
    """Draw the button for Spotify's player, and the player while it is open on this tile.

    Only tiles that link to a song on Spotify have the button, and one player is open at a time.
    """
    found = _TRACK.fullmatch(tile.open_url)
    if found is None:
        return
    track_id, key = found[1], tile.track.source_id
    is_open = st.session_state.get(_OPEN) == key
    st.button(
        "Close player" if is_open else "Play here",
        key=f"embed-{key}",
        icon=":material/close:" if is_open else ":material/play_circle:",
        type="tertiary",
        help=None if is_open else "Opens Spotify's player, which may set cookies of its own.",
        on_click=_turn,
        args=(None if is_open else key,),
    )
    if is_open:
        st.iframe(
            f"https://open.spotify.com/embed/track/{track_id}",
            height=HEIGHT_PX,
            alt=visible(f"Spotify's player: {tile.track.title}"),
        )


def _turn(key: str | None) -> None:
    st.session_state[_OPEN] = key
