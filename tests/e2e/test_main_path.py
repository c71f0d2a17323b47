"""From a fresh server to a song, through the visitor's own camera."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from detectors.types import EMOTIONS
from tests.e2e.driver import (
    agree,
    open_menu,
    press_start,
    running_app,
    scene,
    songs_shown,
    wait_for_label,
    write_clip,
)
from tests.fakes.serving import without_training

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page

# The old covers fade while the new ones rise.
WATCH_FADING = """() => {
  window.faded = new Set();
  document.addEventListener("animationstart", one => window.faded.add(one.animationName));
}"""

# How often the camera is opened, and how many streams come from the server.
COUNTED = """
  const media = navigator.mediaDevices, open = media.getUserMedia.bind(media);
  window.top.opened ??= 0;
  window.top.sentBack ??= 0;
  media.getUserMedia = (wish) => { window.top.opened += 1; return open(wish); };
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(settings) { super(settings); this.ontrack = () => { window.top.sentBack += 1; }; }
  };
"""


def label(page: Page) -> str:
    return page.locator(".st-key-mood-label").inner_text().strip()


@pytest.fixture
def smiling_page(open_browser: Callable[..., Browser], smiling_clip: Path) -> Page:
    browser = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",))
    return browser.new_page(reduced_motion="no-preference")


def test_a_smile_becomes_songs(detector_dir: Path, smiling_page: Page) -> None:
    page = smiling_page
    page.set_viewport_size({"width": 1366, "height": 768})
    with running_app(detector_dir, **without_training()) as base:
        page.goto(base)
        expect(page.locator(".st-key-notice")).to_be_visible()
        page.locator(".st-key-agree button").click()
        press_start(page)
        wait_for_label(page, "happy")
        expect(page.locator(".st-key-tile-7")).to_be_visible()
        # A row of covers is seen without a hand on the wheel, and the mood above it.
        expect(page.locator(".st-key-tile-0 img")).to_be_in_viewport(ratio=1)
        expect(page.locator(".st-key-tile-3 img")).to_be_in_viewport(ratio=1)
        expect(page.locator(".st-key-mood-label")).to_be_in_viewport(ratio=1)
        # Each part is waited for: the browser may still be drawing the tile.
        tile = page.locator(".st-key-tile-0")
        cover = tile.get_by_role("link", name=re.compile("^Open on YouTube: "))
        there = re.compile(r"^https://www\.youtube\.com/results\?")
        expect(cover).to_have_attribute("href", there)
        expect(tile).not_to_contain_text("Play")
        other = open_menu(tile).get_by_role("link", name="Open on Spotify")
        expect(other).to_have_attribute("href", re.compile("^https://open.spotify.com/"))


def test_tiles_stay_until_asked_and_the_camera_stops_and_starts_again(
    app: str, smiling_page: Page
) -> None:
    page = smiling_page
    page.add_init_script(COUNTED)
    agree(page, app)
    ring = page.locator(".st-key-ring")
    expect(ring).to_have_attribute("data-state", "idle")
    press_start(page)
    expect(ring).to_have_attribute("data-state", "sure")
    expect(ring).to_have_attribute("data-mood", "happy")
    expect(page.locator('iframe[title="Your camera"]')).to_be_visible()
    frame = page.frame_locator('iframe[title="Your camera"]')
    expect(frame.locator("button").first).to_be_hidden()
    # The very picture of the camera, which the browser does not open twice.
    expect(ring).to_have_attribute("data-way", "webrtc")
    expect(ring.locator("> video")).to_be_visible()
    page.wait_for_function("document.querySelector('.st-key-ring > video').videoWidth > 0")
    assert page.evaluate("[window.opened, window.sentBack]") == [1, 0]
    before = songs_shown(page)
    page.wait_for_timeout(3000)
    assert songs_shown(page) == before
    page.locator(".st-key-more button").click()
    expect(page.locator(".st-key-tile-12")).to_be_visible()
    page.locator(".st-key-stop-camera button").click()
    wait_for_label(page, "Ready when you are")
    expect(page.locator(".st-key-stop-camera button")).to_be_disabled()
    expect(ring).to_have_attribute("data-state", "idle")
    press_start(page)
    wait_for_label(page, "happy")
    page.keyboard.press("q")
    wait_for_label(page, "Ready when you are")


@pytest.mark.slow
def test_a_clip_without_a_face_never_yields_an_emotion(
    app: str, open_browser: Callable[..., Browser], empty_clip: Path
) -> None:
    page = open_browser(empty_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()
    agree(page, app)
    press_start(page)
    wait_for_label(page, "Looking for your face …")
    for _ in range(20):
        page.wait_for_timeout(200)
        assert label(page) not in EMOTIONS
    assert page.locator(".st-key-tile-0").count() == 0
    expect(page.locator(".st-key-play-my-mood button")).to_be_disabled()


def test_to_say_a_mood_is_to_ask_and_there_is_a_way_back(
    app: str,
    open_browser: Callable[..., Browser],
    smiling_clip: Path,
) -> None:
    browser = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",))
    page = browser.new_page(reduced_motion="no-preference")
    agree(page, app)
    press_start(page)
    first = songs_shown(page)
    page.locator(".st-key-way").get_by_role("radio", name="Pick a mood").click()
    page.evaluate(WATCH_FADING)
    page.get_by_role("radio", name="sad", exact=True).click()
    wait_for_label(page, "sad")
    page.wait_for_function("() => window.faded.has('mr-fade')")
    expect(page.locator(".mr-before")).to_have_count(0)
    sad = re.compile("gloomy|wistful")
    expect(page.locator(".st-key-tile-0 .why")).to_contain_text(sad)
    page.locator(".st-key-previous-songs button").click()
    expect(page.locator(".st-key-tile-0 .why")).not_to_contain_text(sad)
    # Tile by tile, the first come before the last.
    expect(page.locator(".st-key-tiles")).to_have_text(first, use_inner_text=True)
    page.keyboard.press("p")
    expect(page.locator(".st-key-tile-0 .why")).to_contain_text(sad)
    page.locator(".st-key-lift-happy button").click()
    expect(page.locator(".mr-plane.journey")).to_have_attribute("aria-label", re.compile("happy"))
    page.wait_for_url("**goal=happy**")


@pytest.mark.slow
def test_the_face_going_away_is_noticed(
    app: str,
    open_browser: Callable[..., Browser],
    astronaut: NDArray[np.uint8],
    tmp_path: Path,
) -> None:
    clip = write_clip(tmp_path / "gone.y4m", [scene(astronaut)] * 60 + [scene(None)] * 60)
    page = open_browser(clip, extra=("--use-fake-ui-for-media-stream",)).new_page()
    agree(page, app)
    press_start(page)
    wait_for_label(page, "happy")
    wait_for_label(page, "Looking for your face …")
    wait_for_label(page, "happy")
