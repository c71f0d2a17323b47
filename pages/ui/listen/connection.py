"""The connection to a visitor's browser that carries the camera's pictures; none is sent back."""

import asyncio
import gc
import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, cast

import av
import streamlit as st
from aiortc import MediaStreamTrack, RTCSessionDescription, rtcrtpreceiver
from aiortc.codecs import get_decoder
from aiortc.contrib.media import MediaRelay
from streamlit_webrtc.webrtc import WebRtcWorker

from pages.ui.listen import ice, pictures
from pages.ui.listen.seats import SEATS, Seat

# An offer of a browser has one part, for the picture: each may have sockets of its own.
MAX_PARTS = 1
# In letters; browsers' take 10,000.
MAX_OFFER = 65_536
# Addresses that a browser names one by one, among them some that ICE does not use.
MAX_TOLD = 32
# A trial beside pictures that has brought none by then is over.
TRIAL_S = 10.0
# In the thread that draws a page: gives a connection its seat, or one that is not taken yet to a
# trial beside pictures, or raises Refused. It is given the connection's way to be hung up.
ADMIT: ContextVar[Callable[[Callable[[], None]], Seat]] = ContextVar("ADMIT")
# In the same thread: names or numbers of the relays of our settings.
RELAYS: ContextVar[frozenset[str]] = ContextVar("RELAYS", default=frozenset())

log = logging.getLogger(__name__)


class Refused(Exception):
    """No connection is made.

    The problem is a key of `camera.problems`, or None for a connection that had ended.
    """

    def __init__(self, problem: str | None) -> None:
        super().__init__(problem)
        self.problem = problem


class Frames(asyncio.Queue[None]):
    """The place of a track's frames, which go to their reader, and of its end.

    Parameters
    ----------
    take : callable, given each frame in the thread that decodes, returns at once
    """

    def __init__(self, take: Callable[[av.VideoFrame], None]) -> None:
        super().__init__()
        self.take = take


def decode(
    loop: asyncio.AbstractEventLoop,
    encoded: queue.Queue[tuple[Any, Any] | None],
    decoded: Frames,
    failed: threading.Event,
) -> None:
    """Decode what is encoded until None comes; in the place of aiortc's `decoder_worker`.

    That one hands each frame to the server's event loop, as a task and a future, whence it would
    come back to a thread.

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


rtcrtpreceiver.decoder_worker = decode  # type: ignore[assignment]


class _OneReader(MediaRelay):
    """A relay for one reader, who takes frames where they are decoded: none is queued for others.

    Parameters
    ----------
    take : callable, the reader, as `Frames` has it
    """

    def __init__(self, take: Callable[[av.VideoFrame], None]) -> None:
        super().__init__()
        self._take = take

    def subscribe(self, track: MediaStreamTrack, buffered: bool = True) -> MediaStreamTrack:  # noqa: ARG002, FBT001, FBT002 - as the parent has it
        """Return the track itself, which has frames for its reader and an end for all others."""
        track._queue = Frames(self._take)  # type: ignore[attr-defined] # noqa: SLF001
        return track


class VisitorWorker(WebRtcWorker[Any, Any]):
    """A connection that has a seat, and was asked for by an offer as browsers make them.

    Beside pictures it is a trial: its first frame takes their place and seat.

    Raises
    ------
    Refused
        When there is no seat, or no browser makes such an offer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as the parent has them
        self._seat = ADMIT.get()(self.hang_up)
        self._is_near = ice.is_near(st.context.ip_address)
        self._relays = RELAYS.get()
        self._is_trial = not SEATS.is_taken(self._seat)
        self._trial = threading.Timer(TRIAL_S, self._end_trial)
        self._note_way(is_relayed=False)
        super().__init__(*args, **{"relay": _OneReader(self._take), **kwargs})
        if self._is_trial:
            self._trial.daemon = True
            self._trial.start()

    def _take(self, frame: av.VideoFrame) -> None:
        """Take a frame; a trial's first one ends the pictures."""
        live = self._seat.live
        if self._is_trial:
            self._is_trial = False
            seat = SEATS.pass_on(live, 0, self.hang_up)
            if seat is None:
                # The camera was stopped meanwhile.
                self.hang_up()
                return
            self._seat = seat
            live.go_on_by(self._way)
        live.take(frame)

    def _end_trial(self) -> None:
        if self._is_trial:
            self._is_trial = False
            self.hang_up()

    def _note_way(self, *, is_relayed: bool) -> None:
        self._way = "relay" if is_relayed else "webrtc"
        # Beside pictures, this connection is on trial, or is being closed.
        if self._seat.live.way != "pictures":
            self._seat.live.way = self._way

    def process_offer(
        self, sdp: object, type_: object, timeout: float | None = None
    ) -> RTCSessionDescription:
        """Answer an offer."""
        if not is_browsers_offer(sdp, type_):
            self.stop()
            raise Refused("failed")
        return super().process_offer(sdp, type_, timeout)

    def _process_offer_thread_impl(self, sdp: str, type_: str) -> None:
        # Tasks that this thread starts in the server's event loop inherit it.
        ice.NEAR.set(self._is_near)
        ice.RELAYS.set(ice.addresses_of(self._relays))
        ice.FOUND.set(self._note_way)
        super()._process_offer_thread_impl(sdp, type_)

    def set_ice_candidates_from_offerer(self, candidates: dict[str, dict[str, Any]]) -> None:
        """Add the addresses that a browser has named by now; not more than it would."""
        new = [name for name in candidates if name not in self._added_ice_candidate_ids]
        room = MAX_TOLD - len(self._added_ice_candidate_ids)
        super().set_ice_candidates_from_offerer({name: candidates[name] for name in new[:room]})

    def hang_up(self) -> None:
        """Close the connection soon. Returns at once."""
        # Not in this thread, which may be the one that has to close it.
        threading.Thread(target=_stop, args=(self,), daemon=True).start()

    def stop(self, timeout: float | None = 1.0) -> None:
        """Close the connection, and leave its seat, or let the camera go on in it by pictures."""
        self._trial.cancel()
        self._is_trial = False
        try:
            super().stop(timeout)
        finally:
            live = self._seat.live
            # Nobody has asked for an end: the connection has broken off.
            if SEATS.is_taken(self._seat) and live.is_on and not live.is_over:
                pictures.go_on(0, live)
            SEATS.leave(self._seat)


def _stop(worker: VisitorWorker) -> None:
    worker.stop()
    del worker
    # Decoders of some MB hang on objects that refer to one another.
    gc.collect()


def is_browsers_offer(sdp: object, type_: object) -> bool:
    """Return whether an offer can be one that streamlit-webrtc makes in a browser."""
    return (
        type_ == "offer"
        and isinstance(sdp, str)
        and len(sdp) <= MAX_OFFER
        and sum(line.startswith("m=") for line in sdp.splitlines()) <= MAX_PARTS
    )
