"""The exact video of a song, found on YouTube when the visitor asks for it.

Each tile also has a plain link to YouTube's search, which does not depend on this.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import browser, wiring
from pages.ui.owner import is_owner
from pages.ui.plain import plain
from pages.ui.video_shares import VIDEO_SHARES
from recommender.errors import QuotaExceeded, SourceError
from recommender.languages import language_named
from recommender.sources.youtube import SEARCHES_A_DAY
from recommender.types import SourceName

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from recommender.sources.youtube import YouTube
    from recommender.types import Tile, Track

PATIENCE_S = 5.0
SHARE_USED = "You have found many videos today; the other searches are for other visitors."
NOTHING = "YouTube has no video that fits; its search may have."
_FOUND = "videos-found"
_LOCALE = re.compile(r"([a-z]{2})(?:[-_][A-Za-z]{4})?(?:[-_]([A-Z]{2}))?(?:[-_].*)?")


def show_video_button(tile: Tile) -> None:
    """Draw the button that finds a song's video, and the link to it once it is found.

    Nothing is drawn without a key, or on Spotify's tiles, which must not be mixed with others.
    """
    track = tile.track
    if track.source is SourceName.SPOTIFY:
        return
    finder = wiring.videos()
    if finder is None:
        return
    found: dict[str, str | None] = st.session_state.setdefault(_FOUND, {})
    place, below = st.empty(), st.empty()
    if track.source_id not in found and _is_wanted(finder, track, place):
        try:
            with below, st.spinner("Asking YouTube …"):
                found[track.source_id] = _find(finder, track)
        except SourceError as error:
            # The button stays for another attempt.
            below.caption(plain(str(error)))
    if track.source_id in found:
        _show(found[track.source_id], place)


def _show(address: str | None, place: DeltaGenerator) -> None:
    if address is None:
        place.caption(NOTHING)
    else:
        place.link_button("Watch", address, icon=":material/smart_display:", type="tertiary")


def region_and_language(locale: str | None) -> tuple[str | None, str | None]:
    """Return the region and language of a browser's locale: ("BR", "pt") for "pt-BR"."""
    known = _LOCALE.fullmatch(locale or "")
    return (known[2], known[1]) if known else (None, None)


def _is_wanted(finder: YouTube, track: Track, place: DeltaGenerator) -> bool:
    """Draw the button, and return whether it was pressed."""
    try:
        left = finder.left()
    except SourceError:
        # Without a working quota, no search may be made.
        return False
    said = f"{left} of today's {SEARCHES_A_DAY} searches are left."
    return place.button(
        "Find the video",
        key=f"video-{track.source_id}",
        icon=":material/smart_display:",
        type="tertiary",
        disabled=left == 0,
        help=f"Asks YouTube for the exact video. {said}",
    )


def _find(finder: YouTube, track: Track) -> str | None:
    if not is_owner() and not VIDEO_SHARES.spend(browser.key()):
        raise QuotaExceeded(SHARE_USED)
    region, spoken = region_and_language(st.context.locale)
    language = language_named(track.language or "")
    return finder.find_video(
        track,
        region=region,
        language=(language and language.code) or spoken,
        deadline=time.monotonic() + PATIENCE_S,
    )
