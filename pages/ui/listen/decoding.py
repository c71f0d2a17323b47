"""A camera's frames on their way from its connection to where they are read.

aiortc decodes in a thread for each connection and hands a frame to the server's event loop, as a
task and a future; from there it would come back to a thread. Here the thread that decodes hands it
over itself.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import av
from aiortc import MediaStreamTrack, rtcrtpreceiver
from aiortc.codecs import get_decoder

log = logging.getLogger(__name__)


class Frames(asyncio.Queue[None]):
    """The place of a track's frames, which go to their reader, and of its end.

    Parameters
    ----------
    take : callable, given each frame in the thread that decodes, returns at once
    """

    def __init__(self, take: Callable[[av.VideoFrame], None]) -> None:
        super().__init__()
        self.take = take


def hand_over(track: MediaStreamTrack, take: Callable[[av.VideoFrame], None]) -> None:
    """Hand a track's frames to a reader; its own queue tells only its end."""
    track._queue = Frames(take)  # type: ignore[attr-defined] # noqa: SLF001


def decode(
    loop: asyncio.AbstractEventLoop,
    encoded: queue.Queue[tuple[Any, Any] | None],
    decoded: Frames,
    failed: threading.Event,
) -> None:
    """Decode what is encoded until None comes; in the place of aiortc's `decoder_worker`.

    Parameters
    ----------
    encoded : Queue, codecs and frames
    failed : Event, set when a frame could not be decoded, for a key frame to be asked for
    """
    name, decoder = None, None
    while (task := encoded.get()) is not None:
        codec, frame = task
        if decoder is None or codec.name != name:
            name, decoder = codec.name, get_decoder(codec)
        try:
            frames = decoder.decode(frame)
        except av.FFmpegError as error:
            # The decoder stays: without it no frame before the next key frame could be decoded.
            log.warning("a frame could not be decoded: %s", error)
            failed.set()
            continue
        for one in frames:
            # When the server ends, the threads that read do so before this one.
            with suppress(RuntimeError):
                decoded.take(cast("av.VideoFrame", one))
    asyncio.run_coroutine_threadsafe(decoded.put(None), loop)


def settle() -> None:
    """Let aiortc's connections decode in this way."""
    rtcrtpreceiver.decoder_worker = decode  # type: ignore[assignment]
