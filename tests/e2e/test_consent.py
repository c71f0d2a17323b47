"""No camera before the notice was agreed to, on any page, however it is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.driver import PATIENCE_MS, press_until, running_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

# Counts every attempt to open a camera, in the page and in each of its frames.
COUNT_CAMERAS = """
    window.top.cameras = window.top.cameras ?? 0;
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = (...all) => { window.top.cameras += 1; return open(...all); };
"""


@pytest.fixture
def context(open_browser: Callable[..., Browser], smiling_clip: Path) -> BrowserContext:
    browser = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",))
    context = browser.new_context()
    context.add_init_script(COUNT_CAMERAS)
    return context


def cameras(page: Page) -> int:
    return int(page.evaluate("window.top.cameras ?? 0"))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?way=Photo&consent=1",
        *(
            pytest.param(path, marks=pytest.mark.slow)
            for path in ("/library", "/about", "/history", "/catalogue", "/?way=Camera")
        ),
    ],
)
def test_first_request_straight_to_any_page(
    detector_dir: Path, context: BrowserContext, path: str
) -> None:
    with running_app(detector_dir) as base:
        page = context.new_page()
        page.goto(base + path)
        expect(page.get_by_text("Moodring").first).to_be_visible()
        page.wait_for_timeout(2500)
        assert cameras(page) == 0
        assert page.locator('iframe[src*="webrtc_streamer"]').count() == 0
        assert page.locator("[data-testid=stCameraInput]").count() == 0


def test_photo_asks_too(app: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(app)
    page.locator(".st-key-way").get_by_role("radio", name="Photo").click(timeout=PATIENCE_MS)
    expect(page.locator(".st-key-notice")).to_be_visible()
    assert page.locator("[data-testid=stFileUploader]").count() == 0
    assert cameras(page) == 0


def test_without_a_camera_one_press_leads_to_by_hand_and_to_songs(
    app: str, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(app)
    press_until(page.locator(".st-key-no-camera button"), page.locator(".st-key-pad"))
    expect(page.locator(".st-key-pad")).to_be_visible()
    page.get_by_role("radio", name="happy", exact=True).click()
    expect(page.locator(".st-key-tile-7")).to_be_visible()
    assert cameras(page) == 0


def test_agreement_lasts_for_the_browser_session_and_can_be_withdrawn_everywhere(
    app: str, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(app)
    page.locator(".st-key-agree button").click(timeout=PATIENCE_MS)
    expect(page.locator('iframe[src*="webrtc_streamer"]')).to_be_visible()
    page.reload()
    expect(page.locator('iframe[src*="webrtc_streamer"]')).to_be_visible()
    page.goto(f"{app}/about")
    page.locator(".st-key-withdraw button").click(timeout=PATIENCE_MS)
    expect(page.get_by_text("You have not agreed")).to_be_visible()
    page.wait_for_timeout(500)
    other = context.new_page()
    other.goto(app)
    expect(other.locator(".st-key-notice")).to_be_visible()
    assert cameras(other) == 0


def test_withdrawing_stops_the_camera_and_shows_the_notice(
    app: str, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(app)
    page.locator(".st-key-agree button").click(timeout=PATIENCE_MS)
    frame = page.locator('iframe[src*="webrtc_streamer"]')
    expect(frame).to_be_visible()
    page.locator(".st-key-withdraw button").click()
    expect(page.locator(".st-key-notice")).to_be_visible()
    expect(frame).to_have_count(0)
