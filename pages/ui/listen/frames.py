"""One visitor's camera: the newest of its pictures is read, again and again.

Pictures arrive in other threads, where no ``st.*`` and no session state may be touched: readings
pass to the page, and to the socket that tells the browser, through a slot under a lock.
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from weakref import WeakSet

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from detectors.corrections import Answer, Corrections
from detectors.following import SEARCH_AGAIN_S
from detectors.loading import PAIRS
from detectors.pipeline import LONGEST_GAP_OF_SPARSE_S, LONGEST_GAP_S, Analyser
from detectors.types import EmotionScores
from pages.ui.listen.capacity import Load
from pages.ui.listen.rate import HISTORY
from pages.ui.listen.ring import ModeResult, State, describe, seen
from pages.ui.listen.runs import Presence, Runs
from pages.ui.listen.sight import Sight
from pages.ui.listen.together import Together
from pages.ui.theme import Light
from pages.ui.visitor.agreements import Consent
from recommender.mood import feeling_at

# A connection on one machine stands within two seconds; after ten it will not come.
CONNECTION_PATIENCE_S = 10.0
# Without a frame for so long since Start, pictures are asked for in WebRTC's place.
CONNECTED_WITHIN_S = 8.0
# A browser itself gives up a silent connection after some five seconds.
SILENT_S = 5.0
# Analyses a second for all visitors together: thirty for one, nine each for sixteen; a slow machine
# makes as many as `PAIRS` at a time can, so that none queues.
ANALYSES_PER_S = 144.0
# With more than `CROWD` visitors nobody has more, and the page of the others stays quick.
ANALYSES_IN_CROWD_PER_S = 12.5
COST_OVER_ANALYSES = 5
# The longest side of a picture that is read; cameras are asked for half of it. The browser decides,
# and for 4096 × 4096 pixels the detector would take a gigabyte, and keep it.
MAX_SIDE = 1280
# Longer times show that the machine stalled, and say nothing about its speed.
MAX_COST_S = 0.25
# With at least this many visitors, a new face is noticed later: a search costs five times as much
# as following.
CROWD = 4
CROWD_SEARCH_AGAIN_S = 1.2
# Frames arrive many times a second: this long after the last frame, its reading is stale.
STALE_AFTER_S = 2.0
RATE_OVER_FRAMES = 60
# For so long after its first frame, what a camera gets says nothing about the machine.
NEWCOMER_S = 3.0


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
    together : Together or None, while all faces are read
    """

    scores: EmotionScores | None
    name: str | None
    frames: int
    rate: float
    box: tuple[float, ...] | None = None
    together: Together | None = None


