"""The list of songs beside the map: all songs, or the lassoed songs.

Plain HTML, so that the browser finds its words. A song is opened by a press on its line; several
are chosen by the boxes before them, without dragging.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import streamlit as st

from pages.ui.covers import recording
from pages.ui.covers.generated import cover_data_uri
from pages.ui.js import script
from pages.ui.library import access
from pages.ui.library.plane import mood_word
from pages.ui.library.song import artist_of
from pages.ui.visitor import browser, owner
from recommender import exports
from recommender.library.recordings import Recording
from recommender.library.source import track_of
from recommender.text import fold, visible
from recommender.types import Track
from recommender.wording import tr, tr_count

# A longer list is slow to send; the search finds the other songs.
SHOWN = 300
# An own song, or one of a music server.
Song: TypeAlias = Recording | Track
KEY, _TURN = "library-list", "library-list-turn"
# Key of the button whose press the browser's player hears.
PLAY = "library-play"
_list = st.components.v2.component(
    "moodring_library_list",
    html='<ul class="mr-songs"></ul>',
    js=script("library_list"),
    # The style sheet of the page draws it.
    isolate_styles=False,
)


def key_of(song: Song) -> str:
    """Return what tells a song from all others."""
    return song.source_id if isinstance(song, Track) else song.key


def search(songs: Sequence[Song], words: str) -> list[Song]:
    """Return the songs in whose title, artist, album, genre or mood all words occur."""
    wanted = [fold(word) for word in words.split()]
    return [
        one
        for one in songs
        if all(
            any(
                word in fold(text)
                for text in (one.title, artist_of(one), one.album, one.genre, mood_word(one))
                if text
            )
            for word in wanted
        )
    ]


def show(
    songs: Sequence[Song],
    *,
    chosen: bool,
    opened: str | None,
    choose: Callable[[str], None],
    show_all: Callable[[], None],
) -> list[Song]:
    """Draw the list, and return its ticked songs, all of them when none is ticked.

    Parameters
    ----------
    chosen : bool, whether these are the songs that the visitor selected
    opened : str or None, key of the song that is open below
    choose : callable, called with the key of a song when its row is pressed
    show_all : callable, called when the selection is to be dropped
    """
    ticked = set(ticked_keys(st.session_state.get(_name()) or {}))
    meant = [one for one in songs if key_of(one) in ticked] or list(songs)
    chosen = chosen or len(meant) < len(songs)
    files = [one for one in meant if isinstance(one, Recording)]
    with st.container(horizontal=True, vertical_alignment="center", key="library-head"):
        st.markdown(f"## {_heading(len(meant), chosen=chosen)}", width="content")
        st.button(
            tr("Play"),
            key=PLAY,
            icon=":material/play_arrow:",
            type="primary",
        )
        st.download_button(
            tr("Playlist"),
            partial(playlist_of, files, paths=owner.is_owner()),
            exports.file_name("library", browser.local_now().date(), "m3u8"),
            exports.M3U8_TYPE,
            key="library-m3u8",
            icon=":material/playlist_play:",
            type="tertiary",
            disabled=not files,
            help=_playlist_help(),
            on_click="ignore",
        )
        if chosen:
            st.button(
                tr("Show all"),
                key="library-all",
                type="tertiary",
                on_click=_untick,
                args=(show_all,),
            )
    with st.container(key="library-lines"):
        _show_lines(songs[:SHOWN], opened, choose)
    if len(songs) > SHOWN:
        st.caption(
            tr_count(
                "This is the first song. The search finds the others.",
                "These are the first {number} songs. The search finds the others.",
                SHOWN,
            )
        )
    return meant


def _heading(number: int, *, chosen: bool) -> str:
    if chosen:
        return tr_count("{number} song chosen", "{number} songs chosen", number)
    return tr_count("{number} song", "{number} songs", number)


def _playlist_help() -> str:
    if owner.is_owner():
        return tr("An M3U8 list of these files, for any player on this computer.")
    return tr("An M3U8 list of these songs' names, for the files that you download beside it.")


def _untick(show_all: Callable[[], None]) -> None:
    # A new key, because the browser would tell of the old ticks again.
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    show_all()


def _name() -> str:
    return f"{KEY}-{st.session_state.get(_TURN, 0)}"


def playlist_of(
    recordings: Sequence[Recording], *, paths: bool, name: str = "Moodring: library"
) -> bytes:
    """Return the songs as an M3U8 playlist.

    Parameters
    ----------
    paths : bool, name files in folders by their full paths (for the owner only)
    """
    return exports.files_as_m3u8(
        [
            (
                track_of(one),
                str(one.path) if paths and not one.dropped else access.name_of(one),
                one.seconds,
            )
            for one in recordings
        ],
        name,
    )


def ticked_keys(state: Mapping[str, Any]) -> list[str]:
    """Return the keys of the ticked songs in the list's state, which comes from the browser."""
    ticked = state.get("ticked")
    return [key for key in (ticked if isinstance(ticked, list) else ()) if isinstance(key, str)]


def _show_lines(songs: Sequence[Song], opened: str | None, choose: Callable[[str], None]) -> None:
    keys, name = {key_of(one) for one in songs}, _name()

    def pressed() -> None:
        key = (st.session_state.get(name) or {}).get("opened")
        if isinstance(key, str) and key in keys:
            choose(key)

    rows = [
        {
            "key": key_of(one),
            "cover": cover_data_uri(one) if isinstance(one, Track) else recording.cover_of(one),
            "title": visible(one.title),
            "artist": visible(artist_of(one)),
            "mood": f"{mood_word(one)}{' ✎' * (isinstance(one, Recording) and one.corrected)}",
        }
        for one in songs
    ]
    _list(
        key=name,
        data={
            "rows": rows,
            "opened": opened,
            "ticked": ticked_keys(st.session_state.get(name) or {}),
            "words": {"list": tr("Your songs"), "tick": tr("Choose {title}")},
        },
        on_opened_change=pressed,
        on_ticked_change=lambda: None,
    )
