"""The player at the foot of the Library page, which plays a queue of songs in order.

Only the browser knows when a song has ended; a small component in the page reports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import library_covers, library_files
from pages.ui.js import script
from pages.ui.plain import in_html, plain
from recommender.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = "library-ended"
_QUEUE, _PLACE = "library-queue", "library-place"

_watcher = st.components.v2.component(
    "moodring_ended",
    js=script("player"),
)


def play(keys: Sequence[str], first: int = 0) -> None:
    """Play songs in order. For button callbacks, which run before the page is drawn.

    Parameters
    ----------
    first : int, index of the song to begin with
    """
    st.session_state[_QUEUE] = tuple(keys)
    st.session_state[_PLACE] = first


def playing() -> str | None:
    """Return the key of the playing song; None without a queue."""
    queue: tuple[str, ...] = st.session_state.get(_QUEUE, ())
    place: int = st.session_state.get(_PLACE, 0)
    return queue[place] if place < len(queue) else None


def close() -> None:
    """Drop the queue and close the player."""
    st.session_state.pop(_QUEUE, None)


@st.fragment
def show() -> None:
    """Draw the player while there is a queue; the next song redraws only this fragment."""
    key = playing()
    if key is None:
        return
    try:
        recording = library_files.current(key)
    except SourceError as error:
        st.error(plain(str(error)))
        return
    queue, place = st.session_state[_QUEUE], st.session_state[_PLACE]
    with st.container(key="library-player", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", key="player-line"):
            if recording is None:
                st.caption(library_files.GONE)
            else:
                st.html(
                    '<div class="mr-now">'
                    f'<img src="{library_covers.cover_of(recording)}" alt="">'
                    f'<span><b dir="auto">{in_html(recording.title)}</b>'
                    f'<span dir="auto">{in_html(recording.artist)}</span></span></div>'
                )
            for label, icon, step, words in (
                ("Previous", "skip_previous", -1, "The song before"),
                ("Next", "skip_next", 1, "The next song"),
            ):
                st.button(
                    label,
                    key=f"player-{label.casefold()}",
                    icon=f":material/{icon}:",
                    type="tertiary",
                    help=words,
                    disabled=not 0 <= place + step < len(queue),
                    on_click=_go,
                    args=(step,),
                )
            st.caption(f"{place + 1} of {len(queue)}", width="content")
            if st.button("Close", key="player-close", icon=":material/close:", type="tertiary"):
                close()
                st.rerun()
        if recording is not None:
            library_files.show_audio(recording)
        _watcher(key=KEY, on_ended_change=_go_on)


def _go(step: int) -> None:
    queue: tuple[str, ...] = st.session_state.get(_QUEUE, ())
    place = st.session_state.get(_PLACE, 0) + step
    if 0 <= place < len(queue):
        st.session_state[_PLACE] = place


def _go_on() -> None:
    # A trigger resets in the next run, which calls this again.
    if (st.session_state.get(KEY) or {}).get("ended") is True:
        _go(1)
