"""The list of songs beside the plane: all songs, or the lassoed songs."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from pages.ui.covers import recording
from pages.ui.library import player
from pages.ui.library.plane import HEIGHT_PX, mood_word
from pages.ui.visitor import browser, owner
from recommender import exports
from recommender.library.recordings import Recording
from recommender.library.source import track_of
from recommender.text import count_noun, fold, visible

# A longer list is slow to send; the search finds the other songs.
SHOWN = 300
_HEAD_PX = 58
_ROW_PX = 46
_PLAYLIST = "An M3U8 list of these songs' names, for the files that you download beside it."
_PLAYLIST_OWNER = "An M3U8 list of these files, for any player on this machine."


def search(recordings: Sequence[Recording], words: str) -> list[Recording]:
    """Return the songs in whose title, artist, album, genre or mood all words occur."""
    wanted = [fold(word) for word in words.split()]
    return [
        one
        for one in recordings
        if all(
            any(
                word in fold(text)
                for text in (one.title, one.artist, one.album, one.genre, mood_word(one))
                if text
            )
            for word in wanted
        )
    ]


def show(
    recordings: Sequence[Recording],
    *,
    chosen: bool,
    choose: Callable[[str], None],
    show_all: Callable[[], None],
) -> None:
    """Draw the list.

    Parameters
    ----------
    chosen : bool, whether these are the songs that the visitor selected
    choose : callable, called with the key of a song when its row is pressed
    show_all : callable, called when the selection is to be dropped
    """
    keys = [one.key for one in recordings]
    with st.container(horizontal=True, vertical_alignment="center", key="library-head"):
        words = count_noun(len(recordings), "song")
        st.markdown(f"##### {words}{' chosen' if chosen else ''}", width="content")
        st.button(
            "Play",
            key="library-play",
            icon=":material/play_arrow:",
            type="primary",
            on_click=player.play,
            args=(keys,),
        )
        st.download_button(
            "Playlist",
            partial(playlist_of, recordings, paths=owner.is_owner()),
            exports.file_name("library", browser.local_now().date(), "m3u8"),
            exports.M3U8_TYPE,
            key="library-m3u8",
            icon=":material/playlist_play:",
            type="tertiary",
            help=_PLAYLIST_OWNER if owner.is_owner() else _PLAYLIST,
            on_click="ignore",
        )
        if chosen:
            st.button("Show all", key="library-all", type="tertiary", on_click=show_all)
    with st.container(key="library-lines"):
        _show_lines(recordings[:SHOWN], choose)
    if len(recordings) > SHOWN:
        st.caption(f"These are the first {SHOWN}. The search finds the others.")


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
                str(one.path) if paths and not one.dropped else player.name_of(one),
                one.seconds,
            )
            for one in recordings
        ],
        name,
    )


def row_of(state: Mapping[str, Any]) -> int | None:
    """Return the selected row's index in the table's state; None without a valid index."""
    selection = state.get("selection")
    rows = selection.get("rows") if isinstance(selection, Mapping) else None
    row = rows[0] if isinstance(rows, list) and rows else None
    return row if isinstance(row, int) and row >= 0 else None


def _show_lines(recordings: Sequence[Recording], choose: Callable[[str], None]) -> None:
    keys = [one.key for one in recordings]
    # Other songs get another widget key: a selected row index means nothing in another list.
    name = f"library-list-{hashlib.sha256(''.join(keys).encode()).hexdigest()[:12]}"

    def pressed() -> None:
        row = row_of(st.session_state.get(name) or {})
        if row is not None and row < len(keys):
            choose(keys[row])

    st.dataframe(
        [
            {
                "Cover": recording.cover_of(one),
                "Song": visible(one.title),
                "Artist": visible(one.artist),
                "Mood": f"{mood_word(one)}{' ✎' if one.corrected else ''}",
            }
            for one in recordings
        ],
        key=name,
        height=min(HEIGHT_PX - _HEAD_PX, (len(recordings) + 1) * _ROW_PX),
        row_height=_ROW_PX,
        hide_index=True,
        on_select=pressed,
        selection_mode="single-row",
        column_config={
            "Cover": st.column_config.ImageColumn("", width=48),
            "Song": st.column_config.TextColumn(width=156),
            "Artist": st.column_config.TextColumn(width=112),
            "Mood": st.column_config.TextColumn(width=84),
        },
        alt="Your songs. Choose a line to hear, correct or download the song.",
    )
