"""One visitor's camera: its frames are read, and sent back as they are.

Frames arrive in a thread of their own, where no ``st.*`` and no session state may be touched:
readings pass to the page through a slot under a lock.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass
from weakref import WeakSet

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.corrections import Answer, Corrections
from detectors.errors import DetectorError
from detectors.following import SEARCH_AGAIN_S, FaceFollower
from detectors.loading import PAIRS
from detectors.pipeline import NO_FACE, Analyser, SteadyReading
from detectors.types import EmotionScores
from pages.ui.listen.rate import HISTORY
from pages.ui.listen.ring import shares_of

# A connection on one machine stands within two seconds; after ten it will not come.
CONNECTION_PATIENCE_S = 10.0
# Analyses a second for all visitors together: thirty for one, nine each for eight; a slow machine
# makes as many as `PAIRS` at a time can, so that none queues.
ANALYSES_PER_S = 72.0
COST_OVER_ANALYSES = 5
# The longest side of a frame that is read and sent back; cameras are asked for half of it. The
# browser decides, and for 4096 × 4096 pixels the detector would take a gigabyte, and keep it.
MAX_SIDE = 1280
# Longer times show that the machine stalled, and say nothing about its speed.
MAX_COST_S = 0.25
# With at least this many visitors, the picture is sent back at three quarters of its size, and only
# with a new reading: encoding it costs as much as reading it.
CROWD = 4
CROWD_SHARE = 0.75
# In a crowd, a new face is noticed later, too: a search costs five times as much as following.
CROWD_SEARCH_AGAIN_S = 1.2
# Frames arrive many times a second: this long after the last frame, its reading is stale.
STALE_AFTER_S = 2.0
RATE_OVER_FRAMES = 60


@dataclass(frozen=True, slots=True)
class LiveState:
    """The current state of a camera.

    Attributes
    ----------
    scores : EmotionScores or None, the steady reading
    name : str or None, the emotion to name, None when it is not sure
    frames : int, frames received since Start
    rate : float, analysed frames per second, over the last seconds
    box : tuple of float or None, the face's left, top, width and height as shares of the picture
        as in a mirror
    """

    scores: EmotionScores | None
    name: str | None
    frames: int
    rate: float
    box: tuple[float, ...] | None = None


class LiveReading:
    """One visitor's camera: takes frames in its thread, keeps the latest state for the page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # How its pictures come: a word of the hook `data-way`.
        self.way = "webrtc"
        self._steady = SteadyReading()
        # Its connection was closed here; the browser may not have noticed yet.
        self.is_over = False
        # It was closed because no frame had ever come.
        self.never_came = False
        self.reset()
        with _cameras_lock:
            _cameras.add(self)

    def reset(self) -> None:
        """Forget everything, as before Start."""
        with self._lock:
            self._steady = SteadyReading(self._steady.corrections)
            self._follower = FaceFollower()
            self._box: tuple[float, ...] | None = None
            self._scores: EmotionScores | None = None
            self._last_frame: float | None = None
            self._due = self._cost_s = 0.0
            self._analysed: deque[float] = deque(maxlen=RATE_OVER_FRAMES)
            self._frames = 0
            self._back: av.VideoFrame | None = None
            self.waiting_since: float | None = None

    def take(self, frame: av.VideoFrame, analyser: Analyser) -> av.VideoFrame:
        """Read a frame and return it as it is, `MAX_SIDE` large at most.

        With many visitors, not every frame is read; in a crowd, the last returned frame takes the
        place of one that is not.
        """
        now = time.monotonic()
        crowd = visitors()
        with self._lock:
            interval = crowd * max(1 / ANALYSES_PER_S, self._cost_s / PAIRS)
            thrifty = crowd >= CROWD
            self._follower.search_again_s = CROWD_SEARCH_AGAIN_S if thrifty else SEARCH_AGAIN_S
            self._frames += 1
            self._last_frame = now
            # Catch up on at most one missed slot.
            due = now >= self._due
            if due:
                self._due = max(self._due + interval, now - interval)
            elif thrifty and self._back is not None:
                return self._back
        back = _shrunk(frame)
        if due:
            # As in a mirror, in which the visitor sees it.
            mirrored = cv2.flip(back.to_ndarray(format="rgb24"), 1)
            self._read(np.asarray(mirrored, np.uint8), now, analyser)
        if thrifty:
            # The encoder wants even sides.
            width, height = (
                2 * round(side * CROWD_SHARE / 2) for side in (back.width, back.height)
            )
            back = back.reformat(width=width, height=height)
        with self._lock:
            self._back = back if thrifty else None
        return back

    def _read(self, pixels: NDArray[np.uint8], now: float, analyser: Analyser) -> None:
        try:
            reading = analyser.follow(pixels, now, self._follower)
        except DetectorError:
            reading = NO_FACE
        with self._lock:
            took = min(time.monotonic() - now, MAX_COST_S)
            self._cost_s += (took - self._cost_s) / COST_OVER_ANALYSES
            height, width = pixels.shape[:2]
            face = reading.face
            self._box = None if face is None else shares_of(face.box, width, height)
            self._scores = self._steady.add(now, reading.scores)
            self._analysed.append(now)
        HISTORY.note()

    def state(self) -> LiveState:
        """Return the current state of the camera."""
        now = time.monotonic()
        with self._lock:
            fresh = self._last_frame is not None and self._last_frame > now - STALE_AFTER_S
            recent = [at for at in self._analysed if at > now - STALE_AFTER_S]
            rate = (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 else 0.0
            if not fresh:
                return LiveState(None, None, self._frames, rate)
            return LiveState(self._scores, self._steady.name, self._frames, rate, self._box)

    def correct(self, corrections: Corrections) -> None:
        """Read the next frames with these corrections of the visitor's."""
        with self._lock:
            self._steady.corrections = corrections

    @property
    def named(self) -> Answer | None:
        """The emotion that was named last, after the cell of what was read; None before."""
        with self._lock:
            return self._steady.named

    @property
    def last_frame(self) -> float | None:
        """When the last frame came, on `time.monotonic`'s clock; None before the first one."""
        with self._lock:
            return self._last_frame

    @property
    def active(self) -> bool:
        """True while the camera is on or connecting."""
        now = time.monotonic()
        with self._lock:
            if self._last_frame is not None:
                return self._last_frame > now - STALE_AFTER_S
            waiting = self.waiting_since
            return waiting is not None and now - waiting < CONNECTION_PATIENCE_S


# All cameras of the process; the weak references of closed pages drop out.
_cameras: WeakSet[LiveReading] = WeakSet()
# A set must not grow while another thread iterates over it.
_cameras_lock = threading.Lock()


def visitors() -> int:
    """Return the number of active cameras, at least 1."""
    with _cameras_lock:
        cameras = list(_cameras)
    return max(1, sum(camera.active for camera in cameras))


def crowded() -> bool:
    """Return whether `CROWD` cameras or more are on, so that each gets less."""
    return visitors() >= CROWD


def blank(frame: av.VideoFrame) -> av.VideoFrame:
    """Return a black picture of the size that a frame is read in, without reading it."""
    width, height = _size_of(frame)
    pixels = np.zeros((height, width, 3), np.uint8)
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def _shrunk(frame: av.VideoFrame) -> av.VideoFrame:
    width, height = _size_of(frame)
    if (width, height) == (frame.width, frame.height):
        return frame
    return frame.reformat(width=width, height=height)


def _size_of(frame: av.VideoFrame) -> tuple[int, int]:
    """Return the width and height with which a frame is read, `MAX_SIDE` at most."""
    share = MAX_SIDE / max(frame.width, frame.height)
    if share >= 1:
        return frame.width, frame.height
    # The encoder wants even sides.
    return max(2, 2 * round(frame.width * share / 2)), max(2, 2 * round(frame.height * share / 2))


def connection_failed(live: LiveReading) -> bool:
    """Return whether the wait for the first frame has been too long."""
    waiting = live.waiting_since
    return (
        waiting is not None
        and live.state().frames == 0
        and time.monotonic() - waiting > CONNECTION_PATIENCE_S
    )
