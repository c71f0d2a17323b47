"""A recording's file: who may have it, its name, and its download.

Uploads belong to their listener alone. The owner's folders are for the owner, or for everybody
with ``MOODRING_SHARE_LIBRARY``.
"""

import re
from functools import partial

import streamlit as st

from pages.ui import resources
from pages.ui.covers import recording as covers
from pages.ui.dock import FILE, Item
from pages.ui.visitor import listener, owner
from pages.ui.web import sounds
from recommender.library.file_tagging import mtime_stamp, read_tagged
from recommender.library.playback import type_of
from recommender.library.recordings import Recording, Recordings, Scope
from recommender.library.scan import ENDINGS
from recommender.library.source import LibrarySource
from recommender.library.tags import UNKNOWN_ARTIST
from recommender.text import visible
from recommender.wording import tr

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
MAX_NAME_LENGTH = 120


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


def item_of(recording: Recording) -> Item:
    """Return a song of the library; its kind is "" where browsers cannot play its file."""
    address = sounds.address_of(recording)
    artist = "" if recording.artist == UNKNOWN_ARTIST else recording.artist
    return {
        "id": recording.key,
        "kind": FILE if address else "",
        "title": visible(recording.title),
        "artists": visible(artist),
        "cover": covers.cover_of(recording),
        "src": address,
        "open": "",
        "seconds": recording.seconds,
        "valence": recording.valence,
        "energy": recording.energy,
        "language": None,
        "from": tr("From your library"),
    }
