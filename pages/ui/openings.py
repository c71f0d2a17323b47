"""Counts of opened songs, for a listener who keeps a history.

The links leave the app, so clicks are only observable in the browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import listener
from pages.ui.js import script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recommender.types import Tile

KEY = "openings"

_watcher = st.components.v2.component(
    "moodring_openings",
    js=script("openings"),
)


def count(tiles: Sequence[Tile]) -> None:
    """Watch the links of the tiles, and count each opened song."""

    def note() -> None:
        index = (st.session_state.get(KEY) or {}).get("opened")
        if type(index) is int and 0 <= index < len(tiles):
            key = tiles[index].track.source_id
            listener.note(
                lambda all_, me: all_.note_opened(me, key, listener.now()), read_again=False
            )

    _watcher(key=KEY, on_opened_change=note)
