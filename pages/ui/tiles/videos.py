"""The exact video of a tile's song at YouTube, looked for at a press.

Before a press, nothing is asked of YouTube. Searches are shared out, so that one visitor does not
use up all of a day's.
"""

import re
import threading
import time
from contextlib import suppress

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from pages.ui import resources
from pages.ui.plain import plain
from pages.ui.visitor import browser, owner
from recommender.errors import QuotaExceeded, SourceError
from recommender.languages import language_named
from recommender.types import SourceName, Tile, Track
from recommender.wording import tr
from recommender.youtube.videos import SEARCHES_A_DAY, YouTube

PATIENCE_S = 5.0
_FOUND = "videos-found"
_LOCALE = re.compile(r"([a-z]{2})(?:[-_][A-Za-z]{4})?(?:[-_]([A-Z]{2}))?(?:[-_].*)?")
# Out of the hundred a day that YouTube grants an app.
SEARCHES_EACH = 30
DAY_S = 24 * 60 * 60.0
# Browsers beyond this number share a single quota.
MAX_BROWSERS = 4096
_OTHERS = ""


def show_video_button(tile: Tile) -> None:
    """Draw the button that finds a song's video, and the link to it once it is found.

    Nothing is drawn without a key, or on Spotify's tiles, which must not be mixed with others.
    """
    track = tile.track
    if track.source is SourceName.SPOTIFY:
        return
    finder = resources.videos()
    if finder is None:
        return
    found: dict[str, str | None] = st.session_state.setdefault(_FOUND, {})
    place, below = st.empty(), st.empty()
    if track.source_id not in found and _is_wanted(finder, track, place):
        try:
            with below, st.spinner(tr("Asking YouTube …")):
                found[track.source_id] = _find(finder, track)
        except SourceError as error:
            # The button stays for another attempt.
            below.caption(plain(error))
        else:
            # Its tile plays it from now on.
            with suppress(StreamlitAPIException):
                st.rerun(scope="fragment")
    if track.source_id in found:
        _show(found[track.source_id], place)


def known(track: Track) -> str | None:
    """Return the address at which a track's video is watched; None while none is known."""
    found: dict[str, str | None] = st.session_state.get(_FOUND, {})
    return found.get(track.source_id)


def _show(address: str | None, place: DeltaGenerator) -> None:
    if address is None:
        place.caption(tr("YouTube has no video that fits; its search may have."))
    else:
        place.link_button(
            tr("Watch"),
            address,
            icon=":material/smart_display:",
            type="tertiary",
            width="stretch",
        )


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
    return place.button(
        tr("Find the video"),
        key=f"video-{track.source_id}",
        icon=":material/smart_display:",
        type="tertiary",
        width="stretch",
        disabled=left == 0,
        help=tr(
            "Asks YouTube for the exact video. {left} of today's {all} searches are left.",
            left=left,
            all=SEARCHES_A_DAY,
        ),
    )


def _find(finder: YouTube, track: Track) -> str | None:
    if not owner.is_owner() and not VIDEO_SHARES.spend(browser.key()):
        raise QuotaExceeded("youtube-share-used")
    region, spoken = region_and_language(st.context.locale)
    language = language_named(track.language or "")
    return finder.find_video(
        track,
        region=region,
        language=(language and language.code) or spoken,
        deadline=time.monotonic() + PATIENCE_S,
    )


class VideoShares:
    """Counter of each browser's searches in the day after its first, in memory. Thread-safe.

    Browsers are keyed by `pages.ui.visitor.browser.key`; "" stands for all browsers without
    cookies.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Time of the first search, and number of searches; oldest first.
        self._used: dict[str, tuple[float, int]] = {}

    def spend(self, browser: str, now: float | None = None) -> bool:
        """Count a search if the quota allows it, and return whether it does.

        Parameters
        ----------
        now : float or None, value of ``time.monotonic()``, None for the present
        """
        present = time.monotonic() if now is None else now
        with self._lock:
            for known, (began, _) in list(self._used.items()):
                if present - began < DAY_S:
                    break
                del self._used[known]
            who = browser if browser in self._used or len(self._used) < MAX_BROWSERS else _OTHERS
            began, used = self._used.get(who, (present, 0))
            if used >= SEARCHES_EACH:
                return False
            self._used[who] = (began, used + 1)
            return True


VIDEO_SHARES = VideoShares()
