"""The main path with a Spotify key, against the fake, on good days and bad."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.busy import LATE_S
from tests.e2e.driver import (
    PATIENCE_MS,
    agree,
    press_start,
    press_until,
    running_app,
    wait_for_label,
)
from tests.fakes.spotify import FakeSpotify, FaultPlan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

# For songs and a sentence, by the product's promise; the rest is the browser's and the camera's.
PROMISE_S = 3.0
DRAWING_S = 3.0


@pytest.fixture
def page(open_browser: Callable[..., Browser], smiling_clip: Path) -> Page:
    return open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()


def test_a_smile_becomes_songs_on_spotify(detector_dir: Path, page: Page) -> None:
    with FakeSpotify() as fake, running_app(detector_dir, **fake.environ) as base:
        agree(page, base)
        press_start(page)
        wait_for_label(page, "happy")
        expect(page.locator(".st-key-tile-7")).to_be_visible()
        tile = page.locator(".st-key-tile-0")
        expect(tile.locator("a:has(img)")).to_have_attribute(
            "href", re.compile(r"^https://open\.spotify\.com/track/[0-9A-Za-z]{22}$")
        )
        expect(tile.get_by_role("button", name=re.compile("^Play "))).to_be_visible()
        before = len(fake.searches)
        assert before >= 1
        page.wait_for_timeout(3000)
        assert len(fake.searches) == before, "searched again without being asked"


@pytest.mark.slow
def test_a_stalled_spotify_gives_the_catalogue_and_one_sentence(
    detector_dir: Path, page: Page
) -> None:
    with FakeSpotify() as fake, running_app(detector_dir, **fake.environ) as base:
        fake.plan = FaultPlan(search="stall")
        page.goto(base)
        press_until(page.locator(".st-key-no-camera button"), page.locator(".st-key-pad"))
        chip = page.get_by_role("radio", name="happy", exact=True)
        chip.wait_for(timeout=PATIENCE_MS)
        start = time.monotonic()
        chip.click()
        expect(page.locator(".st-key-tile-7")).to_be_visible()
        assert time.monotonic() - start < PROMISE_S + DRAWING_S + LATE_S
        expect(page.get_by_text("these songs come from Moodring's own catalogue")).to_be_visible()
        cover = page.locator(".st-key-tile-0").get_by_role("link")
        expect(cover).to_have_accessible_name(re.compile("^Open on YouTube: "))
