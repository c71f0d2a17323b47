"""Visitors whose cameras' connections never come: where packets go, and what they take up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aioice.ice
import pytest
from aiortc import RTCPeerConnection
from aiortc.mediastreams import VideoStreamTrack

from pages.ui.listen.camera import problems
from pages.ui.listen.capacity import MAX_CONNECTING
from pages.ui.listen.ice import MAX_TO_STRANGER
from pages.ui.listen.seats import FIRST_FRAME_S
from tests.busy import LATE_S
from tests.e2e.driver import running_app
from tests.load.page import Page
from tests.own_thread import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 60.0
STRANGERS, VISITORS = 20, 12
# aioice asks again after half a second, then after one, two, four ...
LISTEN_S = 3.0
LOOPBACK = "127.0.0.1"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("data")
    with running_app(folder, MOODRING_MAX_VISITORS=str(VISITORS)) as started:
        yield started


async def offer(*addresses: tuple[str, int]) -> dict[str, str]:
    """What a browser would offer, but with these addresses to be tried."""
    peer = RTCPeerConnection()
    peer.addTrack(VideoStreamTrack())
    await peer.setLocalDescription(await peer.createOffer())
    lines = peer.localDescription.sdp.splitlines()
    await peer.close()
    kept = [line for line in lines if not line.startswith(("a=candidate", "a=end-of-candidates"))]
    for number, (host, port) in enumerate(addresses):
        kept.append(f"a=candidate:{number} 1 udp {2122260223 - number} {host} {port} typ host")
    return {"type": "offer", "sdp": "\r\n".join([*kept, ""])}


async def at_camera(base: str) -> Page:
    """A page that has agreed, with its camera's Start button or a sentence in its place."""
    page = Page(base)
    await page.open()
    await page.until(lambda page: "agree" in page.buttons, PATIENCE_S)
    await page.press("agree")
    await page.until(lambda page: page.camera is not None or bool(page.sentences), PATIENCE_S)
    return page


async def start(page: Page, offered: dict[str, str]) -> bool:
    """Start a camera, and return whether its connection was answered."""
    await page.answer_camera({"playing": False, "sdpOffer": offered, "iceCandidates": {}})
    await page.until(
        lambda page: bool((page.camera or {}).get("sdp_answer_json") or page.sentences), PATIENCE_S
    )
    return bool((page.camera or {}).get("sdp_answer_json"))


class Listener(asyncio.DatagramProtocol):
    """Notes what arrives, and answers nothing."""

    def __init__(self, arrived: asyncio.Queue[str]) -> None:
        self._arrived = arrived

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._here, _ = transport.get_extra_info("sockname")

    def datagram_received(self, _: bytes, __: object) -> None:
        self._arrived.put_nowait(self._here)


async def packets_to_strangers(base: str, host: str) -> list[str]:
    """Where packets have arrived: at twenty ports of a host and two of this machine's loopback."""
    loop, arrived = asyncio.get_running_loop(), asyncio.Queue[str]()
    transports = [
        (await loop.create_datagram_endpoint(lambda: Listener(arrived), local_addr=(place, 0)))[0]
        for place in [LOOPBACK, LOOPBACK, *[host] * STRANGERS]
    ]
    named = [transport.get_extra_info("sockname") for transport in transports]
    page = await at_camera(base)
    assert await start(page, await offer(*named))
    places = [await asyncio.wait_for(arrived.get(), PATIENCE_S)]
    await asyncio.sleep(LISTEN_S)
    await page.close()
    for transport in transports:
        transport.close()
    while not arrived.empty():
        places.append(arrived.get_nowait())
    return places


@pytest.mark.slow
def test_few_packets_reach_an_address_that_did_not_ask_for_them(base: str) -> None:
    hosts = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False)
    if not hosts:
        pytest.skip("this machine has no network")
    assert run(packets_to_strangers(base, hosts[0])) == [hosts[0]] * MAX_TO_STRANGER


async def answered_at_once(base: str) -> tuple[int, list[str], bool]:
    """Twelve start at once, with seats for all: how many are answered, and what others are told."""
    pages = [await at_camera(base) for _ in range(VISITORS)]
    offered = await offer()
    answered = await asyncio.gather(*(start(page, offered) for page in pages))
    told = [
        page.sentences[-1]
        for page, was_answered in zip(pages, answered, strict=True)
        if not was_answered
    ]
    for page in pages:
        await page.close()
    # The tabs are closed, and so are their connections.
    async with asyncio.timeout(PATIENCE_S):
        late = await at_camera(base)
        while not (came := late.camera is not None and await start(late, offered)):
            await late.close()
            late = await at_camera(base)
    await late.close()
    return sum(answered), told, came


@pytest.mark.slow
def test_few_connections_without_a_picture_are_held_at_a_time(tmp_path: Path) -> None:
    # Those of the tests before end within a second of their pages.
    with running_app(tmp_path, MOODRING_MAX_VISITORS=str(VISITORS)) as base:
        answered, told, came = run(answered_at_once(base))
    assert answered == MAX_CONNECTING
    assert told == [problems()["full"]] * (VISITORS - MAX_CONNECTING)
    assert came


async def seconds_until_a_seat_is_free(base: str) -> float:
    """How long one who never sends a picture keeps the only seat from another."""
    loop = asyncio.get_running_loop()
    first, offered = await at_camera(base), await offer()
    assert await start(first, offered)
    begun = loop.time()
    second = await at_camera(base)
    assert second.sentences == [problems()["full"]]
    await second.until(lambda page: page.camera is not None, FIRST_FRAME_S + PATIENCE_S)
    took = loop.time() - begun
    assert await start(second, offered)
    for page in (first, second):
        await page.close()
    return took


@pytest.mark.slow
def test_a_connection_whose_picture_never_comes_gives_its_seat_back(
    tmp_path: Path,
) -> None:
    with running_app(tmp_path, MOODRING_MAX_VISITORS="1") as base:
        assert run(seconds_until_a_seat_is_free(base)) > FIRST_FRAME_S - LATE_S
