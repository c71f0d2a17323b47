"""Whose songs these are, as Spotify's design guidelines ask.

They ask for its mark beside what comes from it, and for a link back; each tile's cover and title
link to the very song. Its covers are shown as they are: nothing on top, nothing cut off, corners
of four pixels (see the style sheet). https://developer.spotify.com/documentation/design
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from recommender.types import SourceName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recommender.types import Tile

_ICON = Path(__file__).with_name("spotify.svg")
# The guidelines allow the green mark on black, in either theme, and none below this size.
ICON_PX = 21


def show_attribution(tiles: Sequence[Tile]) -> None:
    """Say that songs come from Spotify, when some of them do."""
    if not any(tile.track.source is SourceName.SPOTIFY for tile in tiles):
        return
    icon = base64.b64encode(_ICON.read_bytes()).decode("ascii")
    st.html(
        '<a class="mr-spotify" href="https://open.spotify.com/" target="_blank" rel="noopener">'
        f'<img src="data:image/svg+xml;base64,{icon}" alt="" width="{ICON_PX}" height="{ICON_PX}">'
        "Songs and covers from Spotify</a>"
    )
