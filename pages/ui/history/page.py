"""The History page: the data kept about this listener, and the buttons that delete it."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import streamlit as st

from detectors.corrections import Answer
from pages.ui import plane, resources, theme
from pages.ui.history import charts
from pages.ui.library import scrobbling
from pages.ui.listen.words import feeling_word
from pages.ui.plain import in_html, plain
from pages.ui.visitor import browser, consent, listener, spotify
from recommender.errors import SourceError
from recommender.listeners.history import History, Judgement, MoodMoment, Opened
from recommender.taste import NOVELTY_DAYS, Verdict
from recommender.wording import tr, tr_count

MOST_OPENED = 8
# Session keys: the switch, a pending question before switching off, and the last press's result.
_SWITCH, _ASK, _SAID = "keep-history", "history-ask", "history-said"
# Each row has a button, and a page with very many is slow; the export has all rows.
SHOWN = 60
# A list with more rows gets a scroll bar.
ROWS, _HEIGHT = 6, 340
# Ids of the lists of opinions.
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
    theme.hero(tr("Your mood diary"))
    history = resources.history()
    now = browser.local_now()
    if history is None:
        st.warning(tr("The database cannot be used, so nothing is kept."))
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
    corrections = listener.corrections()
    if keeps or seen.judged or seen.artists or corrections:
        with st.container(key="history-lists"):
            left, right = st.columns(2, gap="large")
        with left:
            _show_opened(seen.opened)
        with right:
            _show_judged(seen.judged, seen.artists)
            if corrections:
                _show_corrections(corrections)
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
        st.toggle(tr("Keep a diary of my moods"), key=_SWITCH, on_change=_switched)
        st.caption(
            tr(
                "Keeps the moods that you find songs for, and one a minute while the camera runs, "
                "with the time, and how often you open a song. Never a picture. Switching it off "
                "deletes all that."
            )
        )
    if st.session_state.pop(_ASK, False):
        _ask_off()


def _switched() -> None:
    if st.session_state[_SWITCH]:
        _switch_on()
    else:
        st.session_state[_ASK] = True


def _ask_off() -> None:
    # The title is in the visitor's language, so that the dialog is made here.
    @st.dialog(tr("Switch the diary off?"), icon=":material/history_toggle_off:")
    def ask() -> None:
        st.markdown(tr("The moods kept so far are deleted, and how often you opened songs."))
        _show_answers(tr("Switch off and delete"), _switch_off)

    ask()


def _ask_delete() -> None:
    @st.dialog(tr("Delete everything?"), icon=":material/delete_forever:")
    def ask() -> None:
        st.markdown(
            tr(
                "This permanently deletes your moods, likes, bans, corrections, listening history "
                "and uploaded files."
            )
        )
        _show_answers(tr("Delete everything"), _delete)

    ask()


def _show_answers(label: str, answer: Callable[[], None]) -> None:
    with st.container(horizontal=True, key="history-answers"):
        done = st.button(label, key="history-yes", type="primary", on_click=answer)
        # Both close the dialog.
        if st.button(tr("Cancel"), key="history-no") or done:
            st.rerun()


def _switch_off() -> None:
    _say(tr("The diary is off, and its moods are deleted."), listener.me().keep_history(keep=False))


def _delete() -> None:
    if spotify.current() is not None:
        spotify.disconnect()
    scrobbling.disconnect()
    _say(tr("Everything is deleted."), listener.me().forget())


def _forget_taste() -> None:
    _say(tr("Your taste is forgotten."), listener.me().forget_taste())


def _take_back(track_id: str) -> None:
    _say("", listener.me().take_back(track_id))


def _take_correction_back(about: str) -> None:
    given = [
        (answer, times)
        for answer, times in listener.corrections().items()
        if about == f"{answer[0]} {answer[2]}"
    ]
    _say("", all(listener.me().correct(answer, -times) for answer, times in given))


def _allow_artist(name: str) -> None:
    _say("", listener.me().allow_artist(name))


def _say(words: str, done: bool) -> None:  # noqa: FBT001 - what a change returned
    """Show in the next run that a change is done, or is not."""
    st.session_state[_SAID] = done, words


def _show_said() -> None:
    done, said = st.session_state.pop(_SAID, (True, ""))
    if not done:
        sorry = tr("That could not be done: the database does not answer. Try again.")
        st.error(sorry, icon=":material/error:")
    elif said:
        st.success(said, icon=":material/check:")


def _show_nothing_yet(*, keeps: bool) -> None:
    """Draw what will be here, out of focus, and the step that brings it."""
    with st.container(key="empty-history"):
        st.html(plane.still())
        title = tr("No mood yet") if keeps else tr("Your diary is off")
        text = (
            tr("Find songs for a mood, and it appears here.")
            if keeps
            else tr("Switch it on, and the moods that you find songs for appear here.")
        )
        st.html(f'<div class="mr-empty"><h2>{in_html(title)}</h2><p>{in_html(text)}</p></div>')
        if keeps:
            label = tr("Find songs for a mood")
            if st.button(label, key="to-listen", type="primary", icon=":material/headphones:"):
                st.switch_page("app.py")
        else:
            st.button(
                tr("Switch it on"),
                key="switch-on",
                type="primary",
                icon=":material/history_toggle_off:",
                on_click=_switch_on,
            )


def _switch_on() -> None:
    _say("", listener.me().keep_history(keep=True))


def _show_ends(history: History, now: datetime, *, has_taste: bool) -> None:
    me = listener.current()
    with st.container(border=True, gap="xsmall", key="history-ends"):
        st.markdown(f"## {tr('Yours alone')}")
        st.caption(
            tr_count(
                "Kept on the computer that runs Moodring, under a random id in this browser's "
                "cookie: likes and bans, the songs shown to you since yesterday, the files that "
                "you added to the Library and, while the diary is on, your moods and older songs. "
                "No other visitor sees them.",
                "Kept on the computer that runs Moodring, under a random id in this browser's "
                "cookie: likes and bans, the songs shown to you in the last {number} days, the "
                "files that you added to the Library and, while the diary is on, your moods and "
                "older songs. No other visitor sees them.",
                NOVELTY_DAYS,
            )
        )
        st.caption(consent.answers_kept())
        with st.container(horizontal=True):
            st.download_button(
                tr("Export"),
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
                tr("Reset my taste"),
                key="forget-taste",
                help=tr("Deletes likes, skips and bans. Moods stay."),
                icon=":material/heart_minus:",
                disabled=not has_taste,
                on_click=_forget_taste,
            )
            label = tr("Delete everything")
            if st.button(label, key="delete", icon=":material/delete_forever:"):
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
    st.markdown(f"## {tr('Most opened')}")
    if not songs:
        st.caption(tr("Songs that you open while the diary is on are counted here."))
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
    st.markdown(f"## {tr('Likes and blocks')}")
    lists: dict[str, list[_Row]] = {name: [] for name in (*_TABS.values(), _ARTISTS)}
    for one in judged:
        # A song that has lost its title still has its artist.
        unnamed = tr("A song by {artist}", artist=one.artist)
        names = (one.title, one.artist) if one.title else (unnamed, "")
        lists[_TABS[one.verdict]].append(_Row(*names, _take_back, one.track_id))
    lists[_ARTISTS] = [_Row(name, "", _allow_artist, name) for name in artists]
    filled = {name: rows for name, rows in lists.items() if rows}
    if not filled:
        st.caption(tr("What you like, or never want to hear again, stands here."))
        return
    words = {
        "Liked": tr("Liked"),
        "Skipped": tr("Skipped"),
        "Banned": tr("Never play"),
        _ARTISTS: tr("Artists never to play"),
    }
    tabs = st.tabs([f"{words[name]} · {len(rows)}" for name, rows in filled.items()])
    for tab, (name, rows) in zip(tabs, filled.items(), strict=True):
        height: int | Literal["content"] = _HEIGHT if len(rows) > ROWS else "content"
        with tab, st.container(height=height, border=False, gap=None):
            for row in rows[:SHOWN]:
                _show_row(row, f"judged-{name}-{row.target}")
            if len(rows) > SHOWN:
                older = len(rows) - SHOWN
                st.caption(
                    tr_count(
                        "{number} older one is in the export.",
                        "{number} older ones are in the export.",
                        older,
                    )
                )


def _show_corrections(corrections: Mapping[Answer, int]) -> None:
    """Draw how often the listener said what a reading should have been."""
    st.markdown(f"## {tr('Was that right?')}")
    pairs: Counter[tuple[str, str]] = Counter()
    for (read_as, _, truly), times in corrections.items():
        pairs[read_as, truly] += times
    for (read_as, truly), times in sorted(pairs.items()):
        names = {"read": feeling_word(read_as), "truth": feeling_word(truly)}
        said = tr("Read as {read}, truly {truth}", **names)
        about = f"{read_as} {truly}"
        _show_row(_Row(said, f"{times} ×", _take_correction_back, about), f"corrected-{about}")


def _show_row(row: _Row, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        text = f"<bdi><b>{in_html(row.title)}</b></bdi> <bdi>{in_html(row.artist)}</bdi>"
        st.html(f'<div class="mr-judged">{text}</div>')
        st.button(
            tr("Undo"),
            key=f"undo-{key}",
            # The tooltip tells buttons with the same label apart.
            help=plain(f"{row.title} {row.artist}"),
            type="tertiary",
            icon=":material/undo:",
            on_click=row.undo,
            args=(row.target,),
        )
