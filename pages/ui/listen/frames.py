"""One visitor's camera: its frames are read and sent back with an overlay.

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

from detectors.errors import DetectorError
from detectors.following import SEARCH_AGAIN_S, FaceFollower
from detectors.loading import PAIRS
from detectors.pipeline import NO_FACE, Analyser, SteadyReading
from detectors.types import EmotionScores, Face
from pages.ui.listen.rate import HISTORY
from pages.ui.theme import EMOTION_COLOURS

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
UNSURE_COLOUR = "#ffffff"
DARK_INK = (24, 18, 36)
# Arm of a corner as a share of the box's shorter side; pen width as a share of the picture's width.
CORNER_SHARE = 0.22
PEN_SHARE = 1 / 180
TEXT_SHARE = 1 / 900


@dataclass(frozen=True, slots=True)
class LiveState:
    """The current state of a camera.

    Attributes
    ----------
    scores : EmotionScores or None, the steady reading
    name : str or None, the emotion to name, None when it is not sure
    frames : int, frames received since Start
    rate : float, analysed frames per second, over the last seconds
    without_face_s : float, seconds since a face was last seen, or since the first frame
    """

    scores: EmotionScores | None
    name: str | None
    frames: int
    rate: float
    without_face_s: float = 0.0


class LiveReading:
    """One visitor's camera: takes frames in its thread, keeps the latest state for the page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
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
            self._steady = SteadyReading()
            self._follower = FaceFollower()
            self._reading = NO_FACE
            self._scores: EmotionScores | None = None
            self._last_frame: float | None = None
            self._face_at: float | None = None
            self._due = self._cost_s = 0.0
            self._analysed: deque[float] = deque(maxlen=RATE_OVER_FRAMES)
            self._frames = 0
            self._back: av.VideoFrame | None = None
            self.waiting_since: float | None = None

    def take(
        self, frame: av.VideoFrame, analyser: Analyser, *, show_rate: bool = False
    ) -> av.VideoFrame:
        """Read a frame and return it mirrored, with the overlay drawn in.

        With many visitors, some frames are returned with the reading of an earlier frame; in a
        crowd, the last returned frame takes their place.
        """
        now = time.monotonic()
        crowd = visitors()
        with self._lock:
            interval = crowd * max(1 / ANALYSES_PER_S, self._cost_s / PAIRS)
            thrifty = crowd >= CROWD
            self._follower.search_again_s = CROWD_SEARCH_AGAIN_S if thrifty else SEARCH_AGAIN_S
            self._frames += 1
            self._last_frame = now
            self._face_at = self._face_at or now
            # Catch up on at most one missed slot.
            due = now >= self._due
            if due:
                self._due = max(self._due + interval, now - interval)
            elif thrifty and self._back is not None:
                return self._back
        # A contiguous copy: OpenCV draws into it.
        pixels = np.asarray(cv2.flip(_shrunk(frame).to_ndarray(format="rgb24"), 1), np.uint8)
        if due:
            self._read(pixels, now, analyser)
        with self._lock:
            face, read, name = self._reading.face, self._scores is not None, self._steady.name
        draw_reading(pixels, face, name or ("not sure" if read else ""))
        if show_rate:
            draw_rate(pixels, self.state().rate)
        if thrifty:
            # The encoder wants even sides.
            height, width = (2 * round(side * CROWD_SHARE / 2) for side in pixels.shape[:2])
            small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)
            pixels = np.asarray(small, np.uint8)
        back = av.VideoFrame.from_ndarray(pixels, format="rgb24")
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
            self._reading = reading
            self._scores = self._steady.add(now, reading.scores)
            if reading.face is not None:
                self._face_at = now
            self._analysed.append(now)
        HISTORY.note()

    def state(self) -> LiveState:
        """Return the current state of the camera."""
        now = time.monotonic()
        with self._lock:
            fresh = self._last_frame is not None and self._last_frame > now - STALE_AFTER_S
            recent = [at for at in self._analysed if at > now - STALE_AFTER_S]
            rate = (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 else 0.0
            scores, name = (self._scores, self._steady.name) if fresh else (None, None)
            return LiveState(scores, name, self._frames, rate, now - (self._face_at or now))

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


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def draw_rate(pixels: NDArray[np.uint8], rate: float) -> None:
    """Write the analysed frames a second into the lower left corner of ``pixels``."""
    _draw_label(pixels, f"{rate:.0f} / s", (0, pixels.shape[0]), _rgb(UNSURE_COLOUR))


def draw_reading(pixels: NDArray[np.uint8], face: Face | None, label: str) -> None:
    """Draw four corners around the face and a label above it, into ``pixels``.

    Parameters
    ----------
    pixels : ndarray, uint8 RGB [shape=(height, width, 3)], changed in place
    label : str, an emotion, which sets the colour, or other words, "" for none
    """
    if face is None:
        return
    colour = _rgb(EMOTION_COLOURS.get(label, UNSURE_COLOUR))
    pen = max(2, round(pixels.shape[1] * PEN_SHARE))
    x, y, width, height = (round(value) for value in face.box)
    arm = round(min(width, height) * CORNER_SHARE)
    for corner_x, step_x in ((x, arm), (x + width, -arm)):
        for corner_y, step_y in ((y, arm), (y + height, -arm)):
            corner = (corner_x, corner_y)
            cv2.line(pixels, corner, (corner_x + step_x, corner_y), colour, pen, cv2.LINE_AA)
            cv2.line(pixels, corner, (corner_x, corner_y + step_y), colour, pen, cv2.LINE_AA)
    if label:
        _draw_label(pixels, label, (x, y - 3 * pen), colour)


def _draw_label(
    pixels: NDArray[np.uint8], text: str, corner: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    scale = max(0.5, pixels.shape[1] * TEXT_SHARE)
    font = cv2.FONT_HERSHEY_DUPLEX
    (width, height), _ = cv2.getTextSize(text, font, scale, 1)
    pad = height // 2 + 2
    left = min(max(0, corner[0]), max(0, pixels.shape[1] - width - 2 * pad))
    bottom = max(height + 2 * pad, corner[1])
    cv2.rectangle(
        pixels, (left, bottom - height - 2 * pad), (left + width + 2 * pad, bottom), colour, -1
    )
    baseline = (left + pad, bottom - pad)
    cv2.putText(pixels, text, baseline, font, scale, DARK_INK, 1, cv2.LINE_AA)
