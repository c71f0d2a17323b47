"""The songs as tiles: a cover that is a link, title, artists, why, a YouTube link, and opinions.

Above a journey's tiles, the mood map shows its way.

The visitor's own songs lead nowhere: they play in the page. The other links lead straight to other
sites, and only the visitor's own browser sees a press on them: it counts them for a listener who
keeps a history.

Spotify's design guidelines ask for its mark beside what comes from it, and for a link back; each
tile's cover and title link to the very song. Its covers are shown as they are: nothing on top,
nothing cut off, corners of four pixels (see the style sheet).
https://developer.spotify.com/documentation/design
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from pages.ui.covers import generated
from pages.ui.js import script
from pages.ui.plain import data_uri, in_html, plain
from pages.ui.tiles import journey_map, line, players, playing, saving
from pages.ui.visitor import listener
from recommender.explain import open_label, score_breakdown, score_words
from recommender.taste import Verdict
from recommender.text import visible
from recommender.types import Tile, Track
from recommender.wording import Message, sentence, sentences

MIN_TILE_WIDTH = 158
_NOT_NOW, _NEVER = "Skip for now", "Never play this song"
_NEVER_ARTIST = "Never play this artist"
_ICON = Path(__file__).with_name("spotify.svg")
# Minimum size of the mark; the guidelines allow the green mark on black in either theme.
ICON_PX = 21
KEY = "openings"
_watcher = st.components.v2.component("moodring_openings", js=script("openings"))


@st.fragment
def show_tiles() -> None:
    """Draw this visitor's songs, with "More" below them.

    A press on a tile reruns this fragment only, without disturbing the camera.
    """
    now = playing.playing()
    if now is None:
        return
    if now.notice:
        st.info(plain(sentences(now.notice)), icon=":material/info:")
    line.show(now)
    if now.is_journey:
        journey_map.show(now)
    show_attribution(now.tiles)
    known = listener.known()
    with st.container(key="tiles"), st.grid("auto", min_column_width=MIN_TILE_WIDTH, gap="small"):
        for index, tile in enumerate(now.tiles):
            with st.container(key=f"tile-{index}"):
                _show_tile(tile, liked=tile.track.source_id in known.liked)
    if known.keeps_history:
        track_clicks(now.tiles)
    if not now.tiles:
        st.markdown("Nothing fits all of that. Remove a filter to see more.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.exhausted:
            st.caption("These are all the songs that fit.", width="content")
        else:
            st.button(
                sentence(Message(f"more-{'journey' if now.is_journey else 'songs'}")),
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
    if players.is_own(tile):
        players.show_cover(tile)
        links = players.MARK
    else:
        label = open_label(tile)
        st.image(
            track.art_url or generated.cover_svg(_placed(track)),
            width="stretch",
            link=tile.open_url,
            alt=visible(f"{label}: {track.title}, {artists}"),
        )
        links = (
            f'<a href="{in_html(tile.open_url)}" target="_blank" rel="noopener">{label}</a>'
            f'<a href="{in_html(tile.fallback_url)}" target="_blank" rel="noopener">YouTube</a>'
        )
    words = _table((what, sentence(value)) for what, value in score_words(tile))
    numbers = _table(score_breakdown(tile))
    st.html(
        f'<div class="mr-tile" data-language="{in_html(track.language or "")}" '
        f'data-source="{track.source}">'
        f'<div class="title" dir="auto">{in_html(track.title)}</div>'
        f'<div class="artists" dir="auto" title="{in_html(artists)}">{in_html(artists)}</div>'
        f'<details class="why"><summary dir="auto" title="Why this song">'
        f"{in_html(sentences(tile.why, ' · '))}</summary>{words}"
        f"<details><summary>{sentence(Message('in-numbers'))}</summary>{numbers}</details></details>"
        f'<div class="links">{links}</div></div>'
    )
    with st.container(horizontal=True, gap="small", key=f"say-{track.source_id}"):
        st.button(
            # Streamlit's font of icons has no filled heart.
            ":red[♥] Liked" if liked else "Like",
            key=f"like-{track.source_id}",
            icon=None if liked else ":material/favorite_border:",
            type="tertiary",
            on_click=_like,
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
    if players.is_own(tile):
        players.show_audio(tile)
        return
    players.show_player(tile)
    players.show_player_buttons(tile)
    players.show_video_button(tile)


def _placed(track: Track) -> Track:
    """Return a track for its cover's colours: of the mood asked for, where its own is unknown."""
    now = playing.playing()
    if now is None or track.valence is not None:
        return track
    target = now.query.target
    return replace(track, valence=target.valence, energy=target.energy)


def _table(rows: Iterable[tuple[Message, str]]) -> str:
    lines = (
        f"<tr><th>{in_html(sentence(what))}</th><td>{in_html(value)}</td></tr>"
        for what, value in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _like(tile: Tile, verdict: Verdict | None) -> None:
    playing.judge(tile, verdict)


def _say(tile: Tile, key: str) -> None:
    said = st.session_state[key]
    if said is not None:
        verdict = Verdict.SKIP if said == _NOT_NOW else Verdict.BAN
        line.say(tile, verdict, artist=said == _NEVER_ARTIST)


def show_attribution(tiles: Sequence[Tile]) -> None:
    """Draw the attribution if any of the songs comes from Spotify."""
    if not playing.is_spotifys(tiles):
        return
    st.html(
        '<a class="mr-spotify" href="https://open.spotify.com/" target="_blank" rel="noopener">'
        f'<img src="{data_uri(_ICON.read_bytes())}" alt="" width={ICON_PX} height={ICON_PX}>'
        "Songs and covers from Spotify</a>"
    )


def track_clicks(tiles: Sequence[Tile]) -> None:
    """Watch the links of the tiles, and count each opened song."""

    def note() -> None:
        index = (st.session_state.get(KEY) or {}).get("opened")
        if type(index) is int and 0 <= index < len(tiles):
            listener.me().note_opened(tiles[index].track.source_id)

    _watcher(key=KEY, on_opened_change=note)