class LiveReading:
    """One visitor's camera: takes pictures from any thread, keeps the latest state.

    Attributes
    ----------
    id : str, secret, by which its socket finds it
    way : str, how its pictures come: "webrtc", "pictures" or "relay"
    analyser, agreed : Analyser and Consent or None, without which nothing is read
    shows_rate : bool, whether the number of analysed frames a second is told
    all_of_us : bool, whether all faces are read, from the next picture on
    runs : Runs, runs of the page that it asks for
    presence : Presence, whether its visitor has the page before them
    light : Light, of the last sure emotion since Start
    is_over : bool, whether its connection was closed here; the browser may not have noticed yet
    may_reconnect : bool, whether the browser has noticed that pictures have taken the place of a
        connection, and may offer another
    never_came : bool, whether it was closed because no frame had ever come
    on_reading : callable or None, called in another thread after each reading, with whether
        another feeling is read
    on_picture : callable or None, called in another thread with this and a JPEG that the browser
        has sent in WebRTC's place; raises ValueError for one that no page of ours sends
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.id = secrets.token_hex(16)
        self.analyser: Analyser | None = None
        self.agreed: Consent | None = None
        self.shows_rate = self.all_of_us = False
        self._sight = Sight()
        self.is_over = False
        self.never_came = False
        self.on_reading: Callable[[bool], None] | None = None
        self.on_picture: Callable[[LiveReading, bytes], None] | None = None
        self.reset()
        with _cameras_lock:
            _cameras.add(self)

    def reset(self) -> None:
        """Forget everything, as before Start."""
        with self._lock:
            self._sight = Sight(self._sight.steady.corrections)
            self._last_frame: float | None = None
            self._due = self._cost_s = 0.0
            self._first_frame: float | None = None
            self._came: deque[float] = deque(maxlen=RATE_OVER_FRAMES)
            self._analysed: deque[float] = deque(maxlen=RATE_OVER_FRAMES)
            self._frames = 0
            self._next: tuple[Callable[[], NDArray[np.uint8]], float] | None = None
            self._is_reading = False
            self._heard = 0
            self.way, self.may_reconnect = "webrtc", False
            self.waiting_since: float | None = None
            self.light, self.runs, self.presence = Light(), Runs(), Presence()

    def go_on_by(self, way: str) -> None:
        """Note that pictures come by another way; those in WebRTC's place may be few."""
        sparse = way == "pictures"
        with self._lock:
            self.way, self.may_reconnect = way, False
            self._sight.steady.longest_gap_s = LONGEST_GAP_OF_SPARSE_S if sparse else LONGEST_GAP_S

    @property
    def wants_pictures(self) -> bool:
        """Whether pictures come in WebRTC's place, or should, as no frame has come for too long."""
        waiting, last = self.waiting_since, self.last_frame
        if self.is_over or waiting is None:
            return False
        if self.way == "pictures":
            return True
        patience = CONNECTED_WITHIN_S if last is None else SILENT_S
        since = waiting if last is None else last
        return self.presence.silence_s(since, time.monotonic()) > patience

    @property
    def may_read(self) -> bool:
        """Whether the visitor agrees, and the camera was not stopped."""
        return not self.is_over and self.agreed is not None and self.agreed.given

    def take(self, frame: av.VideoFrame) -> None:
        """Take a frame of a stream, as `offer` does."""
        self.offer(partial(_pixels_of, frame))

    def offer(self, picture: Callable[[], NDArray[np.uint8]]) -> None:
        """Take a picture; returns at once.

        With many visitors, not every picture is read. While one is, the newest of those that come
        waits, and the others are forgotten.

        Parameters
        ----------
        picture : callable, called in another thread if it is read, returns RGB [height, width, 3]
            as the camera sees it, or raises DetectorError
        """
        if not self.may_read:
            return
        now = time.monotonic()
        crowd = visitors()
        with self._lock:
            interval = crowd * max(1 / ANALYSES_PER_S, self._cost_s / PAIRS)
            if crowd > CROWD:
                interval = max(interval, 1 / ANALYSES_IN_CROWD_PER_S)
            self._sight.search_again_after(
                CROWD_SEARCH_AGAIN_S if crowd >= CROWD else SEARCH_AGAIN_S
            )
            self._frames += 1
            self._first_frame = self._first_frame or now
            self._last_frame = now
            self._came.append(now)
            if now < self._due:
                return
            # Catch up on at most one missed slot.
            self._due = max(self._due + interval, now - interval)
            self._next = (picture, now)
            if self._is_reading:
                return
            self._is_reading = True
        _readers.submit(self._read_next)

    def _read_next(self) -> None:
        """Read the picture that waits, then come again for the next, after other visitors'."""
        with self._lock:
            waiting, self._next = self._next, None
            sight = self._sight
        changed = False
        try:
            if waiting is not None and self.may_read:
                changed = self._read(*waiting, sight)
        finally:
            if self._goes_on(sight):
                _readers.submit(self._read_next)
        if self.on_reading is not None:
            self.on_reading(changed)

    def _goes_on(self, sight: Sight) -> bool:
        """Return whether another picture waits; after Stop and Start it is for others to look."""
        with self._lock:
            if sight is not self._sight:
                return False
            self._is_reading = self._next is not None
            return self._is_reading

    def _read(self, picture: Callable[[], NDArray[np.uint8]], came_at: float, sight: Sight) -> bool:
        """Read a picture; return whether another feeling than before is read."""
        now, analyser = time.monotonic(), self.analyser
        if analyser is None:
            return False
        look = sight.look(picture, now, analyser, everybody=self.all_of_us)
        with self._lock:
            if sight is not self._sight:
                return False
            took = min(time.monotonic() - now, MAX_COST_S)
            self._cost_s += (took - self._cost_s) / COST_OVER_ANALYSES
            before = sight.feeling
            sight.keep(look, now)
            self.light.feeling = sight.feeling or self.light.feeling
            self._analysed.append(now)
            is_seen = sight.last.scores is not None
        HISTORY.note()
        if is_seen and on_mood is not None:
            on_mood(time.monotonic() - came_at)
        return sight.feeling not in (before, "")

    def state(self) -> LiveState:
        """Return the current state of the camera."""
        now = time.monotonic()
        with self._lock:
            fresh = self._last_frame is not None and self._last_frame > now - STALE_AFTER_S
            rate = _rate(self._analysed, now)
            if not fresh:
                return LiveState(None, None, self._frames, rate)
            seen_last, name = self._sight.last, self._sight.steady.name
            return LiveState(
                seen_last.scores, name, self._frames, rate, seen_last.box, seen_last.together
            )

    @property
    def load(self) -> Load | None:
        """The frames that come and are analysed; None for a newcomer, and without any frames."""
        now = time.monotonic()
        with self._lock:
            if self._first_frame is None or now - self._first_frame < NEWCOMER_S:
                return None
            came = _rate(self._came, now)
            return Load(came, _rate(self._analysed, now)) if came else None

    def read(self) -> ModeResult:
        """Return what a running camera reads now."""
        return self._shown(self.state())

    def _shown(self, state: LiveState) -> ModeResult:
        if state.together is not None:
            return state.together.shown()
        # Its socket may tell of it once more after Stop, and after the page has.
        waits: State = "idle" if self.waiting_since is None else "connecting"
        awaited = self.presence.awaits(self.last_frame)
        nothing = ModeResult(state=waits if awaited else "looking")
        return replace(describe(state.scores, state.name, nothing), box=state.box)

    @property
    def is_on(self) -> bool:
        """Whether the camera was started, and its visitor still agrees."""
        agreed = self.agreed
        return self.waiting_since is not None and agreed is not None and agreed.given

    def told(self) -> dict[str, Any]:
        """Return what the browser is told, as `ring.seen` has it, and how often a run is wanted."""
        state = self.state()
        shown = self._shown(state)
        problem = "" if self.may_read else "over"
        if not problem and connection_failed(self):
            problem = "unconnected"
        told = seen(shown.state, shown.scores, shown.feeling, shown.box, shown.mood)
        if shown.mood is not None:
            told["feeling"] = feeling_at(shown.mood)
        if self.waiting_since is not None:
            told["way"] = "pictures" if self.wants_pictures else self.way
        told |= {"heard": self._heard, "turn": self.runs.look(shown.mood, problem)}
        told |= state.together.told() if state.together is not None else {}
        return told | ({"rate": f"{state.rate:.1f}"} if self.shows_rate else {})

    def hear(self, told: bytes) -> None:
        """Take a picture, which is what browsers say on their sockets, and have it answered.

        Raises
        ------
        ValueError
            When no page of ours says such a thing.
        """
        if self.on_picture is not None:
            self.on_picture(self, told)
        self._heard += 1
        if self.on_reading is not None:
            self.on_reading(False)  # noqa: FBT003 - as a reading is told

    def correct(self, corrections: Corrections) -> None:
        """Read the next frames with these corrections of the visitor's."""
        with self._lock:
            self._sight.steady.corrections = corrections

    @property
    def named(self) -> Answer | None:
        """The emotion that was named last, after the cell of what was read; None of a group."""
        with self._lock:
            return None if self.all_of_us else self._sight.steady.named

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


