"""Covers and previews from Deezer: the visitor's choice, the search, and what is found of it.

Deezer is asked for nothing before the visitor has pressed the button, unless the owner has switched
it on for all. Our server sends it the titles; the browser fetches covers and previews.
"""

import threading
import time
from collections.abc import Sequence

import streamlit as st

from pages.ui import resources
from pages.ui.js import script
from pages.ui.visitor import browser
from pages.ui.web import previews
from recommender.deezer.client import Deezer
from recommender.deezer.matching import Match
from recommender.errors import SourceError
from recommender.types import SourceName, Tile, Track

COOKIE = "moodring_deezer"
COOKIE_AGE_S = 365 * 24 * 60 * 60
_ON = "on"
# Session keys: the choice, whether it was made in this session, and what was found.
_STATE, _KEPT, _FOUND = "deezer-on", "deezer-kept", "deezer-found"
# Seconds for all songs of a list, and for one of them; and without questions after a failure.
PATIENCE_S, EACH_S, REST_S = 12.0, 4.0, 30.0
# Lists that are looked for at once, of all visitors together, and songs known of one.
MAX_SEARCHES, MAX_KNOWN = 4, 500
_searches = threading.BoundedSemaphore(MAX_SEARCHES)
_covers = st.components.v2.component("moodring_covers", js=script("covers"))


class Findings:
    """One visitor's songs at Deezer, found one after the other in a thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, Match | None] = {}
        self._is_busy = False
        self._rests_until = 0.0

    def of(self, track: Track) -> Match | None:
        """Return what was found of a track; None for nothing so far."""
        return self._found.get(track.source_id)

    def look_for(self, deezer: Deezer, tracks: Sequence[Track]) -> bool:
        """Begin to look for those that are not known yet, and return whether any is looked for."""
        with self._lock:
            missing = [one for one in tracks if one.source_id not in self._found]
            if not missing or time.monotonic() < self._rests_until:
                return False
            if self._is_busy or not _searches.acquire(blocking=False):
                return True
            self._is_busy = True
            if len(self._found) + len(missing) > MAX_KNOWN:
                self._found.clear()
        search = threading.Thread(target=self._look, args=(deezer, missing), daemon=True)
        search.start()
        return True

    def _look(self, deezer: Deezer, tracks: Sequence[Track]) -> None:
        end = time.monotonic() + PATIENCE_S
        try:
            for track in tracks:
                deadline = min(end, time.monotonic() + EACH_S)
                self._found[track.source_id] = deezer.find(track, deadline=deadline)
        except SourceError:
            # The tiles keep our covers; a sentence would not help anybody.
            self._rests_until = time.monotonic() + REST_S
        finally:
            self._is_busy = False
            _searches.release()


def is_on() -> bool:
    """Return whether this visitor's songs may be looked for at Deezer."""
    allowed = resources.settings().deezer
    if allowed != "ask":
        return allowed == "on"
    known: bool | None = st.session_state.get(_STATE)
    return st.context.cookies.get(COOKIE) == _ON if known is None else known


def found(track: Track) -> Match | None:
    """Return a track's song at Deezer; None when it is unknown, or Deezer is off."""
    findings: Findings | None = st.session_state.get(_FOUND)
    return findings.of(track) if findings is not None and is_on() else None


def preview_address(track: Track) -> str | None:
    """Return the address, on this server, that leads this browser to a track's preview."""
    match = found(track)
    return previews.address_of(match.number) if match is not None and match.has_preview else None


def choose(on: bool) -> None:  # noqa: FBT001 - Streamlit passes it on
    """Switch Deezer on or off for this visitor."""
    st.session_state[_STATE] = on
    st.session_state[_KEPT] = True


def keep_choice() -> None:
    """Write the cookie of a choice that was made in this session."""
    if st.session_state.get(_KEPT):
        browser.write(COOKIE, _ON if is_on() else "", max_age_s=COOKIE_AGE_S)


@st.fragment
def slide_in(tiles: Sequence[Tile]) -> None:
    """Give the browser what was found so far; it asks again while more is looked for."""
    findings: Findings | None = st.session_state.get(_FOUND)
    deezer = resources.deezer() if is_on() else None
    if deezer is None and findings is None:
        return
    if findings is None:
        findings = st.session_state[_FOUND] = Findings()
    tracks = [tile.track for tile in tiles if tile.track.source is SourceName.CATALOGUE]
    waiting = deezer is not None and findings.look_for(deezer, tracks)
    songs = {}
    for track in tracks:
        match = found(track)
        if match is not None:
            songs[track.source_id] = {
                "cover": match.cover_url,
                "preview": preview_address(track),
                "link": match.link,
            }
    # Another turn, so that the browser waits and asks anew.
    _covers(
        key="covers",
        data={"songs": songs, "waiting": waiting, "turn": time.monotonic_ns()},
        on_again_change=lambda: None,
    )
