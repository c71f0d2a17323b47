"""Where WebRTC cannot pass, or breaks off, the page goes on by small pictures, and says so."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages.ui.js import script
from pages.ui.listen.pictures import MAX_BYTES, check, decoded
from tests.e2e.driver import BY_PICTURES, UNREACHABLE, agree, press_start, wait_for_label

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

# A camera that shows a page's own drawing, and a line that answers when it is told to.
PAGE = """
    <canvas></canvas>
    <div class="st-key-ring"><video muted autoplay playsinline></video></div>
    <script type="module">
      const canvas = document.querySelector("canvas");
      const context = canvas.getContext("2d");
      const [width, height, rich] = {drawing};
      [canvas.width, canvas.height] = [width, height];
      const image = context.createImageData(width, height);
      image.data.forEach((_, at) => {
        const lit = (at >> 2) % width < width / 2 ? 250 : 0;
        const noise = ((at * 2654435761) >>> 13) & 255;
        image.data[at] = at % 4 === 3 ? 255 : rich ? noise : lit;
      });
      context.putImageData(image, 0, 0);
      document.querySelector("video").srcObject = canvas.captureStream(15);
      window.sent = [];
      document.moodringSend = (blob) => window.sent.push(blob);
      window.read = (at) => new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.split(",")[1]);
        reader.readAsDataURL(window.sent.at(at));
      });
      window.tell = (detail) =>
        document.dispatchEvent(new CustomEvent("moodring-reading", { detail }));
      const made = await import("data:text/javascript," + encodeURIComponent({pictures}));
      window.leave = made.default({ parentElement: document.body });
      setInterval(() => context.fillRect(0, 0, 1, 1), 50);
      window.ready = true;
    </script>
"""
# The connection breaks off when it is told to, as one does whose network is gone.
BROKEN_OFF = """
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
        constructor(settings) {
            super(settings);
            window.top.breakOff = () => {
                const senders = this.getSenders().map(({ track }) => ({ track }));
                this.close();
                [this.getTransceivers, this.getSenders] = [() => [], () => senders];
                this.dispatchEvent(new Event("connectionstatechange"));
            };
        }
    };
"""
OPEN_CAMERAS = "() => document.moodringStream?.active ?? false"


class Sender:
    """The page's script alone, with a camera and a line made here."""

    def __init__(self, page: Page, width: int, height: int, *, rich: bool = False) -> None:
        self.page = page
        drawing = json.dumps([width, height, rich])
        text = PAGE.replace("{pictures}", json.dumps(script("pictures")))
        page.set_content(text.replace("{drawing}", drawing))
        page.wait_for_function("window.ready")

    def wait_for(self, count: int) -> None:
        self.page.wait_for_function("(count) => window.sent.length >= count", arg=count)

    def tell(self, way: str, heard: int) -> None:
        self.page.evaluate("(told) => tell(told)", {"way": way, "heard": heard})

    def last(self) -> bytes:
        return base64.b64decode(self.page.evaluate("read(-1)"))


def test_pictures_go_one_by_one_while_they_are_wanted(open_browser: Callable[..., Browser]) -> None:
    sender = Sender(open_browser().new_page(), 640, 480)
    page = sender.page
    sender.tell("webrtc", 0)
    for _ in range(2):
        sender.tell("pictures", 0)
    sender.wait_for(1)
    content = sender.last()
    assert check(content) == (480, 360)
    pixels = decoded(content)
    assert pixels[180, 60].min() > 200, "as the camera sees it, not mirrored"
    assert pixels[180, 420].max() < 50
    # Whatever else is told, the next one waits for an answer.
    for _ in range(3):
        sender.tell("pictures", 0)
    sender.tell("pictures", 1)
    sender.wait_for(2)
    page.evaluate("window.leave()")
    sender.tell("pictures", 2)
    assert page.evaluate("window.sent.length") == 2


def test_no_picture_is_too_rich_and_one_held_upright_stays_so(
    open_browser: Callable[..., Browser],
) -> None:
    sender = Sender(open_browser().new_page(), 600, 800, rich=True)
    sender.tell("pictures", 0)
    sender.wait_for(1)
    assert len(sender.last()) <= MAX_BYTES
    assert check(sender.last()) == (360, 480)


@pytest.fixture
def smiling_page(open_browser: Callable[..., Browser], smiling_clip: Path) -> Page:
    return open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()


def start_smiling(page: Page, base: str, changed: str) -> None:
    """Start the camera of a page in which a script has changed something, until it reads."""
    page.add_init_script(changed)
    agree(page, base)
    press_start(page)
    wait_for_label(page, "happy")


def test_where_webrtc_cannot_pass_pictures_are_read(app: str, smiling_page: Page) -> None:
    page = smiling_page
    start_smiling(page, app, UNREACHABLE)
    ring = page.locator(".st-key-ring")
    expect(ring).to_have_attribute("data-way", "pictures")
    expect(page.get_by_text(BY_PICTURES)).to_be_visible()
    expect(ring.locator("video")).to_be_visible()
    expect(page.locator(".st-key-tile-7")).to_be_visible()
    page.locator(".st-key-stop-camera button").click()
    wait_for_label(page, "Ready when you are")
    expect(page.get_by_text(BY_PICTURES)).to_be_hidden()
    page.wait_for_function("() => !document.moodringStream?.active")


@pytest.mark.slow
def test_a_connection_that_breaks_off_goes_on_by_pictures(app: str, smiling_page: Page) -> None:
    page = smiling_page
    start_smiling(page, app, BROKEN_OFF)
    ring = page.locator(".st-key-ring")
    expect(ring).to_have_attribute("data-way", "webrtc")
    page.evaluate("window.breakOff()")
    expect(ring).to_have_attribute("data-way", "pictures")
    expect(page.get_by_text(BY_PICTURES)).to_be_visible()
    wait_for_label(page, "happy")
    page.locator(".st-key-stop-camera button").click()
    wait_for_label(page, "Ready when you are")
    press_start(page)
    wait_for_label(page, "happy")
    expect(ring).to_have_attribute("data-way", "webrtc")
