"""No camera before the notice was agreed to, on any page, however it is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages.ui.visitor.browser import COOKIE
from tests.e2e.driver import (
    PATIENCE_MS,
    agree,
    press_start,
    press_until,
    running_app,
    settle,
    start_until,
    wait_for_label,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute

# Counts every attempt to open a camera, in the page and in each of its frames, and keeps what came.
COUNT_CAMERAS = """
    window.top.cameras = window.top.cameras ?? 0;
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    window.top.tracks = window.top.tracks ?? [];
    devices.getUserMedia = async (...all) => {
        window.top.cameras += 1;
        const stream = await open(...all);
        window.top.tracks.push(...stream.getTracks());
        return stream;
    };
"""


@pytest.fixture
def context(open_browser: Callable[..., Browser], smiling_clip: Path) -> BrowserContext:
    browser = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",))
    context = browser.new_context()
    context.add_init_script(COUNT_CAMERAS)
    return context


def cameras(page: Page) -> int:
    return int(page.evaluate("window.top.cameras ?? 0"))


def live_tracks(page: Page) -> int:
    return int(page.evaluate("window.top.tracks.filter(one => one.readyState === 'live').length"))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        *(
            pytest.param(path, marks=pytest.mark.slow)
            for path in (
                *("/library", "/about", "/history", "/catalogue"),
                *("/?way=camera", "/?way=photo&consent=1"),
            )
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


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1366, 768)])
def test_both_buttons_of_the_notice_are_on_the_first_screen(
    app: str, open_browser: Callable[..., Browser], width: int, height: int
) -> None:
    page = open_browser().new_page(viewport={"width": width, "height": height})
    page.goto(app)
    for key in ("agree", "no-camera"):
        expect(page.locator(f".st-key-{key} button")).to_be_in_viewport(ratio=1)
    settle(page)
    for key in ("agree", "no-camera"):
        expect(page.locator(f".st-key-{key} button")).to_be_in_viewport(ratio=1)
    expect(page.locator(".mr-point").first).to_be_hidden()
    page.get_by_text("All seven points").click()
    expect(page.locator(".mr-point").nth(6)).to_be_visible()


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
    expect(page.get_by_text("You haven’t agreed")).to_be_visible()
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


@pytest.mark.slow
def test_withdrawing_in_one_tab_ends_the_camera_of_another_and_stays(
    app: str, context: BrowserContext
) -> None:
    first = context.new_page()
    agree(first, app)
    press_start(first)
    wait_for_label(first, "happy")
    assert live_tracks(first) == 1
    second = context.new_page()
    second.goto(f"{app}/about")
    second.locator(".st-key-withdraw button").click(timeout=PATIENCE_MS)
    expect(second.get_by_text("You haven’t agreed")).to_be_visible()

    expect(first.locator(".st-key-notice")).to_be_visible()
    expect(first.locator('iframe[src*="webrtc_streamer"]')).to_have_count(0)
    expect(first.locator(".st-key-mood-label")).to_have_count(0)
    assert live_tracks(first) == 0
    first.locator(".st-key-top").get_by_role("link", name="About").click()
    expect(first.get_by_text("You haven’t agreed")).to_be_visible()
    first.locator(".st-key-top").get_by_role("link", name="Listen").click()
    expect(first.locator(".st-key-notice")).to_be_visible()
    third = context.new_page()
    third.goto(app)
    expect(third.locator(".st-key-notice")).to_be_visible()
    assert (cameras(first), cameras(second), cameras(third)) == (1, 0, 0)

    # Whoever agrees again may start the camera again.
    first.locator(".st-key-agree button").click(timeout=PATIENCE_MS)
    start_until(first, "happy")


@pytest.mark.slow
def test_a_tab_that_waits_shows_the_notice_too(app: str, context: BrowserContext) -> None:
    first = context.new_page()
    agree(first, app)
    expect(first.locator('iframe[src*="webrtc_streamer"]')).to_be_visible()
    second = context.new_page()
    second.goto(f"{app}/about")
    second.locator(".st-key-withdraw button").click(timeout=PATIENCE_MS)
    expect(first.locator(".st-key-notice")).to_be_visible()
    assert cameras(first) == 0


@pytest.mark.slow
def test_a_camera_stops_though_the_visitor_has_agreed_again_before_its_tab_has_looked(
    app: str, context: BrowserContext
) -> None:
    first, second = context.new_page(), context.new_page()
    asleep: list[bool] = []

    def pass_on(page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        page.on_message(lambda said: None if asleep else server.send(said))

    first.route_web_socket("**/_stcore/stream", pass_on)
    agree(first, app)
    press_start(first)
    wait_for_label(first, "happy")
    asleep.append(True)
    second.goto(f"{app}/about")
    second.locator(".st-key-withdraw button").click(timeout=PATIENCE_MS)
    expect(second.get_by_text("You haven’t agreed")).to_be_visible()
    second.goto(app)
    second.locator(".st-key-agree button").click(timeout=PATIENCE_MS)
    expect(second.locator('iframe[src*="webrtc_streamer"]')).to_be_visible()
    assert live_tracks(first) == 1
    asleep.clear()
    first.wait_for_function("window.tracks.every(one => one.readyState === 'ended')")
    wait_for_label(first, "Ready when you are")
    press_start(first)
    wait_for_label(first, "happy")


def test_the_browsers_cookie_is_made_here_and_no_script_reads_it(
    app: str, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(app)
    (cookie,) = [one for one in context.cookies() if one["name"].startswith(COOKIE)]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["expires"] == -1
    assert COOKIE not in page.evaluate("document.cookie")
    page.reload()
    assert cookie in context.cookies()
    context.add_cookies([{**cookie, "value": f"{'A' * 22}.{'A' * 43}"}])
    page.reload()
    (anew,) = [one for one in context.cookies() if one["name"].startswith(COOKIE)]
    assert anew["value"] not in {cookie["value"], f"{'A' * 22}.{'A' * 43}"}
