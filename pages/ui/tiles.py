"""The songs as tiles: linked cover, title, artists, explanation, links, buttons for opinions.

The visitor's own songs have no links: they play in the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import (
    embed,
    journey_plane,
    keep,
    listener,
    marks,
    openings,
    own_tiles,
    player,
    songs,
    videos,
)
from pages.ui.plain import in_html, plain
from recommender.covers import cover_svg
from recommender.names import visible
from recommender.service import open_label
from recommender.taste import Verdict
from recommender.why import details

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from recommender.types import Tile

MIN_TILE_WIDTH = 158
_NOT_NOW, _NEVER, _NEVER_ARTIST = "Not now", "Never this song", "Never this artist"


@st.fragment
def show_tiles() -> None:
    """Draw this visitor's songs, with "More" below them.

    A press on a tile reruns this fragment only, without disturbing the camera.
    """
    now = songs.playing()
    if now is None:
        return
    if now.notice:
        st.info(plain(now.notice), icon=":material/info:")
    if now.is_journey:
        journey_plane.show(now)
    marks.show_attribution(now.tiles)
    known = listener.known()
    with st.container(key="tiles"), st.grid("auto", min_column_width=MIN_TILE_WIDTH, gap="small"):
        for index, tile in enumerate(now.tiles):
            with st.container(key=f"tile-{index}"):
                _show_tile(tile, liked=tile.track.source_id in known.liked)
    if known.keeps_history:
        openings.count(now.tiles)
    if not now.tiles:
        st.markdown("No songs fit these wishes. Fewer wishes find more.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.exhausted:
            st.caption("These are all the songs that fit.", width="content")
        else:
            st.button(
                "Stay there" if now.is_journey else "More",
                key="more",
                icon=":material/expand_more:",
                on_click=songs.play_more,
            )
        keep.show_downloads()
    if now.own:
        _show_own(now.own, liked=known.liked)


def _show_own(tiles: Sequence[Tile], *, liked: Container[str]) -> None:
    """Draw the visitor's own songs in a section apart: Spotify's must not be mixed with others."""
    st.markdown("#### From your library")
    with (
        st.container(key="own-tiles"),
        st.grid("auto", min_column_width=MIN_TILE_WIDTH, gap="small"),
    ):
        for index, tile in enumerate(tiles):
            with st.container(key=f"own-tile-{index}"):
                _show_tile(tile, liked=tile.track.source_id in liked)


def _show_tile(tile: Tile, *, liked: bool) -> None:
    track = tile.track
    artists = ", ".join(track.artists)
    if own_tiles.is_own(tile):
        own_tiles.show_cover(tile)
        links = own_tiles.MARK
    else:
        label = open_label(tile)
        st.image(
            track.art_url or cover_svg(track),
            width="stretch",
            link=tile.open_url,
            alt=visible(f"{label}: {track.title}, {artists}"),
        )
        links = (
            f'<a href="{in_html(tile.open_url)}" target="_blank" rel="noopener">{label}</a>'
            f'<a href="{in_html(tile.fallback_url)}" target="_blank" rel="noopener">YouTube</a>'
        )
    numbers = "".join(
        f"<tr><th>{in_html(what)}</th><td>{in_html(value)}</td></tr>"
        for what, value in details(tile)
    )
    st.html(
        '<div class="mr-tile">'
        f'<div class="title" dir="auto">{in_html(track.title)}</div>'
        f'<div class="artists" dir="auto" title="{in_html(artists)}">{in_html(artists)}</div>'
        f'<details class="why"><summary dir="auto" title="Why this song: the numbers">'
        f"{in_html(tile.why)}</summary><table>{numbers}</table></details>"
        f'<div class="links">{links}</div></div>'
    )
    with st.container(horizontal=True, gap="small", key=f"say-{track.source_id}"):
        st.button(
            "Liked" if liked else "Like",
            key=f"like-{track.source_id}",
            icon=":material/favorite:" if liked else ":material/favorite_border:",
            type="tertiary",
            on_click=songs.judge,
            args=(tile, None if liked else Verdict.LIKE),
        )
        key = f"more-{track.source_id}"
        st.menu_button(
            "Less",
            (_NOT_NOW, _NEVER, _NEVER_ARTIST),
            key=key,
            type="tertiary",
            on_click=_say,
            args=(tile, key),
        )
    if own_tiles.is_own(tile):
        own_tiles.show_audio(tile)
        return
    embed.show_player(tile)
    player.show_player_buttons(tile)
    videos.show_video_button(tile)


def _say(tile: Tile, key: str) -> None:
    said = st.session_state[key]
    if said == _NEVER_ARTIST:
        songs.ban_artist(tile)
    elif said is not None:
        songs.judge(tile, Verdict.BAN if said == _NEVER else Verdict.SKIP)
