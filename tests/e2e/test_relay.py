"""A camera behind a firewall that lets nothing but a relay through: a real coturn."""

from __future__ import annotations

import json
import re
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import aioice.ice
import pytest
from playwright.sync_api import expect

from recommender.turn.servers import LIFETIME_S, credentials
from tests.e2e.driver import (
    PATIENCE_MS,
    PRESS_PATIENCE_MS,
    PRESSES,
    agree,
    free_port,
    press_start,
    running_app,
    start_until,
    wait_for_label,
)
from tests.fakes.coturn import HOST, SECRET, coturn
from tests.fakes.servers import NoServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.fakes.coturn import Relay

# Where a relay is set up wrongly, a stream ends after 39 s.
LASTS_S = 45
# Within it, permissions, channels and allocations of both ends are renewed.
SOAK_S = 600
FAKE_UI = "--use-fake-ui-for-media-stream"
# Nothing but what a relay passes on gets through; what the server names as relays may be changed.
BEHIND_FIREWALL = """
    const Native = window.RTCPeerConnection;
    const changed = CHANGED;
    window.RTCPeerConnection = class extends Native {
        constructor(settings) {
            const iceServers = settings.iceServers.map((one) => ({ ...one, ...changed }));
            super({ ...settings, iceServers, iceTransportPolicy: "relay" });
            window.top.chosen = async () => {
                const stats = [...(await this.getStats()).values()];
                // A pair that gave way to a better one stays nominated.
                const heard = ({ lastPacketReceivedTimestamp: at }) => at ?? 0;
                const [pair] = stats
                    .filter((one) => one.type === "candidate-pair" && one.nominated)
                    .sort((one, other) => heard(other) - heard(one));
                const local = stats.find((one) => one.id === pair?.localCandidateId);
                return { way: local?.candidateType, heard: heard(pair ?? {}) };
            };
        }
    };
"""


@pytest.fixture
def relays() -> Iterator[Callable[..., Relay]]:
    """Start any number of coturns, each with its secret."""
    with ExitStack() as stack:

        def start(secret: str = SECRET) -> Relay:
            # As in docs/network.md: it relays to us alone, and to what it relays itself.
            peers = (HOST, *aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False))
            allowed = (f"allowed-peer-ip={one}" for one in peers)
            try:
                return stack.enter_context(
                    coturn(secret, "denied-peer-ip=0.0.0.0-255.255.255.255", *allowed)
                )
            except NoServer as error:
                pytest.skip(str(error))

        yield start


def behind_firewall(browser: Browser, base: str, **changed: Any) -> Page:  # noqa: ANN401 - JSON
    """Open the page, with other values in the entries of the relays."""
    page = browser.new_page()
    page.add_init_script(BEHIND_FIREWALL.replace("CHANGED", json.dumps(changed)))
    agree(page, base)
    return page


def start_over_relay(page: Page) -> None:
    """Start until the relay carries: on a busy machine, pictures may be the first to come."""
    ring = page.locator(".st-key-ring")
    for _ in range(PRESSES):
        start_until(page, "happy")
        with suppress(AssertionError):
            expect(ring).to_have_attribute("data-way", "relay", timeout=PRESS_PATIENCE_MS)
            return
        page.locator(".st-key-stop-camera button").click()
        wait_for_label(page, "Ready when you are")
    start_until(page, "happy")
    expect(ring).to_have_attribute("data-way", "relay")


def heard(page: Page) -> float:
    """Return when the server was last heard of, in seconds, over the relay."""
    chosen = page.evaluate("window.chosen()")
    assert chosen["way"] == "relay"
    return float(chosen["heard"]) / 1000


def expect_to_last(page: Page, until: float) -> None:
    """Expect a camera's server to be heard of at a time."""
    ends = time.monotonic() + until - heard(page) + PATIENCE_MS / 1000
    while heard(page) < until:
        assert time.monotonic() < ends, "nothing more was heard"
        page.wait_for_timeout(500)
    expect(page.locator(".st-key-mood-label")).to_have_text("happy")


@pytest.mark.slow
def test_a_relay_carries_a_camera_and_without_a_working_one_pictures_come(
    detector_dir: Path,
    open_browser: Callable[..., Browser],
    smiling_clip: Path,
    relays: Callable[..., Relay],
) -> None:
    relay, another = relays(), relays("another secret")
    dead = f"turn:{HOST}:{free_port()}"
    broken = (
        {"urls": [another.url]},
        {"urls": [dead]},
        credentials(SECRET, time.time() - LIFETIME_S - 60, "expired"),
    )
    with running_app(detector_dir, **relay.environ) as base:
        browser = open_browser(smiling_clip, extra=(FAKE_UI,))
        page = behind_firewall(browser, base)
        start_over_relay(page)
        begun = heard(page)
        others = [behind_firewall(browser, base, **changed) for changed in broken]
        for other in others:
            press_start(other)
        for other in others:
            expect(other.locator(".st-key-ring")).to_have_attribute("data-way", "pictures")
            wait_for_label(other, "happy")
        expect_to_last(page, begun + LASTS_S)
    # A name is the time of its end and chance, new for each start.
    names = set(re.findall(r"username <(\d+:\w+)>", relay.log()))
    assert all(re.fullmatch(r"\d{10}:([0-9a-f]{12}|expired)", name) for name in names)
    assert "ALLOCATE processed, success" in relay.log()
    assert "error 401: Unauthorized" in another.log()


@pytest.mark.soak
def test_a_relay_carries_a_camera_for_ten_minutes(
    detector_dir: Path,
    open_browser: Callable[..., Browser],
    smiling_clip: Path,
    relays: Callable[..., Relay],
) -> None:
    with running_app(detector_dir, **relays().environ) as base:
        browser = open_browser(smiling_clip, extra=(FAKE_UI,))
        page = behind_firewall(browser, base)
        start_over_relay(page)
        expect_to_last(page, heard(page) + SOAK_S)
