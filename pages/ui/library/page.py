"""The Library page: upload songs, see them in the plane, list, play, correct and download."""

from collections.abc import Sequence

import streamlit as st

from pages.ui import resources, theme
from pages.ui.library import folders, plane, player, song, song_list, uploads
from pages.ui.plain import plain
from recommender.errors import SourceError
from recommender.library.recordings import Recording, Recordings

_DOWN = "The database on this machine cannot be used, so there is no library."
# Session keys: the keys of the lassoed songs, and the key of the open song.
_CHOSEN, _OPEN = "library-chosen", "library-open"


def show() -> None:
    """Draw the page."""
    theme.hero("Your own music, by mood.")
    recordings = resources.recordings()
    if recordings is None:
        st.error(_DOWN, icon=":material/database_off:")
        return
    try:
        _show(recordings)
    except SourceError as error:
        st.error(plain(error), icon=":material/database_off:")


def _show(recordings: Recordings) -> None:
    # First on the page: if the player moved, the browser would restart the song.
    player.show()
    _choose_dropped()
    shown = player.may_use_folders()
    songs = recordings.of(player.scope())
    if songs:
        _show_songs(songs)
    else:
        _show_welcome(folders=shown)
    left, right = st.columns(2, gap="medium") if shown else (st.container(), None)
    with left, st.container(border=True, gap="small", key="library-add"):
        uploads.show()
    if right is not None:
        with right:
            folders.show(recordings)


def _show_welcome(*, folders: bool) -> None:
    ring = '<span class="mr-ring" aria-hidden="true"></span>'
    more = ", or name a folder of this machine below" if folders else ""
    st.html(
        f'<div class="mr-nothing">{ring}<b>Bring your own songs</b>'
        f"<span>Drop files here{more}. Moodring hears how each one feels, puts it into the plane "
        "from calm to intense, and plays it when the mood fits.</span></div>"
    )


def _show_songs(songs: Sequence[Recording]) -> None:
    words = st.text_input(
        "Search",
        key="library-search",
        placeholder="Search title, artist, album, genre or mood",
        icon=":material/search:",
        label_visibility="collapsed",
    )
    found = song_list.search(songs, words)
    if not found:
        st.caption("No song of yours fits these words.")
        return
    chosen = [one for one in found if one.key in set(st.session_state.get(_CHOSEN, ()))]
    left, right = st.columns([1.15, 1], gap="medium")
    with left, st.container(key="library-plane", gap=None):
        plane.show(found, _choose, _open)
    with right:
        song_list.show(chosen or found, chosen=bool(chosen), choose=_open, show_all=_show_all)
    opened = next((one for one in found if one.key == st.session_state.get(_OPEN)), None)
    if opened is not None:
        song.show(opened, [one.key for one in chosen or found], _close)
    st.caption(
        "Where a song lies is what a model heard: energy mostly rightly, pleasantness with many "
        "doubts. Choose a song to correct it."
    )


def _choose_dropped() -> None:
    """Select the songs that were just uploaded."""
    keys = uploads.just_kept()
    if keys:
        _choose(keys)
        plane.forget_selection()


def _choose(keys: Sequence[str]) -> None:
    st.session_state[_CHOSEN] = tuple(keys)
    st.session_state[_OPEN] = keys[0] if len(keys) == 1 else None


def _show_all() -> None:
    st.session_state[_CHOSEN] = ()
    plane.forget_selection()


def _open(key: str) -> None:
    st.session_state[_OPEN] = key


def _close() -> None:
    st.session_state[_OPEN] = None
