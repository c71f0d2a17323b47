"""Whose likes a tab writes: known words only, and never those of a deleted listener."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import streamlit as st

from pages.ui import resources
from pages.ui.visitor import browser, listener
from pages.ui.visitor.listener import Deleted
from recommender.errors import Unavailable
from recommender.listeners.store import Listeners, id_of, new_token
from recommender.taste import NOBODY, Verdict
from recommender.types import SourceName, Track

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

SONG = Track("Halo", ("Beyoncé",), SourceName.CATALOGUE, "halo")
NOW = datetime.now(UTC)


class Browser:
    """A browser's word and its cookie of the listener, which tabs read once and write."""

    def __init__(self, word: str, token: str = "") -> None:
        self.word, self.token = word, token


class Tab:
    """One tab of a browser; what is done happens in it."""

    def __init__(self, of: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state: dict[str, object] = {}
        self._browser, self._patch = of, monkeypatch
        self._cookies = {listener.COOKIE: of.token} if of.token else {}

    def turn(self) -> None:
        def write(_: str, value: str, **__: object) -> None:
            self._browser.token = value

        self._patch.setattr(st, "session_state", self.state)
        self._patch.setattr(st, "context", SimpleNamespace(cookies=self._cookies))
        self._patch.setattr(browser, "key", lambda: self._browser.word)
        self._patch.setattr(browser, "write", write)

    def who(self) -> str:
        self.turn()
        return listener.current()

    def run(self) -> None:
        """Draw a page that shows nothing of the listener."""
        self.turn()
        listener.keep_cookie()

    def like(self) -> bool:
        self.turn()
        done = listener.me().judge(SONG, Verdict.LIKE)
        listener.keep_cookie()
        return done

    def delete(self) -> None:
        self.turn()
        assert listener.me().forget()
        listener.keep_cookie()


@pytest.fixture
def listeners(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Listeners:
    made = Listeners(engine)
    monkeypatch.setattr(resources, "listeners", lambda: made)
    monkeypatch.setattr(resources, "settings", lambda: SimpleNamespace(data_dir=tmp_path))
    return made


@pytest.fixture
def open_tab(listeners: Listeners, monkeypatch: pytest.MonkeyPatch) -> Callable[[Browser], Tab]:
    assert listeners
    return lambda of: Tab(of, monkeypatch)


def test_a_listener_of_today_is_taken_over(
    listeners: Listeners, open_tab: Callable[[Browser], Tab]
) -> None:
    token = new_token()
    assert not listeners.has(id_of(token))
    listeners.judge(id_of(token), SONG, Verdict.LIKE, NOW)
    assert listeners.has(id_of(token))
    mine = Browser("mine", token)
    tab = open_tab(mine)
    assert tab.who() == id_of(token)
    tab.run()
    assert mine.token == token


@pytest.mark.parametrize("planted", ["t" * 22, "A" * 21, "A" * 23, "ä" * 22, "A" * 22 + "\n", "x"])
def test_a_planted_word_is_nobodys_and_is_replaced(
    listeners: Listeners, open_tab: Callable[[Browser], Tab], planted: str
) -> None:
    mine = Browser("mine", planted)
    tab = open_tab(mine)
    assert tab.who() != id_of(planted)
    tab.run()
    assert mine.token == ""
    assert tab.like()
    assert id_of(mine.token) == tab.who()
    assert not listeners.has(id_of(planted))
    # The next tab knows it again.
    assert open_tab(mine).who() == tab.who()


def test_while_the_database_is_down_no_cookie_is_judged_and_nothing_kept(
    listeners: Listeners, open_tab: Callable[[Browser], Tab], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = new_token()
    listeners.judge(id_of(token), SONG, Verdict.LIKE, NOW)
    mine = Browser("mine", token)
    tab = open_tab(mine)

    def fail(*_: object) -> bool:
        raise Unavailable("gone for a moment")

    with monkeypatch.context() as gone:
        gone.setattr(Listeners, "has", fail)
        assert not tab.like()
        assert mine.token == token
    with monkeypatch.context() as gone:
        gone.setattr(resources, "listeners", lambda: None)
        assert not tab.like()
        assert mine.token == token
    assert tab.like()
    assert tab.who() == id_of(token)


@pytest.mark.parametrize("word", ["mine", ""])
def test_a_deleted_listener_stays_deleted_in_every_tab(
    listeners: Listeners, open_tab: Callable[[Browser], Tab], word: str
) -> None:
    mine = Browser(word)
    first = open_tab(mine)
    first.like()
    token, me = mine.token, first.who()
    second, third = open_tab(mine), open_tab(mine)
    assert second.who() == third.who() == me
    second.turn()
    assert listener.known() is not NOBODY
    first.delete()
    assert mine.token == ""
    second.run()
    assert mine.token == ""
    second.turn()
    assert listener.known() is NOBODY
    assert third.like()
    assert not listeners.has(me)
    assert mine.token not in {"", token}
    assert id_of(mine.token) == third.who()
    # What the tabs of one browser keep from now on is kept for one listener.
    assert (first.who() == second.who() == third.who()) is bool(word)


def test_another_browser_with_the_deleted_cookie_does_not_follow(
    open_tab: Callable[[Browser], Tab],
) -> None:
    mine = Browser("mine")
    first = open_tab(mine)
    first.like()
    thief = open_tab(Browser("theirs", mine.token))
    me = first.who()
    assert thief.who() == me
    first.delete()
    assert len({me, first.who(), thief.who()}) == 3


def test_a_like_on_its_way_while_all_is_deleted_goes_too(
    listeners: Listeners, open_tab: Callable[[Browser], Tab]
) -> None:
    mine = Browser("mine")
    first = open_tab(mine)
    first.like()
    second = open_tab(mine)
    me = second.who()

    def like_late(all_: Listeners, who: str) -> None:
        first.delete()
        second.turn()
        all_.judge(who, SONG, Verdict.LIKE, NOW)

    second.turn()
    assert listener.me()._change(like_late)
    assert not listeners.has(me)


def test_a_listener_deleted_by_another_process_begins_anew(
    listeners: Listeners, open_tab: Callable[[Browser], Tab]
) -> None:
    mine = Browser("mine")
    tab = open_tab(mine)
    tab.like()
    me = tab.who()
    assert listener.known() is not NOBODY
    listeners.delete_everything(me)
    assert listener.known(anew=True) is NOBODY
    assert tab.who() != me


def test_the_list_of_the_deleted_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MAX_DELETED", 2)
    kept = Deleted()
    tokens = [kept.add(str(number), "mine") for number in range(3)]
    assert [str(number) in kept for number in range(3)] == [False, True, True]
    assert kept.after("2", "mine") == tokens[2]
    assert kept.after("2", "theirs") != tokens[2]
    assert listener.MAX_DELETED < 1 << 20
