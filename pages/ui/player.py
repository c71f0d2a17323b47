"""Buttons on a tile that play or queue its song on the visitor's device, through Spotify."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import account
from recommender.account import PLAY, Account, uri_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from recommender.types import Tile

_SAID = {"play": "Playing on your device.", "queue": "Queued on your device."}
_DO: dict[str, Callable[[Account, str], None]] = {"play": Account.play, "queue": Account.queue}


def show_player_buttons(tile: Tile) -> None:
    """Draw the buttons, for a connected visitor and a song that Spotify has."""
    uri = uri_of(tile.track)
    if uri is None or account.connected() is None:
        return
    if account.is_leaving():
        # The redirect is drawn outside of the tiles' fragment.
        st.rerun()
    with st.container(horizontal=True, gap="small", key=f"device-{tile.track.source_id}"):
        # Short labels: a phone shows two covers per row.
        for wish, label, icon, words in (
            ("play", "Play", ":material/cast:", "Play it now on my device"),
            ("queue", "Queue", ":material/queue_music:", "Play it next on my device"),
        ):
            st.button(
                label,
                key=f"{wish}-{tile.track.source_id}",
                icon=icon,
                type="tertiary",
                help=words,
                on_click=_do,
                args=(wish, uri),
            )


def take_up() -> None:
    """Play or queue the song of a wish that is resumed after Spotify's redirect."""
    for wish in _DO:
        uri = account.take_wish(wish)
        if uri:
            _do(wish, uri, ask=False)


def _do(wish: str, uri: str, *, ask: bool = True) -> None:
    def act(mine: Account) -> bool:
        _DO[wish](mine, uri)
        return True

    if account.attempt(act, PLAY, wish, uri, ask=ask):
        account.say(_SAID[wish], ":material/cast:")
