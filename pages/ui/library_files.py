"""A recording's file as the visitor's browser gets it: to be played, and to be taken along."""

from __future__ import annotations

import re
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import library_access, wiring
from recommender.library.finding import ENDINGS
from recommender.library.hearing import read_heard, stamp_of
from recommender.names import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recommender.library.recordings import Recording, Recordings
    from recommender.library.scope import Scope

# What browsers play; other files can be taken along only.
TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".mp3": "audio/mpeg",
        ".m4a": "audio/mp4",
        ".mp4": "audio/mp4",
        ".aac": "audio/aac",
        ".flac": "audio/flac",
        ".ogg": "audio/ogg",
        ".oga": "audio/ogg",
        ".opus": "audio/ogg",
        ".wav": "audio/wav",
    }
)
GONE = "The file of this song is no longer there, or is not the one that was heard."
NOT_HERE = "Browsers cannot play this kind of file. Download it instead."
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
MAX_NAME_LENGTH = 120


def current(key: str) -> Recording | None:
    """Return a recording while this visitor may hear it; None where it has gone or is not theirs.

    Raises
    ------
    recommender.errors.Unavailable
        When the database cannot be used.
    """
    recordings = wiring.recordings()
    return None if recordings is None else recordings.get(key, library_access.scope())


def show_audio(recording: Recording) -> None:
    """Draw the browser's own player for a recording, which begins to play."""
    kind = TYPES.get(recording.path.suffix.casefold())
    content = content_of(recording) if kind else b""
    if kind is None:
        st.caption(NOT_HERE)
    elif content is None:
        st.caption(GONE)
    else:
        words = visible(f"Player: {recording.title}, {recording.artist}")
        st.audio(content, format=kind, autoplay=True, alt=words)


def content_of(recording: Recording) -> bytes | None:
    """Return the file as it was heard; None where it cannot be read, or is another one."""
    one = recording
    try:
        # The owner may have links among the music; what is dropped is none.
        return read_heard(one.path, one.stamp, one.sha256, one.size, links=not one.dropped)
    except OSError:
        return None


def _is_there(recording: Recording) -> bool:
    try:
        as_heard = stamp_of(recording.path)[0] == recording.stamp
    except OSError:
        return False
    return as_heard or content_of(recording) is not None


def name_of(recording: Recording) -> str:
    """Return what the file is called when it is taken along: no path, and nothing of one."""
    words = f"{recording.artist} - {recording.title}"
    plain = (
        " ".join(_FORBIDDEN.sub(" ", visible(words)).split()).strip(". ")[:MAX_NAME_LENGTH].rstrip()
    )
    ending = recording.path.suffix.casefold()
    return f"{plain or 'song'}{ending if ending in ENDINGS else ''}"


def show_download(recording: Recording) -> None:
    """Draw the button that takes the file along. It is read when the button is pressed."""
    if not _is_there(recording):
        st.caption(GONE)
        return
    st.download_button(
        "Download",
        partial(_read, wiring.recordings(), recording.key, library_access.scope()),
        name_of(recording),
        TYPES.get(recording.path.suffix.casefold(), "application/octet-stream"),
        key=f"download-{recording.key}",
        icon=":material/download:",
        on_click="ignore",
    )


def _read(recordings: Recordings | None, key: str, scope: Scope) -> bytes:
    # Outside of the page's run: nothing here may ask who the visitor is.
    found = recordings and recordings.get(key, scope)
    return (content_of(found) if found else None) or b""
