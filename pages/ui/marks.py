"""Attribution of songs to Spotify, as its design guidelines require.

They require Spotify's mark beside its content and a link back; each tile's cover and first link
lead to the song. Covers are unaltered: no overlay, no crop, corners of four pixels (style.css).
https://developer.spotify.com/documentation/design
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
# Minimum size of the mark; the guidelines allow the green mark on black in either theme.
ICON_PX = 21


def show_attribution(tiles: Sequence[Tile]) -> None:
    """Draw the attribution if any of the songs comes from Spotify."""
    if not any(tile.track.source is SourceName.SPOTIFY for tile in tiles):
        return
    icon = base64.b64encode(_ICON.read_bytes()).decode("ascii")
    st.html(
        '<a class="mr-spotify" href="https://open.spotify.com/" target="_blank" rel="noopener">'
        f'<img src="data:image/svg+xml;base64,{icon}" alt="" width="{ICON_PX}" height="{ICON_PX}">'
        "Songs and covers from Spotify</a>"
    )
