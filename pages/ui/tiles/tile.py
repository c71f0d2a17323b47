"""A song as a tile: a cover without words, title, artists, one line of why, a heart and a menu.

Three elements of a tile take the focus: the cover, which is a link or plays the song, the heart,
and the menu of all else. The visitor's own songs lead nowhere: they play in the page.

Spotify's design guidelines ask for a link back to the very song, which the cover is. Its covers are
shown as they are: nothing on top, nothing cut off, corners of four pixels (see the style sheet);
the buttons stand below them. https://developer.spotify.com/documentation/design
"""

from collections.abc import Iterable

import streamlit as st

from pages.ui.plain import in_html, plain
from pages.ui.tiles import elsewhere, line, players, playing
from recommender.explain import score_breakdown, score_words
from recommender.taste import Verdict
from recommender.types import Tile
from recommender.wording import Message, sentence, sentences, tr

# Tiles rise one after the other, and after so many all over again.
RISING = 12


def show(tile: Tile, place: int, *, liked: bool, alone: bool) -> None:
    """Draw a tile.

    Parameters
    ----------
    place : int, number of the tile from 0 on
    liked : bool, whether the visitor likes the song
    alone : bool, whether the song came in the place of another
    """
    key = tile.track.source_id
    st.html(_picture_and_words(tile, place, alone=alone))
    if players.is_own(tile):
        players.show_play_button(tile)
    with st.container(horizontal=True, gap="xsmall", key=f"say-{key}"):
        st.button(
            tr("Liked") if liked else tr("Like"),
            key=f"like-{key}",
            # The style sheet draws a full heart on it: Streamlit's font of icons has none.
            type="primary" if liked else "tertiary",
            on_click=_like,
            args=(tile, None if liked else Verdict.LIKE),
        )
        with st.popover(
            tr("Options for {title}", title=plain(tile.track.title)),
            icon=":material/more_horiz:",
            type="tertiary",
            key=f"more-{key}",
        ):
            _show_menu(tile, place)


def _picture_and_words(tile: Tile, place: int, *, alone: bool) -> str:
    track, own = tile.track, players.is_own(tile)
    artists = in_html(", ".join(track.artists))
    name = f"{in_html(track.title)}, {artists}"
    address, label = elsewhere.link_of(tile)
    alt = name if own else f"{in_html(label)}: {name}"
    picture = f'<img src="{in_html(players.cover_of(track))}" alt="{alt}">'
    cover = f'<span class="mr-cover">{picture}</span>'
    if not own:
        cover = (
            f'<a class="mr-cover" href="{in_html(address)}" target="_blank" rel="noopener">'
            f"{picture}</a>"
        )
    kinds = f"mr-tile{' alone' * alone}{' mr-yours' * own}"
    return (
        f'<div class="{kinds}" data-language="{in_html(track.language or "")}" '
        f'data-source="{track.source}" data-song="{in_html(track.source_id)}" '
        f'data-tile="{place}" style="--mr-place:{place % RISING}">'
        f'{cover}<h3 class="title" dir="auto">{in_html(track.title)}</h3>'
        f'<p class="artists" dir="auto">{artists}</p>'
        f'<p class="why" dir="auto">{in_html(sentences(tile.why, " · "))}</p></div>'
    )


def _show_menu(tile: Tile, place: int) -> None:
    track, key, own = tile.track, tile.track.source_id, players.is_own(tile)
    links = "".join(
        f'<a href="{in_html(address)}" target="_blank" rel="noopener">{in_html(label)}</a>'
        for address, label in elsewhere.all_links(tile)
        if not own
    )
    st.html(
        f'<div class="mr-menu" data-tile="{place}"><b dir="auto">{in_html(track.title)}</b>'
        f'<span dir="auto">{in_html(", ".join(track.artists))}</span>{links}</div>'
    )
    if not own:
        players.show_player_button(tile)
        players.show_device_buttons(tile)
        players.show_video_button(tile)
    for kind, label, icon in (
        ("skip", tr("Skip for now"), "skip_next"),
        ("ban", tr("Never play this song"), "block"),
        ("ban-artist", tr("Never play this artist"), "person_off"),
    ):
        st.button(
            label,
            key=f"{kind}-{key}",
            icon=f":material/{icon}:",
            type="tertiary",
            width="stretch",
            on_click=_say,
            args=(tile, kind),
        )
    words = _table((what, sentence(value)) for what, value in score_words(tile))
    numbers = _table(score_breakdown(tile))
    st.html(
        f'<div class="mr-why"><b>{in_html(tr("Why this song"))}</b>{words}'
        f"<details><summary>{in_html(sentence(Message('in-numbers')))}</summary>{numbers}"
        "</details></div>"
    )


def _table(rows: Iterable[tuple[Message, str]]) -> str:
    lines = (
        f'<tr><th scope="row">{in_html(sentence(what))}</th><td>{in_html(value)}</td></tr>'
        for what, value in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _like(tile: Tile, verdict: Verdict | None) -> None:
    playing.judge(tile, verdict)
    # A button of another kind is another button to the browser.
    line.go_on(f"like-{tile.track.source_id}")


def _say(tile: Tile, kind: str) -> None:
    verdict = Verdict.SKIP if kind == "skip" else Verdict.BAN
    line.say(tile, verdict, artist=kind == "ban-artist")
