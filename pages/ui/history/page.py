"""The History page: the data kept about this listener, and the buttons that delete it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import streamlit as st

from pages.ui import resources, theme
from pages.ui.history import charts
from pages.ui.plain import in_html, plain
from pages.ui.visitor import browser, listener, spotify
from recommender.errors import SourceError
from recommender.listeners.history import History, Judgement, MoodMoment, Opened
from recommender.taste import NOVELTY_DAYS, Verdict

MOST_OPENED = 8
# Session keys: the switch, a pending question before switching off, and the last press's result.
_SWITCH, _ASK, _SAID = "keep-history", "history-ask", "history-said"
_FAILED = "That could not be done: the database on this machine does not answer. Try again."
# Each row has a button, and a page with very many is slow; the export has all rows.
SHOWN = 60
# A list with more rows gets a scroll bar.
ROWS, _HEIGHT = 6, 340
_TABS = {Verdict.LIKE: "Liked", Verdict.SKIP: "Skipped", Verdict.BAN: "Banned"}
_ARTISTS = "Banned artists"


@dataclass(frozen=True, slots=True)
class _Seen:
    """The listener's data that the page shows."""

    moods: list[MoodMoment]
    opened: list[Opened]
    judged: list[Judgement]
    artists: list[str]


def show() -> None:
    """Draw the page."""
    theme.hero("Your moods, day by day.")
    history = resources.history()
    now = browser.local_now()
    if history is None:
        st.warning("The database on this machine cannot be used, so nothing is kept.")
        return
    try:
        seen = _look(history, listener.current(), now)
    except SourceError as error:
        st.warning(plain(error))
        return
    keeps = listener.known(anew=True).keeps_history
    _show_said()
    _show_switch(keeps=keeps)
    if seen.moods:
        charts.show(seen.moods, now)
    else:
        _show_nothing_yet(keeps=keeps)
    if keeps or seen.judged or seen.artists:
        left, right = st.columns(2, gap="large")
        with left:
            _show_opened(seen.opened)
        with right:
            _show_judged(seen.judged, seen.artists)
    st.space("small")
    _show_ends(history, now, has_taste=bool(seen.judged or seen.artists))


def _look(history: History, me: str, now: datetime) -> _Seen:
    return _Seen(
        history.moods(me, charts.first_moment(now)),
        history.most_opened(me, MOST_OPENED),
        history.opinions(me),
        history.banned_artists(me),
    )


def _show_switch(*, keeps: bool) -> None:
    # The stored choice decides, not the press: an unconfirmed press springs back.
    st.session_state[_SWITCH] = keeps
    with st.container(border=True, gap="xsmall", key="history-switch"):
        st.toggle("Keep a history of my moods", key=_SWITCH, on_change=_switched)
        st.caption(
            "Keeps the moods that you play, and one a minute while the camera runs, with the time, "
            "and how often you open a song. Never a picture. Switching it off deletes all that."
        )
    if st.session_state.pop(_ASK, False):
        _ask_off()


def _switched() -> None:
    if st.session_state[_SWITCH]:
        _say("", listener.me().keep_history(keep=True))
    else:
        st.session_state[_ASK] = True


@st.dialog("Switch the history off?", icon=":material/history_toggle_off:")
def _ask_off() -> None:
    st.markdown("The moods kept so far are deleted, and how often you opened songs.")
    _show_answers("Switch off and delete", _switch_off)


@st.dialog("Delete everything?", icon=":material/delete_forever:")
def _ask_delete() -> None:
    st.markdown("Moods, likes, bans, songs heard and files dropped: all of it goes, and for good.")
    _show_answers("Delete everything", _delete)


def _show_answers(label: str, answer: Callable[[], None]) -> None:
    with st.container(horizontal=True):
        done = st.button(label, key="history-yes", type="primary", on_click=answer)
        # Both close the dialog.
        if st.button("Keep it", key="history-no") or done:
            st.rerun()


def _switch_off() -> None:
    _say("The history is off, and its moods are deleted.", listener.me().keep_history(keep=False))


def _delete() -> None:
    if spotify.current() is not None:
        spotify.disconnect()
    _say("Everything is deleted.", listener.me().forget())


def _forget_taste() -> None:
    _say("Your taste is forgotten.", listener.me().forget_taste())


def _take_back(track_id: str) -> None:
    _say("", listener.me().take_back(track_id))


def _allow_artist(name: str) -> None:
    _say("", listener.me().allow_artist(name))


def _say(words: str, done: bool) -> None:  # noqa: FBT001 - what a change returned
    """Show in the next run that a change is done, or is not."""
    st.session_state[_SAID] = words if done else _FAILED


def _show_said() -> None:
    said = st.session_state.pop(_SAID, "")
    if said == _FAILED:
        st.error(said, icon=":material/error:")
    elif said:
        st.success(said, icon=":material/check:")


def _show_nothing_yet(*, keeps: bool) -> None:
    title, text = (
        ("No mood yet", "Play your mood on the Listen page, and it appears here.")
        if keeps
        else (
            "No moods are kept",
            "Switch the history on, and the moods that you play appear here.",
        )
    )
    ring = '<span class="mr-ring" aria-hidden="true"></span>'
    st.html(f'<div class="mr-nothing">{ring}<b>{title}</b><span>{text}</span></div>')


def _show_ends(history: History, now: datetime, *, has_taste: bool) -> None:
    me = listener.current()
    with st.container(border=True, gap="xsmall", key="history-ends"):
        st.markdown("##### Yours alone")
        st.caption(
            "Kept on the machine that runs Moodring, under a random id in this browser's cookie: "
            f"likes and bans, the songs shown to you in the last {NOVELTY_DAYS} days, the files "
            "that you dropped into the Library and, while the history is on, your moods and older "
            "songs. No other visitor sees them."
        )
        with st.container(horizontal=True):
            st.download_button(
                "Export",
                # Built on the press: a year of moods is long.
                lambda: json.dumps(history.export(me), ensure_ascii=False, indent=2),
                f"moodring-history-{now:%Y-%m-%d}.json",
                "application/json",
                key="export",
                icon=":material/download:",
                # A rerun would discard the file before the browser has fetched it.
                on_click="ignore",
            )
            st.button(
                "Forget my taste",
                key="forget-taste",
                help="Deletes likes, skips and bans. Moods stay.",
                icon=":material/heart_minus:",
                disabled=not has_taste,
                on_click=_forget_taste,
            )
            if st.button("Delete everything", key="delete", icon=":material/delete_forever:"):
                _ask_delete()


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


def _show_opened(songs: Sequence[Opened]) -> None:
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


def _show_judged(judged: Sequence[Judgement], artists: Sequence[str]) -> None:
    """Draw the listener's opinions on songs, newest first, and the banned artists."""
    st.markdown("##### Likes and bans")
    lists: dict[str, list[_Row]] = {name: [] for name in (*_TABS.values(), _ARTISTS)}
    for one in judged:
        # A song that has lost its title still has its artist.
        names = (one.title, one.artist) if one.title else (f"A song by {one.artist}", "")
        lists[_TABS[one.verdict]].append(_Row(*names, _take_back, one.track_id))
    lists[_ARTISTS] = [_Row(name, "", _allow_artist, name) for name in artists]
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
