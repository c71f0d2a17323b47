"""Tiles of the visitor's own songs: marked, with the file's cover, and played in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.covers import recording as covers_recording
from pages.ui.covers.generated import cover_data_uri
from pages.ui.library import player
from pages.ui.plain import in_html, plain
from pages.ui.visitor import listener
from recommender.errors import SourceError
from recommender.types import SourceName

if TYPE_CHECKING:
    from recommender.types import Tile, Track

_OPEN = "own-open"
MARK = '<span class="mr-yours">Yours</span>'


def is_own(tile: Tile) -> bool:
    """Return whether a tile is a song of the visitor's library."""
    return tile.track.source is SourceName.LIBRARY


def cover_of(track: Track, side: int = covers_recording.LARGE) -> str:
    """Return the address of a track's cover, which is the picture in the file if there is any."""
    if track.source is SourceName.LIBRARY:
        try:
            recording = player.current(track.source_id)
        except SourceError:
            recording = None
        if recording is not None:
            return covers_recording.cover_of(recording, side)
    return track.art_url or cover_data_uri(track)


def show_cover(tile: Tile) -> None:
    """Draw the cover with the play button on top of it."""
    track = tile.track
    is_open = st.session_state.get(_OPEN) == track.source_id
    words = in_html(f"{track.title}, {', '.join(track.artists)}")
    with st.container(key=f"own-cover-{track.source_id}"):
        st.html(f'<img src="{cover_of(track)}" alt="{words}">')
        st.button(
            "Close" if is_open else "Play",
            key=f"own-{track.source_id}",
            icon=":material/close:" if is_open else ":material/play_arrow:",
            type="primary",
            on_click=_turn,
            args=(None if is_open else track.source_id,),
        )


def show_audio(tile: Tile) -> None:
    """Draw the player if it is open on this tile; only one song plays at a time."""
    if st.session_state.get(_OPEN) != tile.track.source_id:
        return
    try:
        recording = player.current(tile.track.source_id)
    except SourceError as error:
        st.caption(plain(str(error)))
        return
    if recording is None:
        st.caption(player.GONE)
    else:
        player.show_audio(recording)


def _turn(key: str | None) -> None:
    st.session_state[_OPEN] = key
    if key is not None and listener.known().keeps_history:
        listener.note(lambda all_, me: all_.note_opened(me, key, listener.now()), read_again=False)
