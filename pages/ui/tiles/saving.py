"""Playlists: the songs as a file, the songs saved at Spotify, and other people's for the mood.

A file needs no account; a saved playlist is private, in the visitor's own Spotify account.
"""

from collections.abc import Callable
from datetime import date
from functools import partial

import streamlit as st

from pages.ui import resources
from pages.ui.library import servers
from pages.ui.library.song_list import playlist_of
from pages.ui.plain import in_html, plain
from pages.ui.tiles import items, playing
from pages.ui.tiles.playing import Playing
from pages.ui.visitor import browser, owner, spotify
from recommender import exports, wording
from recommender.errors import SourceError
from recommender.mood import build_query, feeling_at
from recommender.spotify.account import MAX_NAME_LENGTH, SAVE, SavedPlaylist, uri_of
from recommender.spotify.source import mood_playlists
from recommender.spotify.translate import MoodPlaylist
from recommender.types import Query
from recommender.wording import Message, sentence, tr, tr_count

_SAVED, _OPEN = "saved-playlist", "saving"
_STATE = "mood-playlists"


def show_downloads() -> None:
    """Draw the button that offers this visitor's songs as files; nothing without songs."""
    now = playing.playing()
    if now is None or not now.tiles:
        return
    feeling = feeling_at(now.mood)
    day = browser.local_now().date()
    shown = sentence(Message(f"feeling-{feeling}"))
    name = tr("Moodring: {feeling}, {date}", feeling=shown, date=day.isoformat())
    own = [
        recording
        for tile in (*now.tiles, *now.own)
        if (recording := items.recording_of(tile.track)) is not None
    ]
    with st.popover(tr("Export"), icon=":material/download:", type="tertiary", key="keep"):
        table, listens = exports.as_csv(now.tiles), exports.as_jspf(now.tiles, name)
        formats: list[tuple[str, str, str, bytes | Callable[[], bytes]]] = [
            (tr("CSV (for TuneMyMusic, Soundiiz)"), "csv", exports.CSV_TYPE, table),
            (tr("JSPF (for ListenBrainz)"), "jspf", exports.JSPF_TYPE, listens),
        ]
        if own:
            # A player can open files, but no address of a search.
            files = partial(playlist_of, own, paths=owner.is_owner(), name=name)
            label = tr("M3U (your own files, for a player)")
            formats.append((label, "m3u8", exports.M3U8_TYPE, files))
        for label, ending, kind, content in formats:
            st.download_button(
                label,
                content,
                exports.file_name(feeling, day, ending),
                kind,
                key=f"keep-{ending}",
                on_click="ignore",
                width="stretch",
            )
        servers.show_save(name, [tile.track for tile in (*now.tiles, *now.own)])


def show_save() -> None:
    """Draw the button that saves this visitor's songs; nothing without songs."""
    now = playing.playing()
    if resources.accounts() is None or now is None or not now.tiles:
        return
    some = any(uri_of(tile.track) for tile in now.tiles)
    pressed = st.button(
        tr("Save as a playlist"),
        key="save",
        icon=":material/playlist_add:",
        disabled=not some,
        help=None if some else _nothing(),
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
    shown = sentence(Message(f"feeling-{feeling}"))
    return tr("Moodring · {feeling} · {date}", feeling=shown, date=wording.day(day))


def _nothing() -> str:
    return tr("None of these songs is known to be on Spotify, so there is nothing to save.")


def _close() -> None:
    st.session_state[_OPEN] = False


def _ask_for_name(now: Playing) -> None:
    # Each run makes the dialog of its visitor's language.
    st.dialog(tr("Save as a playlist"), on_dismiss=_close)(_show_dialog)(now)


def _show_dialog(now: Playing) -> None:
    uris = [uri for uri in (uri_of(tile.track) for tile in now.tiles) if uri is not None]
    saved: SavedPlaylist | None = st.session_state.get(_SAVED)
    if saved is not None:
        _show_saved(saved, len(uris))
        return
    day = browser.local_now().date()
    suggested = default_name(feeling_at(now.mood), day)
    name = st.text_input(tr("Name"), suggested, key="playlist-name", max_chars=MAX_NAME_LENGTH)
    st.caption(_what_goes_in(len(uris), len(now.tiles)))
    pressed = st.button(
        tr("Save"),
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
            with st.spinner(tr("Saving …")):
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
        return _nothing()
    text = tr_count(
        "A private playlist with {number} song in your Spotify account.",
        "A private playlist with {number} songs in your Spotify account.",
        count,
    )
    if count == shown:
        return text
    left = tr_count(
        "{number} more is not known to be on Spotify and stays out.",
        "{number} more are not known to be on Spotify and stay out.",
        shown - count,
    )
    return f"{text} {left}"


def _show_saved(saved: SavedPlaylist, wanted: int) -> None:
    if saved.problem:
        some = tr("The playlist holds {added} of {wanted} songs.", added=saved.added, wanted=wanted)
        st.warning(f"{some} {plain(saved.problem)}", icon=":material/warning:")
    else:
        done = tr_count(
            "Saved. {number} song is in your playlist.",
            "Saved. {number} songs are in your playlist.",
            saved.added,
        )
        st.success(done, icon=":material/check_circle:")
    st.link_button(
        tr("Open it on Spotify"),
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
        st.caption(tr("More playlists for this mood on Spotify"))
        st.html(f'<div class="mr-links">{links}</div>')


def _found(query: Query) -> list[MoodPlaylist]:
    asked = (query.feeling, query.languages[:1])
    known: tuple[object, list[MoodPlaylist]] = st.session_state.get(_STATE, (None, []))
    if known[0] != asked:
        # An empty answer is cached, too, so that a failing source does not delay each press.
        known = asked, mood_playlists(query, resources.sources())
        st.session_state[_STATE] = known
    return known[1]


def _title(playlist: MoodPlaylist) -> str:
    if not playlist.owner:
        return playlist.name
    return tr("{playlist}, by {owner}", playlist=playlist.name, owner=playlist.owner)