# Called with the seconds from a picture's arrival to what is read of the face in it.
on_mood: Callable[[float], object] | None = None
# All cameras of the process; the weak references of closed pages drop out.
_cameras: WeakSet[LiveReading] = WeakSet()
# A set must not grow while another thread iterates over it.
_cameras_lock = threading.Lock()
# As many as can read at once: more would wait for one another, each with memory of its own.
_readers = ThreadPoolExecutor(PAIRS, "frames")


def visitors() -> int:
    """Return the number of active cameras, at least 1."""
    with _cameras_lock:
        cameras = list(_cameras)
    return max(1, sum(camera.active for camera in cameras))


def _rate(times: Iterable[float], now: float) -> float:
    """Return how many a second there were lately, 0 for fewer than two."""
    recent = [at for at in times if at > now - STALE_AFTER_S]
    return (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 else 0.0


def _pixels_of(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return a frame in RGB [height, width, 3], `MAX_SIDE` large at most."""
    share = min(1.0, MAX_SIDE / max(frame.width, frame.height))
    width, height = (max(1, round(side * share)) for side in (frame.width, frame.height))
    converted = _converting.by.reformat(frame, width, height, "rgb24")
    return np.asarray(converted.to_ndarray(), np.uint8)


class _Converting(threading.local):
    """The converter of one thread's frames: to make it anew for each takes four times as long."""

    def __init__(self) -> None:
        self.by = VideoReformatter()


_converting = _Converting()


def connection_failed(live: LiveReading) -> bool:
    """Return whether the wait for the first frame has been too long."""
    waiting = live.waiting_since
    return (
        waiting is not None
        and live.state().frames == 0
        and live.presence.silence_s(waiting, time.monotonic()) > CONNECTION_PATIENCE_S
    )
