"""The History page: the data kept about this listener, and the buttons that delete it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import resources, theme
from pages.ui.history import charts, lists, week
from pages.ui.plain import plain
from pages.ui.visitor import listener, spotify
from recommender.errors import SourceError
from recommender.taste import NOVELTY_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from recommender.listeners.history import History, Judgement, MoodMoment, Opened
    from recommender.listeners.store import Listeners

MOST_OPENED = 8
# Session keys: the switch, a pending question before switching off, and the last press's result.
_SWITCH, _ASK, _SAID = "keep-history", "history-ask", "history-said"
_FAILED = "That could not be done: the database on this machine does not answer. Try again."


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
    now = listener.now().astimezone(week.zone_of(st.context.timezone))
    if history is None:
        st.warning("The database on this machine cannot be used, so nothing is kept.")
        return
    try:
        seen = _look(history, listener.current(), now)
    except SourceError as error:
        st.warning(plain(str(error)))
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
            lists.show_opened(seen.opened)
        with right:
            lists.show_judged(
                seen.judged, seen.artists, take_back=_take_back, allow_artist=_allow_artist
            )
    st.space("small")
    _show_ends(history, now, has_taste=bool(seen.judged or seen.artists))


def _look(history: History, me: str, now: datetime) -> _Seen:
    return _Seen(
        history.moods(me, week.first_moment(now)),
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
        _note(lambda kept, me: kept.keep_history(me, listener.now(), keep=True))
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
    _note(
        lambda kept, me: kept.keep_history(me, listener.now(), keep=False),
        "The history is off, and its moods are deleted.",
    )


def _delete() -> None:
    if spotify.current() is not None:
        spotify.disconnect()
    st.session_state[_SAID] = "Everything is deleted." if listener.forget() else _FAILED


def _forget_taste() -> None:
    _note(lambda kept, me: kept.forget_taste(me), "Your taste is forgotten.")


def _take_back(track_id: str) -> None:
    _note(lambda kept, me: kept.take_back(me, track_id))


def _allow_artist(name: str) -> None:
    _note(lambda kept, me: kept.allow_artist(me, name))


def _note(change: Callable[[Listeners, str], None], done: str = "") -> None:
    """Change the kept data, and show the result in the next run."""
    st.session_state[_SAID] = done if listener.note(change) else _FAILED


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
