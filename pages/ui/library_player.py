"""The player at the foot of the Library page: one song after the other, until the queue ends.

The browser's own player says when a song has ended, to nobody but the page; a small watcher in
the page passes that on.
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
    """Play songs one after the other; for buttons, before the page is drawn.

    first : the place among them to begin at
    """
    st.session_state[_QUEUE] = tuple(keys)
    st.session_state[_PLACE] = first


def playing() -> str | None:
    """Return the key of the song that plays."""
    queue: tuple[str, ...] = st.session_state.get(_QUEUE, ())
    place: int = st.session_state.get(_PLACE, 0)
    return queue[place] if place < len(queue) else None


def close() -> None:
    """Play nothing any more."""
    st.session_state.pop(_QUEUE, None)


@st.fragment
def show() -> None:
    """Draw the player while there is a queue; the page above stays as it is when it goes on."""
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
    # A trigger is false again in the run after; that is no song that has ended.
    if (st.session_state.get(KEY) or {}).get("ended") is True:
        _go(1)
