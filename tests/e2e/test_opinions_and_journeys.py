"""Likes, bans and journeys, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from recommender.types import DEFAULT_COUNT
from tests.e2e.driver import PATIENCE_MS, open_menu, press_until, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Locator, Page


def choose(page: Page, app: str, emotion: str, wishes: str = "") -> None:
    """Go on without a camera and say a mood by hand, until there are songs."""
    page.goto(f"{app}/{wishes}")
    by_hand = page.get_by_role("radio", name=emotion, exact=True)
    press_until(page.locator(".st-key-no-camera button"), by_hand)
    press_until(by_hand, page.locator(".st-key-tile-0 .why"))
    # The browser may still be drawing the last of them.
    expect(page.locator(".st-key-tiles .artists")).to_have_count(DEFAULT_COUNT)


def tile(page: Page, index: int) -> Locator:
    return page.locator(f".st-key-tile-{index}")


def artists(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".st-key-tiles .artists").all_inner_texts()]


def first_artist(page: Page, index: int) -> str:
    return tile(page, index).locator(".artists").inner_text().split(",")[0].strip()


def say(page: Page, index: int, word: str) -> None:
    """Press a button in a tile's menu."""
    open_menu(tile(page, index)).get_by_role("button", name=word).click()


@pytest.fixture
def browser(open_browser: Callable[..., Browser]) -> Browser:
    return open_browser()


@pytest.mark.slow
def test_a_like_stays_with_the_browser_that_said_it(app: str, browser: Browser) -> None:
    page = browser.new_context().new_page()
    choose(page, app, "happy")
    title = tile(page, 3).locator(".title").inner_text()
    liked = tile(page, 3).get_by_role("button", name="Liked")
    press_until(tile(page, 3).get_by_role("button", name=re.compile("^Like")), liked)
    choose(page, app, "happy")
    mine = page.locator(".st-key-tiles [class*=st-key-tile-]", has_text=title)
    expect(mine.get_by_role("button", name="Liked")).to_have_count(1)
    expect(mine.locator(".why")).to_contain_text("you like it")
    other = browser.new_context().new_page()
    choose(other, app, "happy")
    expect(other.get_by_role("button", name="Liked")).to_have_count(0)


@pytest.mark.slow
def test_a_banned_artist_is_gone_and_stays_away(app: str, browser: Browser) -> None:
    page = browser.new_context().new_page()
    choose(page, app, "sad")
    banned = first_artist(page, 1)
    say(page, 1, "Never play this artist")
    # On a phone, both stand at the foot.
    page.set_viewport_size({"width": 390, "height": 844})
    undo, sound = (
        page.locator(f".st-key-{one}").bounding_box() for one in ("undo", "dock-mood-sound")
    )
    assert undo is not None
    assert sound is not None
    assert undo["y"] + undo["height"] <= sound["y"]
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(tile(page, 1).locator(".artists")).not_to_contain_text(banned)
    expect(page.locator(".st-key-tiles .artists")).to_have_count(DEFAULT_COUNT)
    for _ in range(2):
        assert not any(banned in names.split(", ") for names in artists(page))
        choose(page, app, "sad")


@pytest.mark.slow
def test_not_now_gives_another_song_in_its_place(app: str, browser: Browser) -> None:
    page = browser.new_context().new_page()
    choose(page, app, "angry")
    title = tile(page, 0).locator(".title").inner_text()
    beside = tile(page, 1).locator(".title").inner_text()
    say(page, 0, "Skip for now")
    expect(tile(page, 0).locator(".title")).not_to_have_text(title)
    expect(tile(page, 1).locator(".title")).to_have_text(beside)
    page.locator(".st-key-undo").get_by_role("button", name="Undo").click()
    expect(tile(page, 0).locator(".title")).to_have_text(title)
    expect(page.locator(".st-key-undo")).to_have_count(0)


