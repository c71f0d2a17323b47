"""The Songs page: a visitor browses; its owner adds a folder, refreshes, and removes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages.ui.catalogue.page import AT_ONCE, OWN_FIRST
from tests.e2e.driver import owner_address, press_until, running_app, settle
from tests.e2e.screens import owed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page


@pytest.fixture
def page(open_browser: Callable[..., Browser]) -> Page:
    return open_browser().new_page()


def songs(page: Page) -> Locator:
    return page.get_by_test_id("stMetric").filter(has_text="Songs")


def open_tools(page: Page) -> None:
    tools = page.locator(".st-key-manage-songs")
    press_until(tools.locator("summary").first, tools.get_by_label("File or folder"))


def found(page: Page) -> Locator:
    return page.locator(".mr-found li")


def test_a_visitor_points_searches_and_sees_more(app: str, page: Page) -> None:
    page.goto(f"{app}/catalogue")
    title = page.locator(".mr-found-title")
    expect(title).to_have_text("Songs that sound bright")
    expect(found(page)).to_have_count(AT_ONCE)
    for place in range(OWN_FIRST):
        expect(found(page).nth(place)).to_contain_text("English")
    pad = page.locator(".st-key-songs-plane .pad")
    size = pad.bounding_box()
    assert size is not None
    pad.click(position={"x": 0.2 * size["width"], "y": 0.7 * size["height"]})
    expect(title).to_have_text("Songs that sound gloomy")
    first = found(page).first
    expect(first).to_contain_text("gloomy")
    assert "https://www.youtube.com/results" in str(
        first.get_by_role("link", name="YouTube").get_attribute("href")
    )
    # By keys alone.
    before = first.text_content() or ""
    pad.focus()
    for _ in range(4):
        pad.press("ArrowUp")
    expect(pad).to_have_attribute("aria-valuetext", re.compile("20 % bright, 50 % lively"))
    expect(first).not_to_have_text(before)
    page.get_by_role("button", name="More songs").click()
    expect(found(page)).to_have_count(2 * AT_ONCE)
    search = page.get_by_placeholder("Search title or artist")
    search.fill("aguas de")
    search.press("Enter")
    expect(title).to_have_text("Songs for “aguas de”")
    expect(found(page)).to_have_count(1)
    expect(found(page)).to_contain_text("Portuguese")
    search.fill("no such song anywhere")
    search.press("Enter")
    expect(title).to_have_text("Nothing found")
    page.get_by_role("button", name="Clear the search").click()
    expect(found(page)).to_have_count(AT_ONCE)


@pytest.mark.slow
def test_a_folder_is_added_refreshed_and_removed(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "mine.csv").write_text("title,artist,valence,energy\nOne,Me,0.9,0.9\n,Nobody,1,1\n")
    with running_app(tmp_path, terminal=True) as base:
        page.goto(owner_address(tmp_path))
        page.goto(f"{base}/catalogue")
        path = page.get_by_label("File or folder")
        open_tools(page)
        path.fill(str(tmp_path / "nowhere"))
        path.press("Enter")
        expect(page.get_by_text("There is no file or folder")).to_be_visible()
        before = int(songs(page).inner_text().split()[-1].replace(",", ""))
        path.fill(str(folder))
        path.press("Enter")
        expect(
            page.get_by_text("mine.csv: new, 1 song. 1 row is no song. The first is line").first
        ).to_be_visible()
        expect(songs(page)).to_contain_text(f"{before + 1:,}")
        (folder / "more.m3u").write_text("#EXTM3U\n#EXTINF:1,Me - One\nx\n")
        said = page.get_by_text("more.m3u: new, 1 song.").first
        press_until(page.get_by_role("button", name="Refresh now"), said)
        gone = page.get_by_text(f"{folder} · 2 songs")
        expect(gone).to_be_visible()
        assert owed(page) == []
        page.get_by_role("button", name="Remove").first.click()
        expect(gone).to_have_count(0)
        expect(songs(page)).to_contain_text(f"{before:,}")
        weekly = page.get_by_role("switch", name="Refresh every week")
        expect(weekly).not_to_be_checked()
        page.locator(".st-key-weekly label").click()
        expect(weekly).to_be_checked()
        settle(page)
        page.reload()
        open_tools(page)
        expect(weekly).to_be_checked()


@pytest.mark.slow
def test_nobody_but_the_owner_changes_files_from_the_page(
    open_browser: Callable[..., Browser], tmp_path: Path
) -> None:
    owner, stranger = (open_browser().new_context().new_page() for _ in range(2))
    with running_app(tmp_path, terminal=True) as base:
        owner.goto(owner_address(tmp_path))
        expect(owner).to_have_url(f"{base}/")
        owner.goto(f"{base}/catalogue")
        open_tools(owner)
        expect(owner.get_by_role("button", name="Refresh now")).to_be_visible()
        # No script on the page can read the cookie.
        assert "moodring_owner" not in owner.evaluate("document.cookie")
        stranger.goto(f"{base}/catalogue")
        expect(stranger.get_by_text("Only the owner of this computer")).to_be_visible()
        assert stranger.get_by_label("File or folder").count() == 0
        assert stranger.get_by_role("button", name="Refresh now").count() == 0
