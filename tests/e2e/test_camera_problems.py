"""What can go wrong with a camera: one sentence each, with Photo and By hand beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages.ui.listen.camera import problems
from tests.e2e.driver import (
    UNREACHABLE,
    agree,
    press_start,
    running_app,
    start_button,
    start_until,
    wait_for_label,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

BUSY = """
    navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException("Could not start video source", "NotReadableError");
    };
"""
# An app's own browser may have none of it.
CAMERALESS = """
    Object.defineProperty(Navigator.prototype, "mediaDevices", { get: () => undefined });
"""
# No picture can be made in WebRTC's place either.
PICTURELESS = """
    HTMLCanvasElement.prototype.toBlob = (give) => give(null);
"""
# The connection stays, and no picture comes any more.
SILENCED = """
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
        constructor(settings) { super(settings); window.top.silence = () => {
            for (const sender of this.getSenders()) sender.replaceTrack(null);
        }; }
    };
"""


def expect_problem(page: Page, problem: str) -> None:
    expect(page.get_by_text(problems()[problem])).to_be_visible()
    expect(page.locator(".st-key-use-photo button")).to_be_visible()
    page.locator(".st-key-use-hand button").click()
    # A pad from before may still stand, and beside it the old choice between the ways.
    way = page.locator(".st-key-way").get_by_role("radio", name="Pick a mood")
    expect(way).to_be_checked()
    expect(page.locator(".st-key-pad")).to_be_visible()


def test_permission_refused(
    app: str, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    # Without --use-fake-ui-for-media-stream a whole browser refuses where nobody sees its question.
    page = open_browser(smiling_clip, whole=True).new_page()
    agree(page, app)
    press_start(page)
    expect_problem(page, "refused")


def test_no_camera(app: str, open_browser: Callable[..., Browser]) -> None:
    page = open_browser(extra=("--use-fake-ui-for-media-stream",)).new_page()
    agree(page, app)
    press_start(page)
    wait_for_label(page, "Your camera is off")
    expect(page.locator(".st-key-ring")).to_have_attribute("data-state", "no-camera")
    # The browser's own words are there for the page to read, and for nobody else.
    alert = page.frame_locator('iframe[title="Your camera"]').locator("[role=alert]")
    box = alert.bounding_box()
    assert box is not None
    assert box["width"] <= 1
    expect_problem(page, "missing")


@pytest.mark.slow
def test_a_busy_camera(app: str, open_browser: Callable[..., Browser], smiling_clip: Path) -> None:
    page = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()
    page.add_init_script(BUSY)
    agree(page, app)
    press_start(page)
    expect_problem(page, "busy")


@pytest.mark.slow
def test_an_app_that_shows_pages_without_a_camera(
    app: str, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    page = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()
    page.add_init_script(CAMERALESS)
    agree(page, app)
    expect_problem(page, "webview")


@pytest.mark.slow
def test_a_picture_that_never_comes_is_not_waited_for_for_ever(
    app: str, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    page = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()
    page.add_init_script(UNREACHABLE + PICTURELESS)
    agree(page, app)
    press_start(page)
    expect(page.get_by_text(problems()["unconnected"])).to_be_visible()
    wait_for_label(page, "Your camera is off")
    expect(start_button(page)).to_be_visible()
    expect_problem(page, "unconnected")


@pytest.mark.slow
def test_a_camera_that_falls_silent_is_hung_up_and_can_be_started_again(
    app: str, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    page = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()
    page.add_init_script(SILENCED + PICTURELESS)
    agree(page, app)
    press_start(page)
    wait_for_label(page, "happy")
    page.evaluate("window.silence()")
    wait_for_label(page, "Looking for your face …")
    wait_for_label(page, "Ready when you are")
    press_start(page)
    wait_for_label(page, "happy")


@pytest.mark.slow
def test_insecure_address(
    detector_dir: Path, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    page = open_browser(
        smiling_clip, extra=("--host-resolver-rules=MAP moodring.test 127.0.0.1",)
    ).new_page()
    # Known by that name, too.
    with running_app(detector_dir, MOODRING_REDIRECT_URI="https://moodring.test/") as base:
        agree(page, base.replace("127.0.0.1", "moodring.test"))
        expect_problem(page, "insecure")


@pytest.mark.slow
def test_without_a_seat_left_one_is_told_so_and_can_come_in_later(
    detector_dir: Path, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    with running_app(detector_dir, MOODRING_MAX_VISITORS="1") as base:
        browser = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",))
        first, second = browser.new_page(), browser.new_page()
        agree(first, base)
        start_until(first, "happy")
        agree(second, base)
        expect_problem(second, "full")
        first.locator(".st-key-way").get_by_role("radio", name="Pick a mood").click()
        second.locator(".st-key-way").get_by_role("radio", name="Camera").click()
        start_until(second, "happy")
        first.locator(".st-key-way").get_by_role("radio", name="Camera").click()
        expect_problem(first, "full")
        second.close()
        first.locator(".st-key-way").get_by_role("radio", name="Camera").click()
        start_until(first, "happy")
