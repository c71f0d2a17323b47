"""A media relay that always delivers a camera's latest frame and drops the backlog.

The relay of streamlit-webrtc queues each frame (0.9 MB) until it is sent. Where frames arrive
faster than they can be encoded, the picture lags more with every second, and memory fills; a server
that stalled for 1.5 s never caught up again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiortc import MediaStreamTrack
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError

if TYPE_CHECKING:
    from av.frame import Frame
    from av.packet import Packet


class LatestFrameRelay(MediaRelay):
    """A relay whose readers get the latest frame, and no frame twice."""

    def subscribe(self, track: MediaStreamTrack, buffered: bool = False) -> MediaStreamTrack:  # noqa: ARG002, FBT001, FBT002 - as the parent has it
        """Return a track that yields the latest frame of ``track`` at each read."""
        return _LatestFrameTrack(super().subscribe(track, buffered=False))


class _LatestFrameTrack(MediaStreamTrack):
    """A track that waits for a frame other than the last delivered frame."""

    def __init__(self, track: MediaStreamTrack) -> None:
        super().__init__()
        self.kind = track.kind
        self._track = track
        self._given: Frame | Packet[Any] | None = None

    async def recv(self) -> Any:  # noqa: ANN401 - a frame or a packet, as aiortc has it
        while True:
            try:
                frame = await self._track.recv()
            except MediaStreamError:
                self.stop()
                raise
            if frame is not self._given:
                self._given = frame
                return frame

    def stop(self) -> None:
        super().stop()
        self._track.stop()
        self._given = None
