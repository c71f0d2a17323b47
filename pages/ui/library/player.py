"""A recording's file in the browser: who may have it, and the player at the page's foot.

Uploads belong to their listener alone. The owner's folders are for the owner, or for everybody
with ``MOODRING_SHARE_LIBRARY``.

The player goes from one song to the next until the queue ends. The browser's own player says when a
song has ended, to nobody but the page; a small watcher in the page passes that on.
"""

import re
from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages.ui import resources
from pages.ui.covers import recording as covers
from pages.ui.js import script
from pages.ui.plain import in_html, plain
from pages.ui.visitor import listener, owner
from recommender.errors import SourceError
from recommender.library.file_tagging import mtime_stamp, read_tagged
from recommender.library.playback import type_of
from recommender.library.recordings import Recording, Recordings, Scope
from recommender.library.scan import ENDINGS
from recommender.library.source import LibrarySource
from recommender.text import visible
from recommender.wording import tr

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
MAX_NAME_LENGTH = 120
KEY = "library-ended"
_QUEUE, _PLACE = "library-queue", "library-place"
_watcher = st.components.v2.component("moodring_ended", js=script("player"))


def gone() -> str:
    """Return the sentence about a song whose file has gone."""
    return tr("The file of this song is no longer there, or is not the one that was heard.")


def may_use_folders() -> bool:
    """Return whether this visitor may use the owner's folders, and add and remove folders."""
    return owner.is_owner() or resources.settings().share_library


def scope() -> Scope:
    """Return this visitor's access scope. Every access to a file goes through it."""
    return Scope(listener=listener.current(), owner=may_use_folders())


def library() -> LibrarySource | None:
    """Return this visitor's library as a music source; None without a database."""
    from recommender.library.source import LibrarySource

    recordings = resources.recordings()
    return None if recordings is None else LibrarySource(recordings, scope())


def current(key: str) -> Recording | None:
    """Return a recording; None when it is gone or this visitor may not access it.

    Raises
    ------
    recommender.errors.Unavailable
        When the database cannot be used.
    """
    recordings = resources.recordings()
    return None if recordings is None else recordings.get(key, scope())


def show_audio(recording: Recording) -> None:
    """Draw the browser's audio player for a recording, and start it."""
    kind = type_of(recording.path)
    content = content_of(recording) if kind else b""
    if kind is None:
        st.caption(tr("Browsers cannot play this kind of file. Download it instead."))
    elif content is None:
        st.caption(gone())
    else:
        said = tr("Player: {title}, {artist}", title=recording.title, artist=recording.artist)
        st.audio(content, format=kind, autoplay=True, alt=visible(said))


def content_of(recording: Recording) -> bytes | None:
    """Return the file's bytes; None when it cannot be read or has changed since it was tagged."""
    one = recording
    try:
        # The owner's folders may hold symbolic links; an uploaded file is never a link.
        return read_tagged(one.path, one.stamp, one.sha256, one.size, links=not one.dropped)
    except OSError:
        return None


def _is_there(recording: Recording) -> bool:
    try:
        is_unchanged = mtime_stamp(recording.path)[0] == recording.stamp
    except OSError:
        return False
    return is_unchanged or content_of(recording) is not None


def name_of(recording: Recording) -> str:
    """Return the name of the downloaded file, free of path separators."""
    words = f"{recording.artist} - {recording.title}"
    plain = (
        " ".join(_FORBIDDEN.sub(" ", visible(words)).split()).strip(". ")[:MAX_NAME_LENGTH].rstrip()
    )
    ending = recording.path.suffix.casefold()
    return f"{plain or 'song'}{ending if ending in ENDINGS else ''}"


def show_download(recording: Recording) -> None:
    """Draw the download button. The file is read when the button is pressed."""
    if not _is_there(recording):
        st.caption(gone())
        return
    st.download_button(
        tr("Download"),
        partial(_read, resources.recordings(), recording.key, scope()),
        name_of(recording),
        type_of(recording.path) or "application/octet-stream",
        key=f"download-{recording.key}",
        icon=":material/download:",
        on_click="ignore",
    )


def _read(recordings: Recordings | None, key: str, scope: Scope) -> bytes:
    # Called outside of a page run, where the visitor cannot be identified.
    found = recordings and recordings.get(key, scope)
    return (content_of(found) if found else None) or b""


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
        recording = current(key)
    except SourceError as error:
        st.error(plain(error))
        return
    queue, place = st.session_state[_QUEUE], st.session_state[_PLACE]
    with st.container(key="library-player", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", key="player-line"):
            if recording is None:
                st.caption(gone())
            else:
                st.html(
                    '<div class="mr-now">'
                    f'<img src="{covers.cover_of(recording)}" alt="">'
                    f'<span><b dir="auto">{in_html(recording.title)}</b>'
                    f'<span dir="auto">{in_html(recording.artist)}</span></span></div>'
                )
            for name, label, icon, step, words in (
                ("previous", tr("Previous"), "skip_previous", -1, tr("The song before")),
                ("next", tr("Next"), "skip_next", 1, tr("The next song")),
            ):
                st.button(
                    label,
                    key=f"player-{name}",
                    icon=f":material/{icon}:",
                    type="tertiary",
                    help=words,
                    disabled=not 0 <= place + step < len(queue),
                    on_click=_go,
                    args=(step,),
                )
            counted = tr("{place} of {number}", place=place + 1, number=len(queue))
            st.caption(counted, width="content")
            if st.button(tr("Close"), key="player-close", icon=":material/close:", type="tertiary"):
                close()
                st.rerun()
        if recording is not None:
            show_audio(recording)
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
