"""The visitor's own device at Spotify: a tile's song plays there, or is queued there."""

from collections.abc import Callable

import streamlit as st

from pages.ui.visitor import spotify
from recommender.spotify.account import PLAY, SpotifyAccount, uri_of
from recommender.types import Tile
from recommender.wording import tr

_DO: dict[str, Callable[[SpotifyAccount, str], None]] = {
    "play": SpotifyAccount.play,
    "queue": SpotifyAccount.queue,
}


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
