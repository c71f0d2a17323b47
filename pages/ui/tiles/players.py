"""Players of a song on its tile: the page's, Spotify's, the visitor's own device, and YouTube's.

The visitor's own songs are marked, have the cover that is in the file, and play in the page.

Before a press, nothing is asked of Spotify or YouTube. The other tiles have a plain link to
YouTube's search anyway, and keep it whatever happens here. Searches for videos are shared out, so
that one visitor does not use up all of a day's.
"""

import re
import threading
import time
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import resources
from pages.ui.covers import generated, recording
from pages.ui.library import player
from pages.ui.plain import in_html, plain
from pages.ui.visitor import browser, listener, owner, spotify
from recommender.errors import QuotaExceeded, SourceError
from recommender.languages import language_named
from recommender.spotify.account import PLAY, SpotifyAccount, uri_of
from recommender.text import visible
from recommender.types import SourceName, Tile, Track, spotify_link, spotify_track_id
from recommender.youtube.videos import SEARCHES_A_DAY, YouTube

_OWN = "own-open"
MARK = '<span class="mr-yours">Yours</span>'
# Minimum height of Spotify's compact player.
HEIGHT_PX = 152
_EMBEDDED = "embed-open"
_SAID = {"play": "Playing on your device.", "queue": "Queued on your device."}
_DO: dict[str, Callable[[SpotifyAccount, str], None]] = {
    "play": SpotifyAccount.play,
    "queue": SpotifyAccount.queue,
}
PATIENCE_S = 5.0
NOTHING = "YouTube has no video that fits; its search may have."
_FOUND = "videos-found"
_LOCALE = re.compile(r"([a-z]{2})(?:[-_][A-Za-z]{4})?(?:[-_]([A-Z]{2}))?(?:[-_].*)?")
# Out of the hundred a day that YouTube grants an app.
SEARCHES_EACH = 30
DAY_S = 24 * 60 * 60.0
# Browsers beyond this number share a single quota.
MAX_BROWSERS = 4096
_OTHERS = ""


def is_own(tile: Tile) -> bool:
    """Return whether a tile is a song of the visitor's library."""
    return tile.track.source is SourceName.LIBRARY


def cover_of(track: Track, side: int = recording.LARGE) -> str:
    """Return the address of a track's cover, which is the picture in the file if there is any."""
    if track.source is SourceName.LIBRARY:
        try:
            found = player.current(track.source_id)
        except SourceError:
            found = None
        if found is not None:
            return recording.cover_of(found, side)
    return track.art_url or generated.cover_data_uri(track)


def show_cover(tile: Tile) -> None:
    """Draw the cover with the play button on top of it."""
    track = tile.track
    is_open = st.session_state.get(_OWN) == track.source_id
    words = in_html(f"{track.title}, {', '.join(track.artists)}")
    with st.container(key=f"own-cover-{track.source_id}"):
        st.html(f'<img src="{cover_of(track)}" alt="{words}">')
        st.button(
            "Close" if is_open else "Play",
            key=f"own-{track.source_id}",
            icon=":material/close:" if is_open else ":material/play_arrow:",
            type="primary",
            on_click=_open_own,
            args=(None if is_open else track.source_id,),
        )


def show_audio(tile: Tile) -> None:
    """Draw the player if it is open on this tile; only one song plays at a time."""
    if st.session_state.get(_OWN) != tile.track.source_id:
        return
    try:
        found = player.current(tile.track.source_id)
    except SourceError as error:
        st.caption(plain(error))
        return
    if found is None:
        st.caption(player.gone())
    else:
        player.show_audio(found)


def _open_own(key: str | None) -> None:
    st.session_state[_OWN] = key
    if key is not None and listener.known().keeps_history:
        listener.me().note_opened(key)


def show_player(tile: Tile) -> None:
    """Draw the button for Spotify's player, and the player while it is open on this tile.

    Only tiles that link to a song on Spotify have the button, and one player is open at a time.
    """
    address = spotify_link("embed/track", spotify_track_id(tile.open_url))
    key = tile.track.source_id
    if address is None:
        return
    is_open = st.session_state.get(_EMBEDDED) == key
    st.button(
        "Close player" if is_open else "Play here",
        key=f"embed-{key}",
        icon=":material/close:" if is_open else ":material/play_circle:",
        type="tertiary",
        help=None if is_open else "Opens Spotify's player, which may set cookies of its own.",
        on_click=_open_embed,
        args=(None if is_open else key,),
    )
    if is_open:
        words = visible(f"Spotify's player: {tile.track.title}")
        st.iframe(address, height=HEIGHT_PX, alt=words)


def _open_embed(key: str | None) -> None:
    st.session_state[_EMBEDDED] = key


def show_player_buttons(tile: Tile) -> None:
    """Draw the buttons, for a connected visitor and a song that Spotify has."""
    uri = uri_of(tile.track)
    if uri is None or spotify.connected() is None:
        return
    if spotify.is_leaving():
        # The redirect is drawn outside of the tiles' fragment.
        st.rerun()
    with st.container(horizontal=True, gap="small", key=f"device-{tile.track.source_id}"):
        # Short labels: a phone shows two covers per row.
        for action, label, icon, words in (
            ("play", "Play", ":material/cast:", "Play it now on my device"),
            ("queue", "Queue", ":material/queue_music:", "Play it next on my device"),
        ):
            st.button(
                label,
                key=f"{action}-{tile.track.source_id}",
                icon=icon,
                type="tertiary",
                help=words,
                on_click=_do,
                args=(action, uri),
            )


def take_up() -> None:
    """Play or queue the song of an action that is resumed after Spotify's redirect."""
    for action in _DO:
        uri = spotify.take_action(action)
        if uri:
            _do(action, uri, ask=False)


def _do(action: str, uri: str, *, ask: bool = True) -> None:
    def act(mine: SpotifyAccount) -> bool:
        _DO[action](mine, uri)
        return True

    if spotify.attempt(act, PLAY, action, uri, ask=ask):
        spotify.say(_SAID[action], ":material/cast:")


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
            with below, st.spinner("Asking YouTube …"):
                found[track.source_id] = _find(finder, track)
        except SourceError as error:
            # The button stays for another attempt.
            below.caption(plain(error))
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
