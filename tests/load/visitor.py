"""A visitor without a browser: opens the page, agrees, and sends a camera's frames by aiortc."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import aioice.ice
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcconfiguration import RTCIceTransportPolicy

from tests.load.clip import FACE_S, LABELS
from tests.load.page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    import av

PATIENCE_S = 60.0
TICK_S = 0.02
# By then the server has hung up by itself.
SILENCE_S = 2.0


# A browser takes a late answer for an answer, where aioice takes six of them for silence.
aioice.ice.CONSENT_FAILURES = sys.maxsize


class Camera(MediaStreamTrack):
    """Plays frames that were encoded beforehand, over and over.

    rate : frames a second
    """

    kind = "video"

    def __init__(self, packets: Sequence[av.Packet], rate: int) -> None:
        super().__init__()
        self._packets = packets
        self._rate = rate
        self._sent = 0
        self._started: float | None = None

    async def recv(self) -> Any:  # noqa: ANN401 - the parent promises a frame; aiortc takes packets too
        """Return the next packet when its time has come."""
        if self.readyState != "live":
            raise MediaStreamError
        if self._started is None:
            self._started = time.monotonic()
        await asyncio.sleep(max(0.0, self._started + self._sent / self._rate - time.monotonic()))
        packet = self._packets[self._sent % len(self._packets)]
        packet.pts = self._sent
        packet.time_base = Fraction(1, self._rate)
        self._sent += 1
        return packet

    def shown(self) -> str:
        """Return the label that the picture sent now deserves."""
        return LABELS[int(self._sent / self._rate / FACE_S) % len(LABELS)]


class Sender:
    """Sends pictures in WebRTC's place, over and over, each when the last was answered.

    rate : pictures a second, at most
    """

    def __init__(self, page: Page, pictures: Sequence[bytes], rate: int) -> None:
        self._page, self._pictures, self._rate = page, pictures, rate
        self._started = time.monotonic()

    async def go_on(self) -> None:
        """Send them until the page closes."""
        while True:
            at = int((time.monotonic() - self._started) * self._rate)
            await self._page.send_picture(self._pictures[at % len(self._pictures)])
            due = self._started + (at + 1) / self._rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def shown(self) -> str:
        """Return the label that the picture sent now deserves."""
        return LABELS[int((time.monotonic() - self._started) / FACE_S) % len(LABELS)]


class Visitor:
    """One visitor, from opening the page to closing the tab.

    With pictures, WebRTC leads nowhere; ``relayed``, it leads over the relays of the page alone.

    waits_s : how long to wait for a seat, which opens by itself
    told : the sentence in place of the camera, or None
    page_s : seconds until the notice could be agreed to
    ready_s : seconds from there until the camera could be started
    """

    def __init__(
        self,
        base: str,
        packets: Sequence[av.Packet],
        rate: int,
        pictures: Sequence[bytes] = (),
        *,
        relayed: bool = False,
        waits_s: float = 0.0,
    ) -> None:
        self.page = Page(base)
        self.told: str | None = None
        self.page_s = self.ready_s = 0.0
        self._rate, self._pictures, self._relayed = rate, pictures, relayed
        self._waits_s = waits_s
        self._camera = Camera(packets, rate)
        self._shows: Camera | Sender = self._camera
        self._sending: asyncio.Task[None] | None = None
        self._peer = RTCPeerConnection()

    async def come(self) -> None:
        """Open the page, agree, start the camera, and wait for the first mood.

        Raises
        ------
        TimeoutError
            When something of it takes more than a minute.
        """
        page, opened = self.page, time.monotonic()
        await page.open()
        await page.until(lambda page: "agree" in page.buttons, PATIENCE_S)
        self.page_s = time.monotonic() - opened
        await page.press("agree")
        await page.until(lambda page: page.camera is not None or bool(page.sentences), PATIENCE_S)
        self.ready_s = time.monotonic() - opened - self.page_s
        if page.camera is None:
            told = page.sentences[-1]
            try:
                await page.until(lambda page: page.camera is not None, self._waits_s)
            except TimeoutError:
                self.told = told
                return
        if self._relayed:
            servers = page.camera["rtc_configuration"]["iceServers"]
            self._peer = RTCPeerConnection(
                RTCConfiguration(
                    [RTCIceServer(**one) for one in servers],
                    iceTransportPolicy=RTCIceTransportPolicy.RELAY,
                )
            )
        self._peer.addTrack(self._camera)
        await self._peer.setLocalDescription(await self._peer.createOffer())
        offer = self._peer.localDescription
        sent = {"sdp": offer.sdp, "type": offer.type}
        await page.answer_camera({"playing": False, "sdpOffer": sent, "iceCandidates": {}})
        await page.until(lambda page: bool((page.camera or {}).get("sdp_answer_json")), PATIENCE_S)
        if self._pictures:
            await page.until(lambda page: page.way == "pictures", PATIENCE_S)
            self._shows = Sender(page, self._pictures, self._rate)
            self._sending = asyncio.create_task(self._shows.go_on())
            await page.until(lambda page: page.label in LABELS, PATIENCE_S)
            return
        answer = json.loads(page.camera["sdp_answer_json"])
        await self._peer.setRemoteDescription(RTCSessionDescription(**answer))
        await page.answer_camera({"playing": True, "sdpOffer": None, "iceCandidates": {}})
        await page.until(lambda page: page.label in LABELS, PATIENCE_S)

    async def watch(self, seconds: float) -> dict[str, Any]:
        """Return what the visitor gets within so many seconds.

        ``analysed`` are frames a second; ``delays`` how long each change of the face took to become
        a change of the label, in seconds; ``way`` is how the pictures come at the end;
        ``bytes_s`` what the server sends in a second, without the page's runs and what UDP carries.
        """
        if self.told is not None:
            return {"told": self.told}
        rated, told = len(self.page.rates), self.page.told_bytes
        delays: list[float] = []
        wanted, changed = self._shows.shown(), None
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(TICK_S)
            now = self._shows.shown()
            if now != wanted:
                wanted, changed = now, time.monotonic()
            if changed is not None and self.page.label == wanted:
                delays.append(time.monotonic() - changed)
                changed = None
        rates = self.page.rates[rated:]
        return {
            "analysed": sum(rates) / len(rates) if rates else 0.0,
            "delays": delays,
            "way": self.page.way,
            "bytes_s": (self.page.told_bytes - told) / seconds,
        }

    async def leave(self, *, politely: bool = True) -> None:
        """Close the tab; without a word to the peer for two seconds unless ``politely``."""
        if self._sending is not None:
            self._sending.cancel()
        await self.page.close()
        if not politely:
            await asyncio.sleep(SILENCE_S)
        # Our own sockets, at last.
        await self._peer.close()
