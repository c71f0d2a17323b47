"""Playlists: the songs as a file, the songs saved at Spotify, and other people's for the mood.

A file needs no account; a saved playlist is private, in the visitor's own Spotify account.
"""

from datetime import date

import streamlit as st

from pages.ui import resources
from pages.ui.plain import in_html, plain
from pages.ui.tiles import playing
from pages.ui.tiles.playing import Playing
from pages.ui.visitor import browser, spotify
from recommender import exports
from recommender.errors import SourceError
from recommender.mood import build_query, feeling_at
from recommender.spotify.account import MAX_NAME_LENGTH, SAVE, SavedPlaylist, uri_of
from recommender.spotify.source import mood_playlists
from recommender.spotify.translate import MoodPlaylist
from recommender.types import Query

_SAVED, _OPEN = "saved-playlist", "saving"
_NOTHING = "None of these songs is known to be on Spotify, so there is nothing to save."
_STATE = "mood-playlists"


def show_downloads() -> None:
    """Draw the button that offers this visitor's songs as files; nothing without songs."""
    now = playing.playing()
    if now is None or not now.tiles:
        return
    feeling = feeling_at(now.mood)
    day = browser.local_now().date()
    name = f"Moodring: {feeling}, {day.isoformat()}"
    with st.popover("Export", icon=":material/download:", type="tertiary", key="keep"):
        for label, ending, kind, content in (
            ("M3U8, for players", "m3u8", exports.M3U8_TYPE, exports.as_m3u8(now.tiles, name)),
            (
                "CSV, for other services",
                "csv",
                exports.CSV_TYPE,
                exports.as_csv(now.tiles),
            ),
            ("JSPF, for ListenBrainz", "jspf", exports.JSPF_TYPE, exports.as_jspf(now.tiles, name)),
        ):
            st.download_button(
                label,
                content,
                exports.file_name(feeling, day, ending),
                kind,
                key=f"keep-{ending}",
                on_click="ignore",
                width="stretch",
            )


def show_save() -> None:
    """Draw the button that saves this visitor's songs; nothing without songs."""
    now = playing.playing()
    if resources.accounts() is None or now is None or not now.tiles:
        return
    some = any(uri_of(tile.track) for tile in now.tiles)
    pressed = st.button(
        "Save as a playlist",
        key="save",
        icon=":material/playlist_add:",
        disabled=not some,
        help=None if some else _NOTHING,
    )
    if pressed or spotify.take_action("save") is not None:
        if spotify.connected() is None:
            spotify.ask_for(SAVE, "save")
            # The redirect is drawn with the filters, which this run has drawn already.
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
    day = browser.local_now().date()
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
    mine = spotify.connected()
    try:
        if mine is None:
            spotify.ask_for(SAVE, "save")
        else:
            with st.spinner("Saving …"):
                st.session_state[_SAVED] = mine.create_playlist(name.strip() or suggested, uris)
    except SourceError as error:
        st.error(plain(error), icon=":material/error:")
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


@st.fragment
def show_mood_playlists() -> None:
    """Draw the row; nothing without songs, a source of playlists, or a playlist.

    Call it last: it queries Spotify, once for each feeling and language.
    """
    now = playing.playing()
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
        known = asked, mood_playlists(query, resources.sources())
        st.session_state[_STATE] = known
    return known[1]


def _title(playlist: MoodPlaylist) -> str:
    return f"{playlist.name}, by {playlist.owner}" if playlist.owner else playlist.name
