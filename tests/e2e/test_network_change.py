"""A visitor's network changes while the camera runs: it goes on by itself, and the songs stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.driver import BY_PICTURES, agree, running_app, start_until, wait_for_label
from tests.fakes.coturn import coturn
from tests.fakes.line import line_to
from tests.fakes.servers import NoServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.fakes.coturn import Relay

# Nothing but a relay gets through, which can fail; and it is noted what the page has opened, and
# whether Start was ever to be seen.
WATCHED = """
    const Native = window.RTCPeerConnection;
    const page = (window.top.watched ??= { peers: [], sockets: 0, offered: false });
    window.RTCPeerConnection = class extends Native {
        constructor(settings) {
            super({ ...settings, iceTransportPolicy: "relay" });
            page.peers.push(this);
        }
    };
    const Socket = window.WebSocket;
    window.WebSocket = class extends Socket {
        constructor(...given) { super(...given); page.sockets += 1; }
    };
    if (window === window.top) page.look = () => {
        const frame = document.querySelector("iframe[src*=webrtc_streamer]");
        const start = frame?.contentDocument?.querySelector(".MuiButton-contained");
        page.offered ||= Boolean(start?.checkVisibility());
        requestAnimationFrame(page.look);
    };
"""
# A relay whose address the browser has not named before it is used is taken for the browser itself.
STREAM = re.compile("relay|webrtc")
CONNECTED = '.stApp[data-test-connection-state="CONNECTED"]'


@pytest.fixture
def relay() -> Iterator[Relay]:
    try:
        with coturn() as made:
            yield made
    except NoServer as error:
        pytest.skip(str(error))


@pytest.mark.slow
def test_a_camera_outlives_a_change_of_network(
    detector_dir: Path, open_browser: Callable[..., Browser], smiling_clip: Path, relay: Relay
) -> None:
    with running_app(detector_dir, **relay.environ) as server, line_to(server) as line:
        page: Page = open_browser(
            smiling_clip, extra=("--use-fake-ui-for-media-stream",)
        ).new_page()
        page.add_init_script(WATCHED)
        agree(page, line.base)
        ring = page.locator(".st-key-ring")
        start_until(page, "happy")
        expect(ring).to_have_attribute("data-way", STREAM)
        expect(page.locator(".st-key-tile-7")).to_be_visible()
        songs = page.locator(".st-key-tiles").inner_text()
        peers, sockets = page.evaluate("[watched.peers.length, watched.sockets]")
        page.evaluate("watched.look()")
        # Both of the page's sockets break off, and the stream passes.
        line.break_off()
        page.wait_for_function("before => watched.sockets >= before + 2", arg=sockets)
        expect(page.locator(CONNECTED)).to_be_visible()
        page.wait_for_function("document.moodring.state === 'sure'")
        expect(ring).to_have_attribute("data-way", STREAM)
        assert page.evaluate("watched.peers.length") == peers
        assert page.evaluate("watched.peers.at(-1).connectionState") == "connected"
        # Then nothing passes but the page's own, by new sockets.
        with relay.paused():
            line.break_off()
            expect(ring).to_have_attribute("data-way", "pictures")
            expect(page.get_by_text(BY_PICTURES)).to_be_visible()
            wait_for_label(page, "happy")
        # Another network is there.
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(ring).to_have_attribute("data-way", STREAM)
        expect(page.get_by_text(BY_PICTURES)).to_be_hidden()
        wait_for_label(page, "happy")
        assert page.evaluate("watched.peers.length") > peers
        assert page.evaluate("watched.peers.at(-1).connectionState") == "connected"
        assert page.locator(".st-key-tiles").inner_text() == songs
        assert not page.evaluate("watched.offered"), "Start was to be seen"
        page.locator(".st-key-stop-camera button").click()
        wait_for_label(page, "Ready when you are")
        page.wait_for_function("!document.moodringStream?.active")
        page.wait_for_function("watched.offered")
