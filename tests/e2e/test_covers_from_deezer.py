"""Deezer's covers over ours, its previews, and where songs are opened, in the browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from recommender.catalogue.starter import STARTER, read_songs
from recommender.deezer.matching import search_words
from recommender.types import SourceName, Track
from tests.e2e.driver import press_until, running_app
from tests.fakes.deezer import FakeDeezer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Route

PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"><rect width="500" '
    'height="500" fill="#a238ff"/></svg>'
)
ASKED = """async song => {
    const answer = await fetch(song, { redirect: "manual" });
    return [answer.type, answer.status];
}"""


def knowing_the_catalogue(fake: FakeDeezer) -> FakeDeezer:
    """Let the fake know every song of the starter catalogue."""
    for song in read_songs(STARTER.read_bytes()):
        track = Track(song.title, tuple(song.artists), SourceName.CATALOGUE, "1")
        fake.songs[search_words(track)] = (track.title, track.artists[0])
    return fake


@pytest.mark.slow
def test_covers_slide_in_once_deezer_is_switched_on(
    detector_dir: Path, open_browser: Callable[..., Browser]
) -> None:
    page = open_browser().new_page(viewport={"width": 390, "height": 844})
    fetched: list[str] = []

    def picture(route: Route) -> None:
        fetched.append(route.request.url)
        assert "referer" not in route.request.headers
        route.fulfill(body=PICTURE, content_type="image/svg+xml")

    page.route(re.compile(r"^https://[a-z-]+\.dzcdn\.net/"), picture)
    page.add_init_script(
        "document.addEventListener('moodring-deezer', event => { window.heard = event.detail; });"
    )
    with FakeDeezer() as fake, running_app(detector_dir, **fake.environ) as base:
        knowing_the_catalogue(fake)
        page.goto(f"{base}/?open=apple")
        press_until(page.locator(".st-key-no-camera button"), page.locator(".st-key-pad"))
        page.get_by_role("radio", name="happy", exact=True).click()
        first = page.locator(".st-key-tile-0 a.mr-cover")
        expect(first).to_have_attribute("href", re.compile(r"^https://music\.apple\.com/search"))
        expect(first).to_have_accessible_name(re.compile("^Open on Apple Music: "))
        button = page.locator(".st-key-deezer button")
        expect(button).to_contain_text("Covers and 30-second previews from Deezer")
        assert (fake.asked, fetched) == ([], [])
        assert button.locator("p").evaluate("one => one.scrollWidth <= one.clientWidth")
        real = page.locator(".st-key-tiles img.mr-real")
        # Once: it is a switch.
        button.click()
        expect(real).to_have_count(page.locator(".st-key-tiles .mr-tile").count())
        expect(button).to_contain_text("No more from Deezer")
        # A press leads on to the preview of the moment, for this browser.
        songs = page.evaluate("() => Object.values(window.heard)")
        assert page.evaluate(ASKED, songs[0]["preview"]) == ["opaqueredirect", 0]
        assert fake.asked[-1].startswith("/track/")
        expect(first).to_have_accessible_name(re.compile("^Preview 30 s: "))
        # A phone has no pointer to show it: the words lie on top.
        assert first.locator("img.mr-real ~ .does").count() == 1
        # What another press redraws keeps its covers.
        count = real.count()
        tile = page.locator(".st-key-tile-0")
        tile.get_by_role("button", name="Like", exact=True).click()
        expect(tile.get_by_role("button", name="Liked", exact=True)).to_be_visible()
        expect(real).to_have_count(count)
        page.reload()
        press_until(page.locator(".st-key-no-camera button"), page.locator(".st-key-pad"))
        page.get_by_role("radio", name="happy", exact=True).click()
        expect(real.first).to_be_visible()
        asked = len(fake.asked)
        button.click()
        expect(real).to_have_count(0)
        expect(first).to_have_accessible_name(re.compile("^Open on Apple Music: "))
        assert len(fake.asked) == asked
        choice = page.locator(".st-key-open-songs-in")
        choice.get_by_role("combobox").click()
        page.get_by_role("option", name="Deezer", exact=True).click()
        expect(first).to_have_accessible_name(re.compile("^Open on Deezer: "))
        expect(page).to_have_url(re.compile(r"[?&]open=deezer\b"))
        page.wait_for_function("document.cookie.includes('moodring_open=deezer')")
        page.wait_for_function("!document.cookie.includes('moodring_deezer')")