@pytest.mark.slow
def test_the_browsers_language_comes_first_and_one_press_ends_it(
    app: str, browser: Browser
) -> None:
    page = browser.new_context(locale="de-DE").new_page()
    choose(page, app, "happy", "?interface=en")
    german = page.locator('.st-key-tiles .mr-tile[data-language="German"]')
    expect(german).to_have_count(7)
    expect(page.locator('.st-key-tiles .mr-tile[data-source="catalogue"]')).to_have_count(12)
    chip = page.get_by_role("button", name="German first")
    chip.click()
    expect(chip).to_have_count(0)
    page.wait_for_url("**first=off**", timeout=PATIENCE_MS)
    settle(page)
    assert german.count() < 4


@pytest.mark.slow
def test_the_numbers_stand_behind_the_line(app: str, browser: Browser) -> None:
    page = browser.new_context().new_page()
    choose(page, app, "happy")
    menu = open_menu(tile(page, 0))
    words, numbers = menu.locator(".mr-why table").all()
    expect(words).to_contain_text("Matches your mood")
    expect(words).to_contain_text("close")
    expect(numbers).to_be_hidden()
    press_until(menu.get_by_text("In numbers"), numbers)
    expect(numbers).to_contain_text("nearness to the mood")
    expect(numbers).to_contain_text("relevance")


@pytest.mark.slow
def test_tiles_are_a_list_of_three_stops_each_and_the_focus_goes_on(
    app: str, browser: Browser
) -> None:
    page = browser.new_context().new_page()
    choose(page, app, "happy")
    # The page has moved, so far that the first songs are seen and the mood still is.
    expect(tile(page, 0).locator("img")).to_be_in_viewport(ratio=0.5)
    expect(page.locator(".st-key-mood-label")).to_be_in_viewport(ratio=1)
    songs = page.locator(".st-key-tiles")
    expect(songs.get_by_role("listitem")).to_have_count(DEFAULT_COUNT)
    assert songs.get_attribute("role") == "list"
    expect(songs.get_by_role("heading", level=3)).to_have_count(DEFAULT_COUNT)
    assert tile(page, 2).locator(":is(a[href], button, summary, [tabindex])").count() == 3
    assert tile(page, 2).locator("[data-language][data-source]").count() == 1
    motifs = songs.locator(".mr-cover img").evaluate_all("all => all.map(one => one.src)")
    assert len(set(motifs)) == DEFAULT_COUNT
    title = tile(page, 2).locator(".title").inner_text()
    tile(page, 2).get_by_role("button", name="Like").press("Enter")
    expect(tile(page, 2).get_by_role("button", name="Liked")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    menu = page.get_by_test_id("stPopoverBody")
    expect(menu.get_by_role("link").first).to_be_focused()
    menu.get_by_role("button", name="Never play this song").press("Enter")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    expect(menu).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text=title)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(undo).to_have_count(0)
    expect(tile(page, 2).locator(".title")).to_have_text(title)
    expect(tile(page, 2).get_by_role("button", name="Options for")).to_be_focused()


@pytest.mark.slow
def test_a_journey_is_drawn_and_planned_anew_from_another_mood(app: str, browser: Browser) -> None:
    page = browser.new_context().new_page()
    choose(page, app, "sad", "?goal=happy")
    plane = page.locator(".mr-plane.journey")
    expect(plane.locator(".stop")).to_have_count(12)
    expect(plane.locator("img.way")).to_have_count(1)
    expect(tile(page, 0).locator(".why")).to_contain_text("1. gloomy")
    expect(tile(page, 11).locator(".why")).to_contain_text("12. bright")
    shown = tile(page, 0).locator(".title").inner_text()
    page.get_by_role("radio", name="angry", exact=True).click()
    expect(tile(page, 0).locator(".title")).not_to_have_text(shown, timeout=PATIENCE_MS)
    expect(plane).to_have_attribute("aria-label", re.compile("from angry to happy"))
    page.get_by_role("button", name="More like the last one").click()
    expect(tile(page, 12)).to_be_visible()
    expect(tile(page, 12).locator(".why")).to_contain_text("bright")
