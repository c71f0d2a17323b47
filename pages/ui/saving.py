"""Saving the songs as a private playlist in the visitor's own Spotify account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import account, listener, songs, week, wiring
from pages.ui.plain import plain
from recommender.account import MAX_NAME_LENGTH, SAVE, uri_of
from recommender.errors import SourceError
from recommender.mood import feeling_at

if TYPE_CHECKING:
    from datetime import date

    from pages.ui.songs import Playing
    from recommender.account import SavedPlaylist

_SAVED, _OPEN = "saved-playlist", "saving"
_NOTHING = "None of these songs is known to be on Spotify, so there is nothing to save."


def show_save() -> None:
    """Draw the button that saves this visitor's songs; nothing without songs."""
    now = songs.playing()
    if wiring.accounts() is None or now is None or not now.tiles:
        return
    some = any(uri_of(tile.track) for tile in now.tiles)
    pressed = st.button(
        "Save as a playlist",
        key="save",
        icon=":material/playlist_add:",
        disabled=not some,
        help=None if some else _NOTHING,
    )
    if pressed or account.take_wish("save") is not None:
        if account.connected() is None:
            account.ask_for(SAVE, "save")
            # The redirect is drawn in the sidebar, which this run has drawn already.
            st.rerun()
        st.session_state.pop(_SAVED, None)
        st.session_state[_OPEN] = True
    # Opened in each run: a camera that starts or stops redraws the page, which closes the dialog.
    if st.session_state.get(_OPEN, False):
        _ask_for_name(now)


def default_name(feeling: str, day: date) -> str:
    """Return the suggested name of a playlist."""
    return f"Moodring · {feeling} · {day.day} {day:%B %Y}"


def _close() -> None:
    st.session_state[_OPEN] = False


@st.dialog("Save as a playlist", on_dismiss=_close)
def _ask_for_name(now: Playing) -> None:
    uris = [uri for uri in (uri_of(tile.track) for tile in now.tiles) if uri is not None]
    saved: SavedPlaylist | None = st.session_state.get(_SAVED)
    if saved is not None:
        _show_saved(saved, len(uris))
        return
    day = listener.now().astimezone(week.zone_of(st.context.timezone)).date()
    suggested = default_name(feeling_at(now.mood), day)
    name = st.text_input("Name", suggested, key="playlist-name", max_chars=MAX_NAME_LENGTH)
    st.caption(_what_goes_in(len(uris), len(now.tiles)))
    pressed = st.button(
        "Save",
        key="save-now",
        type="primary",
        icon=":material/playlist_add_check:",
        disabled=not uris,
        width="stretch",
    )
    if not pressed:
        return
    mine = account.connected()
    try:
        if mine is None:
            account.ask_for(SAVE, "save")
        else:
            with st.spinner("Saving …"):
                st.session_state[_SAVED] = mine.create_playlist(name.strip() or suggested, uris)
    except SourceError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if mine is None:
        _close()
        st.rerun()
    st.rerun(scope="fragment")


def _what_goes_in(count: int, shown: int) -> str:
    """Return a sentence with the number of songs that can be saved."""
    if not count:
        return _NOTHING
    songs_there = "one song" if count == 1 else f"{count} songs"
    text = f"A private playlist with {songs_there} in your Spotify account."
    if count < shown:
        left = "One more is" if shown - count == 1 else f"{shown - count} more are"
        text += f" {left} not known to be on Spotify and stay{'s' * (shown - count == 1)} out."
    return text


def _show_saved(saved: SavedPlaylist, wanted: int) -> None:
    if saved.problem:
        st.warning(
            f"The playlist holds {saved.added} of {wanted} songs. {plain(saved.problem)}",
            icon=":material/warning:",
        )
    else:
        count = "One song is" if saved.added == 1 else f"{saved.added} songs are"
        st.success(f"Saved. {count} in your playlist.", icon=":material/check_circle:")
    st.link_button(
        "Open it on Spotify",
        saved.url,
        type="primary",
        icon=":material/open_in_new:",
        width="stretch",
    )
