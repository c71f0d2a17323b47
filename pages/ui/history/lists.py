"""Lists of the listener's most opened songs, and of likes and bans with an undo button each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from pages.ui.plain import in_html, plain
from recommender.taste import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from recommender.listeners.history import Judgement, Opened

# Each row has a button, and a page with very many is slow; the export has all rows.
SHOWN = 60
# A list with more rows gets a scroll bar.
ROWS, _HEIGHT = 6, 340
_TABS = {Verdict.LIKE: "Liked", Verdict.SKIP: "Not now", Verdict.BAN: "Banned"}
_ARTISTS = "Banned artists"


@dataclass(frozen=True, slots=True)
class _Row:
    """One line with its undo button.

    Attributes
    ----------
    target : str, argument of ``undo``
    """

    title: str
    artist: str
    undo: Callable[[str], None]
    target: str


def show_opened(songs: Sequence[Opened]) -> None:
    """Draw the songs opened most often."""
    st.markdown("##### Most opened")
    if not songs:
        st.caption("Songs that you open while the history is on are counted here.")
        return
    items = "".join(
        f'<li><span class="song"><bdi><b>{in_html(song.title)}</b></bdi> '
        f"<bdi>{in_html(', '.join(song.artists))}</bdi></span>"
        f'<span class="times">{song.times} ×</span></li>'
        for song in songs
    )
    st.html(f'<ol class="mr-opened">{items}</ol>')


def show_judged(
    judged: Sequence[Judgement],
    artists: Sequence[str],
    *,
    take_back: Callable[[str], None],
    allow_artist: Callable[[str], None],
) -> None:
    """Draw the listener's opinions on songs, newest first, and the banned artists.

    Parameters
    ----------
    take_back : callable, called with the track's id on a press
    allow_artist : callable, called with the artist's name on a press
    """
    st.markdown("##### Likes and bans")
    lists: dict[str, list[_Row]] = {name: [] for name in (*_TABS.values(), _ARTISTS)}
    for one in judged:
        # A song that has lost its title still has its artist.
        names = (one.title, one.artist) if one.title else (f"A song by {one.artist}", "")
        lists[_TABS[one.verdict]].append(_Row(*names, take_back, one.track_id))
    lists[_ARTISTS] = [_Row(name, "", allow_artist, name) for name in artists]
    filled = {name: rows for name, rows in lists.items() if rows}
    if not filled:
        st.caption("What you like, or never want to hear again, stands here.")
        return
    tabs = st.tabs([f"{name} · {len(rows)}" for name, rows in filled.items()])
    for tab, (name, rows) in zip(tabs, filled.items(), strict=True):
        height: int | Literal["content"] = _HEIGHT if len(rows) > ROWS else "content"
        with tab, st.container(height=height, border=False, gap=None):
            for row in rows[:SHOWN]:
                _show_row(row, f"judged-{name}-{row.target}")
            if len(rows) > SHOWN:
                st.caption(f"{len(rows) - SHOWN} older ones are in the export.")


def _show_row(row: _Row, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        text = f"<bdi><b>{in_html(row.title)}</b></bdi> <bdi>{in_html(row.artist)}</bdi>"
        st.html(f'<div class="mr-judged">{text}</div>')
        st.button(
            "Take back",
            key=f"undo-{key}",
            # The tooltip tells buttons with the same label apart.
            help=plain(f"{row.title} {row.artist}"),
            type="tertiary",
            icon=":material/undo:",
            on_click=row.undo,
            args=(row.target,),
        )
