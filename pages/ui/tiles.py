"""The songs as tiles: a cover that is a link, title, artists, why, and a YouTube link."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import songs
from recommender.covers import cover_svg
from recommender.service import open_label

if TYPE_CHECKING:
    from recommender.types import Tile

MIN_TILE_WIDTH = 158


def show_tiles() -> None:
    """Draw this visitor's songs, with "More" below them."""
    now = songs.playing()
    if now is None:
        return
    if now.notice:
        st.info(now.notice, icon=":material/info:")
    with st.container(key="tiles"), st.grid("auto", min_column_width=MIN_TILE_WIDTH, gap="small"):
        for index, tile in enumerate(now.tiles):
            with st.container(key=f"tile-{index}"):
                _show_tile(tile)
    if not now.tiles:
        st.markdown("No songs fit these wishes. Fewer wishes find more.")
    elif now.exhausted:
        st.caption("These are all the songs that fit.")
    elif st.button("More", key="more", icon=":material/expand_more:"):
        with st.spinner("Looking for more songs …"):
            songs.play_more()
        st.rerun()


def _show_tile(tile: Tile) -> None:
    track = tile.track
    artists = ", ".join(track.artists)
    label = open_label(tile)
    st.image(
        track.art_url or cover_svg(track),
        width="stretch",
        link=tile.open_url,
        alt=f"{label}: {track.title}, {artists}",
    )
    st.html(
        '<div class="mr-tile">'
        f'<div class="title" dir="auto">{escape(track.title)}</div>'
        f'<div class="artists" dir="auto" title="{escape(artists)}">{escape(artists)}</div>'
        f'<div class="why" dir="auto">{escape(tile.why)}</div>'
        '<div class="links">'
        f'<a href="{escape(tile.open_url)}" target="_blank" rel="noopener">{label}</a>'
        f'<a href="{escape(tile.fallback_url)}" target="_blank" rel="noopener">YouTube</a>'
        "</div></div>"
    )
