"""One visitor in a process of its own: opens the page, agrees, and sends a camera's frames.

``python -m tests.load.visitor BASE CLIP SECONDS`` prints what it got as one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from tests.load.clip import FACE_S, LABELS, RATE
from tests.load.page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE_S = 60.0
TICK = 0.02


class Camera(MediaStreamTrack):
    """Plays a clip that was encoded beforehand, over and over, at its own rate."""

    kind = "video"

    def __init__(self, packets: Sequence[av.Packet]) -> None:
        super().__init__()
        self._packets = packets
        self._sent = 0
        self.started: float | None = None

    async def recv(self) -> Any:  # noqa: ANN401 - the parent promises a frame; aiortc takes packets too
        """Return the next packet when its time has come."""
        if self.readyState != "live":
            raise MediaStreamError
        if self.started is None:
            self.started = time.monotonic()
        await asyncio.sleep(max(0.0, self.started + self._sent / RATE - time.monotonic()))
        packet = self._packets[self._sent % len(self._packets)]
        packet.pts = self._sent
        packet.time_base = Fraction(1, RATE)
        self._sent += 1
        return packet

    def shown(self) -> str:
        """Return the label that the picture sent now deserves."""
        return LABELS[int(self._sent / RATE / FACE_S) % len(LABELS)]


async def count_frames(track: Any, came: list[float]) -> None:  # noqa: ANN401 - aiortc's tracks are not typed
    """Note when each frame comes back."""
    while True:
        try:
            await track.recv()
        except MediaStreamError:
            return
        came.append(time.monotonic())


async def connect(page: Page, camera: Camera, came: list[float]) -> RTCPeerConnection:
    """Make the WebRTC connection that the camera's component makes in a browser."""
    peer = RTCPeerConnection()
    tasks = []
    peer.on("track", lambda track: tasks.append(asyncio.create_task(count_frames(track, came))))
    peer.addTrack(camera)
    await peer.setLocalDescription(await peer.createOffer())
    offer = {"sdp": peer.localDescription.sdp, "type": peer.localDescription.type}
    await page.answer_camera({"playing": False, "sdpOffer": offer, "iceCandidates": {}})
    await page.until(lambda page: bool((page.camera or {}).get("sdp_answer_json")), PATIENCE_S)
    assert page.camera is not None
    answer = json.loads(page.camera["sdp_answer_json"])
    await peer.setRemoteDescription(RTCSessionDescription(**answer))
    await page.answer_camera({"playing": True, "sdpOffer": None, "iceCandidates": {}})
    return peer


async def watch(page: Page, camera: Camera, seconds: float) -> list[float]:
    """Return how long each change of the face took to become a change of the label, in s."""
    delays: list[float] = []
    wanted, since = camera.shown(), time.monotonic()
    pending = False
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(TICK)
        now = camera.shown()
        if now != wanted:
            wanted, since, pending = now, time.monotonic(), True
        if pending and page.label == wanted:
            delays.append(time.monotonic() - since)
            pending = False
    return delays


async def visit(base: str, clip: Path, seconds: float) -> dict[str, Any]:
    """Return what one visitor got."""
    with av.open(str(clip)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    came: list[float] = []
    async with Page(base) as page:
        await page.until(lambda page: "agree" in page.buttons, PATIENCE_S)
        await page.press("agree")
        await page.until(
            lambda page: page.camera is not None or any("As many" in s for s in page.sentences),
            PATIENCE_S,
        )
        if page.camera is None:
            return {"told": page.sentences[-1]}
        camera = Camera(packets)
        peer = await connect(page, camera, came)
        await page.until(lambda page: page.label in LABELS, PATIENCE_S)
        before, rated = len(came), len(page.rates)
        delays = await watch(page, camera, seconds)
        frames = len(came) - before
        await peer.close()
    return {"frames_back": frames / seconds, "rates": page.rates[rated:], "delays": delays}


if __name__ == "__main__":
    result = asyncio.run(visit(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])))
    sys.stdout.write(json.dumps(result) + "\n")
