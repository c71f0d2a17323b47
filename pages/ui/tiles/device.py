"""The visitor's own device at Spotify: a tile's song plays there, or is queued there.

While the dock is closed, DJ mode puts its songs into the queue of a device that was told to play.
"""

from collections.abc import Callable

import streamlit as st

from pages.ui.visitor import spotify
from recommender.spotify.account import PLAY, SpotifyAccount, uri_of
from recommender.types import Tile, Track
from recommender.wording import tr

_DO: dict[str, Callable[[SpotifyAccount, str], None]] = {
    "play": SpotifyAccount.play,
    "queue": SpotifyAccount.queue,
}
# Session key of the address (URI) of the song that was started there last.
_THERE = "device-song"


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


def plays(track: Track) -> bool:
    """Return whether a song is the one that was started on the device last."""
    uri = uri_of(track)
    return uri is not None and uri == st.session_state.get(_THERE) and may_queue()


def may_queue() -> bool:
    """Return whether the device was told to play, and the account may still say what comes next."""
    account = spotify.connected()
    return _THERE in st.session_state and account is not None and PLAY in account.scopes


def put_next(tile: Tile, reason: str) -> bool:
    """Put a song into the device's queue; False when Spotify does not have it."""
    uri = uri_of(tile.track)
    if uri is None:
        return False

    def act(mine: SpotifyAccount) -> bool:
        mine.queue(uri)
        return True

    if spotify.attempt(act, PLAY, "queue", uri, ask=False):
        spotify.say(f"{tile.track.title}: {reason}", ":material/queue_music:")
    return True


def _do(action: str, uri: str, *, ask: bool = True) -> None:
    def act(mine: SpotifyAccount) -> bool:
        _DO[action](mine, uri)
        return True

    if spotify.attempt(act, PLAY, action, uri, ask=ask):
        if action == "play":
            st.session_state[_THERE] = uri
        said = tr("Playing on your device.") if action == "play" else tr("Queued on your device.")
        spotify.say(said, ":material/cast:")
