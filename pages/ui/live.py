"""The live camera: frames from the visitor's browser, read and sent back with an overlay.

The only importer of streamlit_webrtc. Frames arrive in a thread of their own, where no ``st.*`` and
no session state may be touched: results cross over through a lock and one slot.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import aioice.ice
import av
import cv2
import streamlit as st
from streamlit.runtime import Runtime
from streamlit_webrtc import WebRtcMode, webrtc_streamer
from streamlit_webrtc.component import generate_frontend_component_key
from streamlit_webrtc.relay import _SERVER_GLOBAL_RELAY_ATTR_NAME_

from detectors.errors import DetectorError
from detectors.following import SEARCH_AGAIN_S, FaceFollower
from detectors.loading import PAIRS
from detectors.pipeline import NO_FACE, SteadyReading
from pages.ui.newest import NewestFrames
from pages.ui.overlay import draw_rate, draw_reading
from pages.ui.rate import HISTORY

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from streamlit_webrtc import WebRtcStreamerContext
    from streamlit_webrtc.webrtc import WebRtcWorker

    from detectors.pipeline import Analyser
    from detectors.types import EmotionScores
    from recommender.settings import Settings

KEY = "camera"
# A connection on one machine stands within two seconds; after ten it will not come.
CONNECTION_PATIENCE_S = 10.0
# Analyses a second for all visitors together: thirty for one, nine each for eight; on a slow
# machine as many as can be made one after the other, for it has pictures to carry, too.
ANALYSES_PER_S = 72.0
COST_OVER_ANALYSES = 5
# From so many visitors on, the picture goes back at three quarters of its size and, where fewer can
# be analysed than that, only with a new reading: encoding it costs as much as reading it.
CROWD = 4
CROWD_SHARE = 0.75
# Searching the whole frame again costs five times as much as following a face.
CROWD_SEARCH_AGAIN_S = 1.2
# Frames come many times a second; without one for so long, the last reading is no longer true.
STALE_AFTER_S = 2.0
RATE_OVER_FRAMES = 60
# aioice hangs up when six answers in a row take more than half a second, which a busy server and a
# slow line do for minutes. Who is silent is noticed without that: nothing is sent back but answers
# to frames, and the connection ends with the tab's session.
aioice.ice.CONSENT_FAILURES = sys.maxsize
CONSTRAINTS = {
    "video": {
        "width": {"ideal": 640},
        "height": {"ideal": 480},
        "frameRate": {"ideal": 30},
        "facingMode": "user",
    },
    "audio": False,
}

# What the component's frame says when the camera cannot be used, by the first match of its text.
PROBLEMS = {
    "refused": "The browser does not allow the camera here.",
    "missing": "No camera was found.",
    "busy": "The camera is in use by another program.",
    "insecure": "A camera needs a secure address: open Moodring at 127.0.0.1 or over HTTPS.",
    "failed": "The camera could not be opened.",
    "unconnected": "The camera's picture did not arrive within ten seconds.",
    "full": "As many people as Moodring can follow are using their cameras right now. "
    "The camera opens here as soon as one of them leaves.",
}

# streamlit-webrtc shows the browser's own error in its frame and tells Python nothing of it. The
# frame comes from our own server, so that the page may read it.
_watcher = st.components.v2.component(
    "moodring_camera_watcher",
    js="""
    const KINDS = [
        ["insecure", /not loaded securely|getUserMedia is not implemented/],
        ["refused", /NotAllowedError|SecurityError|[Pp]ermission/],
        ["missing", /NotFoundError|OverconstrainedError|device not found/],
        ["busy", /NotReadableError|AbortError|TrackStartError|Could not start/],
        ["failed", /Error/],
    ];
    // After Start the frame has the focus, and keys pressed there would be lost to the page.
    const passOn = ({ key, code }) => {
        if (!["p", "q"].includes(key.toLowerCase())) return;
        const options = { key, code, bubbles: true, cancelable: true };
        document.body.dispatchEvent(new KeyboardEvent("keydown", options));
        document.body.dispatchEvent(new KeyboardEvent("keyup", options));
    };
    export default function ({ parentElement, setStateValue }) {
        if (parentElement.moodringTimer) return;
        let last = "";
        const look = () => {
            let kind = "";
            if (!window.isSecureContext || !navigator.mediaDevices) kind = "insecure";
            for (const frame of document.querySelectorAll('iframe[src*="webrtc_streamer"]')) {
                const inside = frame.contentDocument;
                if (inside && !inside.moodringKeys) {
                    inside.moodringKeys = true;
                    inside.addEventListener("keydown", passOn);
                }
                const alert = inside?.querySelector('[role="alert"]');
                const text = alert?.textContent ?? "";
                if (text && !kind) kind = (KINDS.find(([, words]) => words.test(text)) ?? [""])[0];
            }
            if (kind !== last) {
                last = kind;
                setStateValue("problem", kind);
            }
        };
        parentElement.moodringTimer = setInterval(look, 400);
        return () => {
            clearInterval(parentElement.moodringTimer);
            delete parentElement.moodringTimer;
        };
    }
    """,
)


@dataclass(frozen=True, slots=True)
class LiveState:
    """What the camera shows now.

    scores : the steady reading, or None
    name : the emotion to be named, None when not sure
    frames : how many frames have come since Start
    rate : analysed frames a second, over the last seconds
    """

    scores: EmotionScores | None
    name: str | None
    frames: int
    rate: float


class LiveReading:
    """One visitor's camera: takes frames in its thread, keeps the latest state for the page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
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
            self._due = self._cost_s = 0.0
            self._analysed: deque[float] = deque(maxlen=RATE_OVER_FRAMES)
            self._frames = 0
            self._back: av.VideoFrame | None = None
            self.waiting_since: float | None = None

    def take(
        self, frame: av.VideoFrame, analyser: Analyser, *, show_rate: bool = False
    ) -> av.VideoFrame:
        """Read a frame and return it mirrored, as one knows oneself, with the overlay drawn in.

        With many visitors some frames are only shown, with the reading of the one before; on a
        machine that is too slow for a crowd they are not even shown, and what was returned before
        is returned again.
        """
        now = time.monotonic()
        crowd = visitors()
        with self._lock:
            slow = self._cost_s / PAIRS > 1 / ANALYSES_PER_S
            interval = crowd * (self._cost_s / PAIRS if slow else 1 / ANALYSES_PER_S)
            self._follower.search_again_s = (
                CROWD_SEARCH_AGAIN_S if crowd >= CROWD else SEARCH_AGAIN_S
            )
            self._frames += 1
            self._last_frame = now
            # A turn that was missed is made up for, but not more than one.
            due = now >= self._due
            if due:
                self._due = max(self._due + interval, now - interval)
            elif crowd >= CROWD and slow and self._back is not None:
                return self._back
        # A contiguous copy: OpenCV draws into it.
        pixels = cv2.flip(frame.to_ndarray(format="rgb24"), 1)
        if due:
            self._read(pixels, now, analyser)
        with self._lock:
            face, read, name = self._reading.face, self._scores is not None, self._steady.name
        draw_reading(pixels, face, name or ("not sure" if read else ""))
        if show_rate:
            draw_rate(pixels, self.state().rate)
        if crowd >= CROWD:
            # The encoder wants even sides.
            height, width = (2 * round(side * CROWD_SHARE / 2) for side in pixels.shape[:2])
            pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)
        back = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        with self._lock:
            self._back = back if crowd >= CROWD else None
        return back

    def _read(self, pixels: NDArray[np.uint8], now: float, analyser: Analyser) -> None:
        try:
            reading = analyser.follow(pixels, now, self._follower)
        except DetectorError:
            reading = NO_FACE
        with self._lock:
            self._cost_s += (time.monotonic() - now - self._cost_s) / COST_OVER_ANALYSES
            self._reading = reading
            self._scores = self._steady.add(now, reading.scores)
            self._analysed.append(now)
        HISTORY.note()

    def state(self) -> LiveState:
        """Return what the camera shows now."""
        now = time.monotonic()
        with self._lock:
            fresh = self._last_frame is not None and self._last_frame > now - STALE_AFTER_S
            recent = [at for at in self._analysed if at > now - STALE_AFTER_S]
            rate = (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 else 0.0
            scores, name = (self._scores, self._steady.name) if fresh else (None, None)
            return LiveState(scores, name, self._frames, rate)

    @property
    def active(self) -> bool:
        """Whether a camera is on, or on its way."""
        now = time.monotonic()
        with self._lock:
            if self._last_frame is not None:
                return self._last_frame > now - STALE_AFTER_S
            waiting = self.waiting_since
            return waiting is not None and now - waiting < CONNECTION_PATIENCE_S


# Of the whole process: a page that is closed takes its own away.
_cameras: WeakSet[LiveReading] = WeakSet()
# A set must not grow while another thread looks at all of it.
_cameras_lock = threading.Lock()


def _active_cameras() -> list[LiveReading]:
    with _cameras_lock:
        cameras = list(_cameras)
    return [camera for camera in cameras if camera.active]


def visitors() -> int:
    """Return how many cameras are on; at least one, for there is no half of a visitor."""
    return max(1, len(_active_cameras()))


def crowded() -> bool:
    """Return whether so many cameras are on that each gets a little less."""
    return visitors() >= CROWD


def no_seat_for(live: LiveReading, seats: int) -> bool:
    """Return whether as many others are using their cameras as there are seats."""
    return sum(camera is not live for camera in _active_cameras()) >= seats


@dataclass(frozen=True, slots=True)
class Camera:
    """The camera as drawn in this run.

    running : between Start and Stop, connected or still connecting
    problem : a key of `PROBLEMS`, or None
    """

    live: LiveReading
    running: bool
    problem: str | None


class _Connection:
    """What is hung up when the tab is closed."""

    def __init__(self) -> None:
        self.context: WebRtcStreamerContext[Any, Any] | None = None

    def hang_up(self) -> None:
        """Close the connection, if there is one. Returns at once."""
        # The context's own way to stop is another run of the page, and there will be none.
        worker = self.context and self.context._get_worker()  # noqa: SLF001
        if worker:
            # Not in this thread, which is the one that has to close the connection.
            threading.Thread(target=_stop, args=(worker,), daemon=True).start()


def _stop(worker: WebRtcWorker[Any, Any]) -> None:
    worker.stop()
    del worker
    # Encoders and decoders of some MB hang on objects that refer to one another.
    gc.collect()


@st.cache_resource(scope="session", on_release=_Connection.hang_up, show_spinner=False)
def _connection() -> _Connection:
    # Streamlit keeps a closed tab's session for two minutes, lest it come back; WebRTC notices half
    # a minute later that nobody answers. What belongs to a tab's session in the cache goes at once.
    return _Connection()


def show_camera(analyser: Analyser, settings: Settings, *, stop: bool) -> Camera:
    """Draw the camera with its Start button, or nothing when there is no seat left.

    stop : stop the camera in this run
    """
    if "live" not in st.session_state:
        st.session_state["live"] = LiveReading()
    live: LiveReading = st.session_state["live"]
    if not live.active and no_seat_for(live, settings.max_visitors):
        return Camera(live, running=False, problem="full")
    _keep_connection()
    _relay_newest_frames()
    context = webrtc_streamer(
        KEY,
        mode=WebRtcMode.SENDRECV,
        # Given even when empty: without it, streamlit-webrtc silently asks Google's STUN server.
        rtc_configuration={"iceServers": list(settings.ice_servers)},
        media_stream_constraints=CONSTRAINTS,
        # Anything else than None, except to stop, hides the Start button.
        desired_playing_state=False if stop else None,
        video_frame_callback=lambda frame: live.take(frame, analyser, show_rate=settings.show_rate),
        video_html_attrs={
            "autoPlay": True,
            "controls": False,
            "muted": True,
            "style": {"width": "100%", "borderRadius": "1rem"},
        },
        media_toggle_controls=False,
        translations={"start": "Start", "stop": "Stop", "select_device": "Choose a camera"},
    )
    _connection().context = context
    running = bool(context.state.playing or context.state.signalling)
    if not running:
        live.reset()
    elif live.waiting_since is None:
        live.waiting_since = time.monotonic()
    watched = _watcher(key="camera-watcher", on_problem_change=_noted)
    problem = watched.get("problem") or None
    return Camera(live, running, problem if problem in PROBLEMS else None)


def _keep_connection() -> None:
    """Keep streamlit-webrtc from hanging up a camera whose frame is still on the page.

    It does so when it believes that a whole run of the page did not draw the camera. It compares
    counts of finished runs, which rise in another thread, when the browser is told: two quick runs
    that both drew the camera can look like two apart. Streamlit forgets a widget's value when a
    whole run did not draw it, so that is what to go by.
    """
    context: WebRtcStreamerContext[Any, Any] | None = st.session_state.get(KEY)
    if context is not None and generate_frontend_component_key(KEY) in st.session_state:
        context._last_rendered_run_count = None  # noqa: SLF001


def _relay_newest_frames() -> None:
    """Let streamlit-webrtc use our relay: it keeps its own at the server, and makes none anew."""
    if Runtime.exists():
        server = Runtime.instance()
        if not isinstance(getattr(server, _SERVER_GLOBAL_RELAY_ATTR_NAME_, None), NewestFrames):
            setattr(server, _SERVER_GLOBAL_RELAY_ATTR_NAME_, NewestFrames())


def _noted() -> None:
    """Do nothing: that the watcher has news runs the page again."""


def connection_failed(live: LiveReading) -> bool:
    """Return whether the wait for the first frame has been too long."""
    waiting = live.waiting_since
    return (
        waiting is not None
        and live.state().frames == 0
        and time.monotonic() - waiting > CONNECTION_PATIENCE_S
    )
