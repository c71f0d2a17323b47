"""The relay between the steps of a camera's way: the newest frame, once, and an end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import av
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from pages.ui.listen.connection import LatestFrameRelay
from tests.own_thread import run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Source(MediaStreamTrack):
    """Gives the frames that a test puts in, one a read; None ends it."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.frames: asyncio.Queue[av.VideoFrame | None] = asyncio.Queue()

    async def recv(self) -> av.VideoFrame:
        frame = await self.frames.get()
        if frame is None:
            raise MediaStreamError
        return frame


def frames(count: int) -> list[av.VideoFrame]:
    return [av.VideoFrame(16, 16, "rgb24") for _ in range(count)]


async def put(source: Source, *given: av.VideoFrame | None) -> None:
    """Put frames in, and let the relay take each of them."""
    for frame in given:
        source.frames.put_nowait(frame)
        await asyncio.sleep(0.01)


async def late_reader() -> None:
    source = Source()
    track = LatestFrameRelay().subscribe(source)
    first, *missed, newest = frames(40)
    reading = asyncio.create_task(track.recv())
    await put(source, first)
    assert await reading is first
    await put(source, *missed, newest)
    assert await track.recv() is newest, "what was missed is gone"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(track.recv(), 0.05)


async def same_frame_again() -> None:
    source = Source()
    track = LatestFrameRelay().subscribe(source)
    one, other = frames(2)
    reading = asyncio.create_task(track.recv())
    await put(source, one)
    assert await reading is one
    reading = asyncio.create_task(track.recv())
    await put(source, one, one)
    assert not reading.done()
    await put(source, other)
    assert await reading is other


async def each_reader_of_its_own() -> None:
    source, relay = Source(), LatestFrameRelay()
    tracks = [relay.subscribe(source), relay.subscribe(source)]
    (frame,) = frames(1)
    readings = [asyncio.create_task(track.recv()) for track in tracks]
    await asyncio.sleep(0.01)
    await put(source, frame)
    assert [await reading for reading in readings] == [frame, frame]
    tracks[0].stop()
    with pytest.raises(MediaStreamError):
        await tracks[0].recv()
    (frame,) = frames(1)
    reading = asyncio.create_task(tracks[1].recv())
    await put(source, frame)
    assert await reading is frame, "one reader's end is not the other's"


async def end() -> None:
    source = Source()
    track = LatestFrameRelay().subscribe(source)
    ended: list[bool] = []
    track.on("ended", lambda: ended.append(True))
    reading = asyncio.create_task(track.recv())
    await put(source, None)
    with pytest.raises(MediaStreamError):
        await reading
    assert ended == [True]
    assert track.readyState == "ended"


@pytest.mark.parametrize("case", [late_reader, same_frame_again, each_reader_of_its_own, end])
def test_the_newest_frame_is_handed_on_once(
    case: Callable[[], Coroutine[None, None, None]],
) -> None:
    run(case())
