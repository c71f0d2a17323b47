"""The songs as tiles: a cover that is a link, title, artists, why, a YouTube link, and opinions.

The visitor's own songs lead nowhere: they play in the page. The other links lead straight to other
sites, and only the visitor's own browser sees a press on them: it counts them for a listener who
keeps a history.

Spotify's design guidelines ask for its mark beside what comes from it, and for a link back; each
tile's cover and title link to the very song. Its covers are shown as they are: nothing on top,
nothing cut off, corners of four pixels (see the style sheet).
https://developer.spotify.com/documentation/design
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.covers.generated import cover_svg
from pages.ui.js import script
from pages.ui.plain import in_html, plain
from pages.ui.tiles import journey_plane, own_song, players, playing, saving
from pages.ui.visitor import listener
from recommender.explain import open_label, score_breakdown
from recommender.taste import Verdict
from recommender.text import visible
from recommender.types import SourceName

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
    now = playing.playing()
    if now is None:
        return
    if now.notice:
        st.info(plain(now.notice), icon=":material/info:")
    if now.is_journey:
        journey_plane.show(now)
    show_attribution(now.tiles)
    known = listener.known()
    with st.container(key="tiles"), st.grid("auto", min_column_width=MIN_TILE_WIDTH, gap="small"):
        for index, tile in enumerate(now.tiles):
            with st.container(key=f"tile-{index}"):
                _show_tile(tile, liked=tile.track.source_id in known.liked)
    if known.keeps_history:
        track_clicks(now.tiles)
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
                on_click=playing.play_more,
            )
        saving.show_downloads()
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
    if own_song.is_own(tile):
        own_song.show_cover(tile)
        links = own_song.MARK
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
        for what, value in score_breakdown(tile)
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
            on_click=playing.judge,
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
    if own_song.is_own(tile):
        own_song.show_audio(tile)
        return
    players.show_player(tile)
    players.show_player_buttons(tile)
    players.show_video_button(tile)


def _say(tile: Tile, key: str) -> None:
    said = st.session_state[key]
    if said == _NEVER_ARTIST:
        playing.ban_artist(tile)
    elif said is not None:
        playing.judge(tile, Verdict.BAN if said == _NEVER else Verdict.SKIP)


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


KEY = "openings"

_watcher = st.components.v2.component(
    "moodring_openings",
    js=script("openings"),
)


def track_clicks(tiles: Sequence[Tile]) -> None:
    """Watch the links of the tiles, and count each opened song."""

    def note() -> None:
        index = (st.session_state.get(KEY) or {}).get("opened")
        if type(index) is int and 0 <= index < len(tiles):
            key = tiles[index].track.source_id
            listener.note(
                lambda all_, me: all_.note_opened(me, key, listener.now()), read_again=False
            )

    _watcher(key=KEY, on_opened_change=note)
