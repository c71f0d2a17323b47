"""Frames that the thread which decodes hands over itself."""

from __future__ import annotations

import asyncio
import queue
import threading
from types import SimpleNamespace
from typing import Any, cast

import av
import numpy as np
import pytest
from aiortc import rtcrtpreceiver
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError

from pages.ui.listen import connection
from tests.own_thread import run

VP8 = SimpleNamespace(name="VP8", mimeType="video/VP8")
COUNT = 3


def film() -> list[JitterFrame]:
    """Return some grey pictures in VP8."""
    encoder = cast("Any", av.CodecContext.create("libvpx", "w"))
    encoder.width, encoder.height, encoder.pix_fmt = 64, 48, "yuv420p"
    encoder.options = {"lag-in-frames": "0"}
    encoder.framerate = 15
    grey = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")
    packets = [packet for _ in range(COUNT) for packet in encoder.encode(grey)]
    return [JitterFrame(bytes(packet), 6000 * n) for n, packet in enumerate(packets)]


def test_frames_are_handed_over_in_the_thread_that_decodes_and_the_end_to_the_track() -> None:
    assert rtcrtpreceiver.decoder_worker is connection.decode
    tasks: queue.Queue[tuple[Any, Any] | None] = queue.Queue()
    first, *others = film()
    # One is damaged: a key frame is asked for, and the decoder stays.
    for frame in (first, JitterFrame(b"nothing", 1), *others):
        tasks.put((VP8, frame))
    tasks.put(None)
    failed, taken = threading.Event(), list[tuple[av.VideoFrame, int]]()

    def take(frame: av.VideoFrame) -> None:
        taken.append((frame, threading.get_ident()))
        if len(taken) == COUNT:
            raise RuntimeError("the threads that read have ended")

    async def receive() -> None:
        track = rtcrtpreceiver.RemoteStreamTrack("video")
        assert connection._OneReader(take).subscribe(track) is track
        loop = asyncio.get_running_loop()
        worker = threading.Thread(
            target=connection.decode, args=(loop, tasks, track._queue, failed)
        )
        worker.start()
        with pytest.raises(MediaStreamError):
            await track.recv()
        await asyncio.to_thread(worker.join)
        assert {thread for _, thread in taken} == {worker.ident}

    run(receive())
    assert [(frame.width, frame.height) for frame, _ in taken] == [(64, 48)] * COUNT
    assert failed.is_set()
