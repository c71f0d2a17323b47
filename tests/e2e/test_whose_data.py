"""What is kept belongs to one browser: another one neither sees it nor deletes it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages.ui.visitor.listener import COOKIE
from recommender.db.engine import make_engine
from recommender.listeners.history import History
from recommender.listeners.store import FORGOTTEN_AFTER_DAYS, Listeners, id_of
from recommender.mood import mood_of_emotion
from recommender.wiring import open_catalogue
from tests.e2e.driver import PATIENCE_MS, open_menu, press_until, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Cookie, Page

LOOK_MS = 200
CHART = ".st-key-moods-week .vega-embed svg"


@pytest.fixture
def contexts(open_browser: Callable[..., Browser]) -> tuple[BrowserContext, BrowserContext]:
    """Two visitors: neither has the other's cookies."""
    browser = open_browser()
    return browser.new_context(), browser.new_context()


@pytest.fixture
def listeners(app: str, detector_dir: Path) -> Iterator[Listeners]:
    """The database that the app writes to, from outside."""
    assert app
    open_catalogue(detector_dir).close()
    engine = make_engine(detector_dir)
    yield Listeners(engine)
    engine.dispose()


def cookies(page: Page, *, count: int) -> list[Cookie]:
    """The visitor's cookies of ours, once there are so many."""
    for _ in range(PATIENCE_MS // LOOK_MS):
        found = [one for one in page.context.cookies() if one["name"] == COOKIE]
        if len(found) == count:
            return found
        page.wait_for_timeout(LOOK_MS)
    raise AssertionError(f"not {count} of our cookies: {found}")


def listener_of(page: Page) -> str:
    (cookie,) = cookies(page, count=1)
    return id_of(cookie["value"])


def play_a_mood(page: Page, app: str) -> None:
    page.goto(app)
    press_until(page.locator(".st-key-no-camera button"), page.locator(".st-key-pad"))
    chip = page.get_by_role("radio", name="happy", exact=True)
    press_until(chip, page.locator(".st-key-tile-0 .why"))


def like(page: Page, place: int) -> str:
    """Like the song of a tile, and return its title."""
    tile = page.locator(f".st-key-tile-{place}")
    heart = tile.get_by_role("button", name=re.compile("^Like"))
    press_until(heart, tile.get_by_role("button", name="Liked"))
    return tile.locator(".title").inner_text()


def open_history(page: Page) -> None:
    """Go to the page by its link, in the same visit."""
    link = page.locator(".st-key-top").get_by_role("link", name="History")
    press_until(link, page.locator(".st-key-history-ends"))


def switch_on(page: Page) -> None:
    """Switch the history on, and wait for what the browser remembers it by."""
    press_until(page.locator(".st-key-keep-history label"), page.get_by_text("No mood yet"))
    cookies(page, count=1)


def answer(page: Page, opener: str, label: str) -> None:
    """Press a button that asks, and give an answer."""
    dialog = page.get_by_role("dialog")
    press_until(page.locator(opener), dialog)
    dialog.get_by_role("button", name=label).click()
    expect(dialog).to_have_count(0)


def note_moods(listeners: Listeners, listener: str, emotion: str, count: int) -> None:
    now = datetime.now(UTC)
    for minutes in range(1, count + 1):
        at = now - timedelta(minutes=minutes)
        listeners.note_mood(listener, mood_of_emotion(emotion), emotion, at)


@pytest.mark.slow
def test_each_browser_sees_and_deletes_what_is_its_own_alone(
    app: str, contexts: tuple[BrowserContext, BrowserContext], listeners: Listeners
) -> None:
    mine, yours = (context.new_page() for context in contexts)
    liked = []
    for place, page in enumerate((mine, yours)):
        play_a_mood(page, app)
        liked.append(like(page, place))
        open_history(page)
        expect(page.get_by_text("Your diary is off")).to_be_visible()
        switch_on(page)
    me, you = listener_of(mine), listener_of(yours)
    assert me != you
    note_moods(listeners, me, "surprise", 5)
    note_moods(listeners, you, "sad", 2)

    mine.goto(f"{app}/history")
    yours.goto(f"{app}/history")
    expect(mine.get_by_text("This week: always surprise (5 moods).")).to_be_visible()
    expect(mine.locator(CHART)).to_be_visible()
    expect(yours.get_by_text("This week: always sad (2 moods).")).to_be_visible()
    expect(yours.locator("body")).not_to_contain_text("surprise")

    for page, own, other in ((mine, *liked), (yours, *reversed(liked))):
        expect(page.locator("body")).to_contain_text(own)
        expect(page.locator("body")).not_to_contain_text(other)

    answer(yours, ".st-key-delete button", "Delete everything")
    expect(yours.get_by_text("Everything is deleted")).to_be_visible()
    expect(yours.get_by_text("Your diary is off")).to_be_visible()
    mine.reload()
    expect(mine.get_by_text("This week: always surprise (5 moods).")).to_be_visible()
    expect(mine.locator("body")).to_contain_text(liked[0])
    assert listeners.known(me, datetime.now(UTC)).keeps_history

    answer(mine, ".st-key-delete button", "Cancel")
    assert listeners.known(me, datetime.now(UTC)).keeps_history
    answer(mine, ".st-key-delete button", "Delete everything")
    expect(mine.get_by_text("Your diary is off")).to_be_visible()
    expect(mine.locator(CHART)).to_have_count(0)
    for page in (mine, yours):
        assert cookies(page, count=0) == []


@pytest.mark.slow
def test_nobody_gets_a_cookie_for_looking_and_it_lives_as_long_as_what_is_kept(
    app: str, contexts: tuple[BrowserContext, BrowserContext]
) -> None:
    context, _ = contexts
    page = context.new_page()
    page.goto(f"{app}/history")
    expect(page.get_by_text("Your diary is off")).to_be_visible()
    assert cookies(page, count=0) == []
    switch_on(page)
    (cookie,) = cookies(page, count=1)
    assert cookie["sameSite"] == "Strict"
    lives = datetime.fromtimestamp(cookie["expires"], UTC) - datetime.now(UTC)
    days = timedelta(days=FORGOTTEN_AFTER_DAYS)
    assert days - timedelta(minutes=5) < lives <= days


def test_the_export_comes_as_a_file_that_holds_the_moods(
    app: str, contexts: tuple[BrowserContext, BrowserContext], listeners: Listeners
) -> None:
    context, _ = contexts
    page = context.new_page()
    page.goto(f"{app}/history")
    switch_on(page)
    note_moods(listeners, listener_of(page), "fear", 2)
    # The page that follows the switch has another file to give.
    settle(page)
    with page.expect_download() as download:
        page.locator(".st-key-export button").click()
    name = download.value.suggested_filename
    assert name.startswith("moodring-history-2")
    assert name.endswith(".json")
    kept = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert [mood["feeling"] for mood in kept["moods"]] == ["fear", "fear"]


@pytest.mark.slow
def test_switching_off_asks_first_and_deletes_then(
    app: str, contexts: tuple[BrowserContext, BrowserContext], listeners: Listeners
) -> None:
    context, _ = contexts
    page = context.new_page()
    page.goto(f"{app}/history")
    switch_on(page)
    me = listener_of(page)
    note_moods(listeners, me, "happy", 1)
    page.reload()
    answer(page, ".st-key-keep-history label", "Cancel")
    expect(page.get_by_role("switch", name="Keep a diary of my moods")).to_be_checked()
    answer(page, ".st-key-keep-history label", "Switch off and delete")
    expect(page.get_by_text("Your diary is off")).to_be_visible()
    assert not listeners.known(me, datetime.now(UTC)).keeps_history


@pytest.mark.slow
def test_a_song_that_is_opened_is_counted_where_a_history_is_wanted(
    app: str, contexts: tuple[BrowserContext, BrowserContext], listeners: Listeners
) -> None:
    context, _ = contexts
    # Where the links lead does not matter here.
    context.route(re.compile("spotify|youtube"), lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{app}/history")
    switch_on(page)
    play_a_mood(page, app)
    tile = page.locator(".st-key-tile-2")
    title = tile.locator(".title").inner_text()
    history, me = History(listeners._engine), listener_of(page)
    for times in (1, 2):
        # The cover, and a link in the menu.
        link = tile.get_by_role("link") if times == 1 else open_menu(tile).get_by_role("link").last
        link.click()
        # Two presses before the server has seen the first count as one.
        for _ in range(PATIENCE_MS // LOOK_MS):
            if [one.times for one in history.most_opened(me, 1)] == [times]:
                break
            page.wait_for_timeout(LOOK_MS)
    open_history(page)
    opened = page.get_by_role("listitem").filter(has_text=title)
    expect(opened).to_contain_text("2 ×")
    expect(page.get_by_text(re.compile("one mood, happy"))).to_be_visible()
