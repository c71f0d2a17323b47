"""Players of a tile's song: the page's, Spotify's, the visitor's own device, and YouTube's.

What plays in the page plays in a dock at its foot, one song at a time: the visitor's own songs by
the browser, Spotify's by Spotify's player.

Before a press, nothing is asked of Spotify or YouTube. The other tiles have a plain link to
YouTube's search anyway, and keep it whatever happens here. Searches for videos are shared out, so
that one visitor does not use up all of a day's.
"""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import resources
from pages.ui.covers import generated, recording
from pages.ui.library import player
from pages.ui.plain import in_html, plain
from pages.ui.tiles import line, playing
from pages.ui.visitor import browser, listener, owner, spotify
from recommender.errors import QuotaExceeded, SourceError
from recommender.languages import language_named
from recommender.library.recordings import Recording
from recommender.spotify.account import PLAY, SpotifyAccount, uri_of
from recommender.text import visible
from recommender.types import SourceName, Tile, Track, spotify_link, spotify_track_id
from recommender.wording import tr
from recommender.youtube.videos import SEARCHES_A_DAY, YouTube

# Session keys: id of the song in the dock, and the motif of each song's cover.
_OPEN, _MOTIFS = "dock-open", "motifs"
# Minimum height of Spotify's compact player.
HEIGHT_PX = 152
_DO: dict[str, Callable[[SpotifyAccount, str], None]] = {
    "play": SpotifyAccount.play,
    "queue": SpotifyAccount.queue,
}
PATIENCE_S = 5.0
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


def choose_motifs(tiles: Sequence[Tile]) -> None:
    """Give the tiles' covers different motifs, and let those that are shown already keep theirs."""
    drawn: dict[str, int] = st.session_state.get(_MOTIFS, {})
    tracks = [tile.track for tile in tiles]
    st.session_state[_MOTIFS] = generated.different_motifs(tracks, drawn)


def recording_of(track: Track) -> Recording | None:
    """Return the recording of an own song; None for other songs, and when it cannot be read."""
    if track.source is not SourceName.LIBRARY:
        return None
    try:
        return player.current(track.source_id)
    except SourceError:
        return None


def cover_of(track: Track, side: int = recording.LARGE) -> str:
    """Return the address of a track's cover, which is the picture in the file if there is any."""
    found = recording_of(track)
    if found is not None:
        return recording.cover_of(found, side)
    motif: int | None = st.session_state.get(_MOTIFS, {}).get(track.source_id)
    return track.art_url or generated.cover_data_uri(placed(track), motif)


def placed(track: Track) -> Track:
    """Return a track for its cover's colours: of the mood asked for, where its own is unknown."""
    now = playing.playing()
    if now is None or track.valence is not None:
        return track
    target = now.query.target
    return replace(track, valence=target.valence, energy=target.energy)


def show_play_button(tile: Tile) -> None:
    """Draw the button that lies over an own song's cover and plays the song in the dock."""
    track = tile.track
    is_open = st.session_state.get(_OPEN) == track.source_id
    title = plain(track.title)
    with st.container(key=f"own-cover-{track.source_id}"):
        st.button(
            tr("Close {title}", title=title) if is_open else tr("Play {title}", title=title),
            key=f"own-{track.source_id}",
            # The style sheet draws another sign on it.
            type="primary" if is_open else "tertiary",
            on_click=_open_own,
            args=(tile,),
            kwargs={"opens": not is_open},
        )


def _open_own(tile: Tile, *, opens: bool) -> None:
    key = tile.track.source_id
    _open(key if opens else None)
    line.go_on(f"own-{key}")
    if opens and listener.known().keeps_history:
        listener.me().note_opened(key)


def show_player_button(tile: Tile) -> None:
    """Draw the button for Spotify's player, for tiles that link to a song on Spotify."""
    key = tile.track.source_id
    if _embedded(tile) is None:
        return
    is_open = st.session_state.get(_OPEN) == key
    st.button(
        tr("Close player") if is_open else tr("Play here"),
        key=f"embed-{key}",
        icon=":material/close:" if is_open else ":material/play_circle:",
        type="tertiary",
        width="stretch",
        help=None if is_open else tr("Opens Spotify's player, which may set cookies of its own."),
        on_click=_open,
        args=(None if is_open else key,),
    )


def _embedded(tile: Tile) -> str | None:
    return spotify_link("embed/track", spotify_track_id(tile.open_url))


def _open(key: str | None) -> None:
    st.session_state[_OPEN] = key


def show_dock(tiles: Sequence[Tile]) -> None:
    """Draw the player of the song that is open, if it is among the tiles."""
    opened = st.session_state.get(_OPEN)
    tile = next((tile for tile in tiles if tile.track.source_id == opened), None)
    if tile is None:
        return
    track = tile.track
    with st.container(key="dock", horizontal=True, vertical_alignment="center"):
        if is_own(tile):
            cover = in_html(cover_of(track, recording.SMALL))
            st.html(
                f'<div class="mr-now"><img src="{cover}" alt=""><span><b dir="auto">'
                f'{in_html(track.title)}</b><span dir="auto">{in_html(", ".join(track.artists))}'
                "</span></span></div>",
                width="content",
            )
            _show_audio(track)
        else:
            words = tr("Spotify's player: {title}", title=track.title)
            st.iframe(f"{_embedded(tile)}", height=HEIGHT_PX, alt=visible(words))
        st.button(
            tr("Close player"),
            key="dock-close",
            icon=":material/close:",
            type="tertiary",
            on_click=_close_dock,
            args=(track.source_id,),
        )


def _close_dock(key: str) -> None:
    _open(None)
    line.go_on(f"say-{key}")


def _show_audio(track: Track) -> None:
    try:
        found = player.current(track.source_id)
    except SourceError as error:
        st.caption(plain(error))
        return
    if found is None:
        st.caption(player.gone())
    else:
        player.show_audio(found)


def show_device_buttons(tile: Tile) -> None:
    """Draw the buttons, for a connected visitor and a song that Spotify has."""
    uri = uri_of(tile.track)
    if uri is None or spotify.connected() is None:
        return
    if spotify.is_leaving():
        # The redirect is drawn outside of the tiles' fragment.
        st.rerun()
    for action, label, icon in (
        ("play", tr("Play on my device"), ":material/cast:"),
        ("queue", tr("Queue on my device"), ":material/queue_music:"),
    ):
        st.button(
            label,
            key=f"{action}-{tile.track.source_id}",
            icon=icon,
            type="tertiary",
            width="stretch",
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
        said = tr("Playing on your device.") if action == "play" else tr("Queued on your device.")
        spotify.say(said, ":material/cast:")


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
    if track.source_id in found:
        _show(found[track.source_id], place)


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
