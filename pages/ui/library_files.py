"""A recording's file as sent to the visitor's browser: playback and download."""

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

# Media types that browsers play; other files can only be downloaded.
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
    """Return a recording; None when it is gone or this visitor may not access it.

    Raises
    ------
    recommender.errors.Unavailable
        When the database cannot be used.
    """
    recordings = wiring.recordings()
    return None if recordings is None else recordings.get(key, library_access.scope())


def show_audio(recording: Recording) -> None:
    """Draw the browser's audio player for a recording, and start it."""
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
    """Return the file's bytes; None when it cannot be read or has changed since it was tagged."""
    one = recording
    try:
        # The owner's folders may hold symbolic links; an uploaded file is never a link.
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
    # Called outside of a page run, where the visitor cannot be identified.
    found = recordings and recordings.get(key, scope)
    return (content_of(found) if found else None) or b""
