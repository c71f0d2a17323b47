"""A run begins at the page's top, and ends only when the server has what it drew."""

from __future__ import annotations

import asyncio
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import theme
from tests.own_thread import running_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_S = 0.2


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A server's event loop."""
    with running_loop() as loop:
        yield loop


def _serve(monkeypatch: pytest.MonkeyPatch, loop: object) -> None:
    objects = SimpleNamespace(eventloop=loop)
    runtime = SimpleNamespace(_get_async_objs=lambda: objects)
    monkeypatch.setattr(theme, "get_instance", lambda: runtime)


def test_waits_until_a_busy_server_has_taken_what_was_drawn(
    monkeypatch: pytest.MonkeyPatch, loop: asyncio.AbstractEventLoop
) -> None:
    _serve(monkeypatch, loop)
    taken: list[str] = []
    loop.call_soon_threadsafe(time.sleep, BUSY_S)
    loop.call_soon_threadsafe(taken.append, "what was drawn")
    theme.wait_until_sent()
    assert taken == ["what was drawn"]


def test_nobody_waits_long_for_a_server_that_is_stuck(
    monkeypatch: pytest.MonkeyPatch, loop: asyncio.AbstractEventLoop
) -> None:
    _serve(monkeypatch, loop)
    monkeypatch.setattr(theme, "PATIENCE_S", BUSY_S / 10)
    go_on = threading.Event()
    loop.call_soon_threadsafe(go_on.wait)
    theme.wait_until_sent()
    assert not go_on.is_set()
    go_on.set()


def test_page_tests_without_a_server_go_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _serve(monkeypatch, object())
    monkeypatch.setattr(theme.threading, "Event", None)
    theme.wait_until_sent()


def test_a_page_stands_at_the_top_whatever_a_fragment_left_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(theme, "_PAGES", {})

    def after_a_fragment() -> None:
        import streamlit as st

        from pages.ui import theme

        st.container().__enter__()
        theme.page("Songs")
        st.text("a song")

    page = AppTest.from_function(after_a_fragment, default_timeout=60).run()
    assert not page.exception
    assert page.main.children[max(page.main.children)] == page.text[0]
