"""What phones do to a camera: hide its page, take it away, turn it, have several, ask late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages.ui.listen.camera import problems, waits
from tests.e2e.driver import agree, press_start, wait_for_label

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

# A phone's camera: `phone.upright` turns it, `phone.refusal` lends it to another app. In the middle
# of what it shows is what the browser's own camera shows.
PHONE = """
    const media = navigator.mediaDevices;
    const real = media.getUserMedia.bind(media);
    const phone = (window.top.phone ??= { opened: 0, sockets: [], plays: true });
    media.getUserMedia = async (wish) => {
        if (phone.refusal) {
            phone.refused = true;
            throw new DOMException("", phone.refusal);
        }
        const video = document.createElement("video");
        Object.assign(video, { muted: true, srcObject: await real(wish) });
        await video.play();
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d");
        setInterval(() => {
            const [width, height] = phone.upright ? [480, 640] : [640, 480];
            if (canvas.width !== width) Object.assign(canvas, { width, height });
            context.drawImage(video, (width - 640) / 2, (height - 480) / 2);
        }, 66);
        phone.opened += 1;
        return canvas.captureStream(15);
    };
    Object.defineProperty(document, "hidden", { get: () => Boolean(phone.hidden) });
    phone.hide = (hidden) => {
        phone.hidden = hidden;
        window.top.document.dispatchEvent(new Event("visibilitychange"));
    };
    phone.track = () => window.top.document.moodringStream.getVideoTracks()[0];
    phone.mute = (muted) =>
        Object.defineProperty(phone.track(), "muted", { value: muted, configurable: true });
    const Socket = window.WebSocket;
    window.WebSocket = class extends Socket {
        constructor(...given) { super(...given); phone.sockets.push(this); }
    };
"""
# As on a phone that saves power: until a touch, nothing plays.
POWER_SAVING = """
    const Media = HTMLMediaElement.prototype;
    const play = Media.play;
    addEventListener("pointerdown", () => { window.touched = true; }, true);
    Object.defineProperty(Media, "autoplay", { set: () => null });
    Media.play = function () {
        const refusal = new DOMException("", "NotAllowedError");
        return window.touched ? play.call(this) : Promise.reject(refusal);
    };
"""
DEVICE = "document.moodringStream?.getVideoTracks()[0].getSettings().deviceId"
# Shares of the mirror: where the middle of the box at the face lies.
MIDDLE = """() => {
    const { left, top, width, height } = document.querySelector(".corners").style;
    return [left, top].map((one, at) => parseFloat(one) + parseFloat([width, height][at]) / 2);
}"""


@pytest.fixture
def phone(app: str, open_browser: Callable[..., Browser], smiling_clip: Path) -> Page:
    browser = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",))
    page = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
    page.add_init_script(PHONE)
    agree(page, app)
    press_start(page)
    wait_for_label(page, "happy")
    expect(page.locator(".st-key-tile-7")).to_be_visible()
    return page


@pytest.mark.slow
def test_a_camera_goes_on_where_it_was_after_the_phone_was_elsewhere(phone: Page) -> None:
    songs = phone.locator(".st-key-tiles").inner_text()
    ring = phone.locator(".st-key-ring")
    # Another app, for which the system closes the page's sockets and ends the camera.
    phone.evaluate("phone.hide(true)")
    phone.evaluate("phone.track().stop()")
    phone.evaluate("for (const socket of phone.sockets) socket.close()")
    phone.evaluate("phone.hide(false)")
    phone.wait_for_function("phone.opened === 2 && document.moodringStream.active")
    wait_for_label(phone, "happy")
    assert phone.locator(".st-key-tiles").inner_text() == songs
    expect(ring.locator("video")).to_be_visible()
    # A call: the camera is muted, and another app has it.
    phone.evaluate("phone.refusal = 'NotReadableError'")
    phone.evaluate("phone.mute(true)")
    hint = phone.locator(".mr-hint").first
    expect(hint).to_have_text("Your device has paused the camera. It goes on by itself.")
    phone.wait_for_function("phone.refused")
    expect(ring).to_have_attribute("data-state", "connecting")
    # While it runs there is no Start to press.
    for refusal, problem in (("NotAllowedError", "refused"), ("NotFoundError", "missing")):
        phone.evaluate("name => { phone.refusal = name; }", refusal)
        expect(hint).to_have_text(waits()[problem])
    phone.evaluate("phone.refusal = null")
    wait_for_label(phone, "happy")
    # Turned upright, the mirror shows the same cut from the middle.
    place = phone.evaluate(MIDDLE)
    phone.evaluate("phone.upright = true")
    phone.wait_for_function("document.querySelector('.st-key-ring > video').videoWidth === 480")
    near = f"place => ({MIDDLE})().every((one, at) => Math.abs(one - place[at]) < 4)"
    phone.wait_for_function(near, arg=place)
    wait_for_label(phone, "happy")
    expect(ring).to_have_attribute("data-way", "webrtc")


@pytest.mark.slow
def test_a_camera_that_is_allowed_late_starts_by_itself_and_can_give_way_to_another(
    app: str, open_browser: Callable[..., Browser]
) -> None:
    # Chromium's own pictures: without a face.
    faceless = "Looking for your face …"
    two = "--use-fake-device-for-media-stream=device-count=2"
    browser = open_browser(extra=(two,), whole=True)
    page = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
    page.add_init_script(POWER_SAVING)
    agree(page, app)
    press_start(page)
    expect(page.get_by_text(problems()["refused"])).to_be_visible()
    page.evaluate("window.touched = false")
    page.context.grant_permissions(["camera"])
    wait_for_label(page, faceless)
    # Nothing plays before a touch; the camera's pictures come all the same.
    still = "document.querySelector('.st-key-ring > video').paused"
    assert page.evaluate(still)
    another = page.get_by_role("button", name="Another camera")
    first = page.evaluate(DEVICE)
    another.tap()
    page.wait_for_function(f"before => ({DEVICE}) !== before", arg=first)
    second = page.evaluate(DEVICE)
    page.wait_for_function(f"!({still})")
    wait_for_label(page, faceless)
    page.locator(".st-key-stop-camera button").click()
    wait_for_label(page, "Ready when you are")
    expect(another).to_have_count(0)
    press_start(page)
    wait_for_label(page, faceless)
    assert page.evaluate(DEVICE) == second, "the choice is remembered"
