"""DJ mode: another mood puts a song next, says why, and cuts nothing off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from recommender.listeners.store import id_of
from recommender.wiring import open_engine
from tests.e2e.driver import press_until, running_app, settle
from tests.fakes.library import keep_song
from tests.fakes.sounds import pattern, write
from tests.fakes.visits import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


def test_another_mood_chooses_what_comes_next(
    detector_dir: Path, tmp_path: Path, open_browser: Callable[..., Browser]
) -> None:
    engine = open_engine(detector_dir)
    for title, at in (("Bright", (0.81, 0.75)), ("Still", (0.5, 0.2))):
        file = write(tmp_path / f"{title}.mp3", pattern(30.0 + len(title)))
        keep_song(engine, title, f"Band of {title}", at=at, path=file, listener=id_of(TOKEN))
    engine.dispose()
    with running_app(detector_dir) as base:
        context = open_browser().new_context()
        context.add_cookies([{"name": "moodring_listener", "value": TOKEN, "url": base}])
        page = context.new_page()
        page.goto(base)
        happy = page.get_by_role("radio", name="happy", exact=True)
        press_until(page.locator(".st-key-no-camera button"), happy)
        own = page.locator(".st-key-tiles [data-play]").first
        press_until(happy, own)
        settle(page)
        own.click()
        dock = page.locator(".st-key-dock")
        expect(dock).to_have_attribute("data-state", "playing")
        expect(dock).to_have_attribute("data-title", "Bright")
        switch = page.locator(".st-key-dj-mode button")
        switch.click()
        expect(switch).to_have_attribute("aria-pressed", "true")
        settle(page)
        calm = page.get_by_role("radio", name="calm", exact=True)
        press_until(calm, dock.get_by_text("next, because you look calmer").first)
        expect(dock).to_have_attribute("data-title", "Bright")
        expect(dock).to_have_attribute("data-state", "playing")
        dock.get_by_role("button", name="The next song").click()
        expect(dock).to_have_attribute("data-title", "Still")
