"""A song as a tile: a cover without words, title, artists, one line of why, a heart and a menu.

Spotify's covers are shown as they are, nothing on top and nothing cut off, and lead to the song, as
its design guidelines ask. https://developer.spotify.com/documentation/design
"""

from collections.abc import Iterable

import streamlit as st

from pages.ui import dock
from pages.ui.dock import Item
from pages.ui.plain import in_html, plain
from pages.ui.tiles import device, elsewhere, items, line, playing, videos
from recommender.explain import score_breakdown, score_words
from recommender.taste import Verdict
from recommender.types import Tile
from recommender.wording import Message, sentence, sentences, tr

# Tiles rise one after the other, and after so many all over again.
RISING = 12


def show(tile: Tile, item: Item, place: int, *, liked: bool, alone: bool) -> None:
    """Draw a tile.

    Parameters
    ----------
    item : Item, the song as the player takes it
    place : int, number of the tile from 0 on
    liked : bool, whether the visitor likes the song
    alone : bool, whether the song came in the place of another
    """
    key = tile.track.source_id
    st.html(_picture_and_words(tile, item, place, alone=alone))
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


def _picture_and_words(tile: Tile, item: Item, place: int, *, alone: bool) -> str:
    track = tile.track
    artists = in_html(", ".join(track.artists))
    cover = _cover(tile, item)
    kinds = f"mr-tile{' alone' * alone}{' mr-yours' * items.is_own(tile)}"
    return (
        f'<div class="{kinds}" data-language="{in_html(track.language or "")}" '
        f'data-source="{track.source}" data-song="{in_html(track.source_id)}" '
        f'data-tile="{place}" style="--mr-place:{place % RISING}">'
        f'{cover}<h3 class="title" dir="auto">{in_html(track.title)}</h3>'
        f'<p class="artists" dir="auto">{artists}</p>'
        f'<p class="why" dir="auto">{in_html(sentences(tile.why, " · "))}</p></div>'
    )


def _cover(tile: Tile, item: Item) -> str:
    """Return the cover as what a press on it does: a link, a button that plays, or neither."""
    picture = (
        f'<img src="{in_html(items.cover_of(tile.track))}" '
        f'alt="{in_html(items.label(tile, item))}">'
        f'<span class="does" aria-hidden="true">{in_html(items.does(tile, item))}</span>'
    )
    plays = f' data-play="{in_html(item["id"])}"' if item["kind"] else ""
    if not item["open"]:
        if not plays:
            return f'<span class="mr-cover">{picture}</span>'
        return f'<button type="button" class="mr-cover"{plays}>{picture}</button>'
    role = ' role="button"' * bool(plays)
    if item["kind"] == dock.SPOTIFY:
        said = tr("Opens Spotify's player, which may set cookies of its own.")
        role += f' title="{in_html(said)}"'
    return (
        f'<a class="mr-cover" href="{in_html(item["open"])}" target="_blank" rel="noopener"'
        f"{role}{plays}>{picture}</a>"
    )


def _show_menu(tile: Tile, place: int) -> None:
    track, key, own = tile.track, tile.track.source_id, items.is_own(tile)
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
        device.show_device_buttons(tile)
        videos.show_video_button(tile)
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
