"""The live camera: frames from the visitor's browser, read and sent back with an overlay.

The only importer of streamlit_webrtc. Frames arrive in a thread of their own, where no ``st.*`` and
no session state may be touched: results cross over through a lock and one slot.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np
import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from detectors.errors import DetectorError
from detectors.pipeline import NO_FACE, SteadyReading
from pages.ui.overlay import draw_reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from detectors.pipeline import Analyser
    from detectors.types import EmotionScores

KEY = "camera"
# A connection on one machine stands within two seconds; after ten it will not come.
CONNECTION_PATIENCE_S = 10.0
# Frames come many times a second; without one for so long, the last reading is no longer true.
STALE_AFTER_S = 2.0
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
    frames : how many frames have been analysed since Start
    """

    scores: EmotionScores | None
    frames: int


class LiveReading:
    """One visitor's camera: takes frames in its thread, keeps the latest state for the page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything, as before Start."""
        with self._lock:
            self._steady = SteadyReading()
            self._scores: EmotionScores | None = None
            self._last_frame: float | None = None
            self._frames = 0
            self.waiting_since: float | None = None

    def take(self, frame: av.VideoFrame, analyser: Analyser) -> av.VideoFrame:
        """Read a frame and return it mirrored, as one knows oneself, with the overlay drawn in."""
        # A contiguous copy: OpenCV draws into it.
        pixels = np.ascontiguousarray(frame.to_ndarray(format="rgb24")[:, ::-1])
        try:
            reading = analyser.analyse(pixels)
        except DetectorError:
            reading = NO_FACE
        now = time.monotonic()
        with self._lock:
            self._scores = self._steady.add(now, reading.scores)
            self._frames += 1
            self._last_frame = now
            scores = self._scores
        draw_reading(pixels, reading.face, scores)
        return av.VideoFrame.from_ndarray(pixels, format="rgb24")

    def state(self) -> LiveState:
        """Return what the camera shows now."""
        now = time.monotonic()
        with self._lock:
            fresh = self._last_frame is not None and self._last_frame > now - STALE_AFTER_S
            return LiveState(self._scores if fresh else None, self._frames)


@dataclass(frozen=True, slots=True)
class Camera:
    """The camera as drawn in this run.

    running : between Start and Stop, connected or still connecting
    problem : a key of `PROBLEMS`, or None
    """

    live: LiveReading
    running: bool
    problem: str | None


def show_camera(
    analyser: Analyser, ice_servers: Sequence[Mapping[str, object]], *, stop: bool
) -> Camera:
    """Draw the camera with its Start button.

    stop : stop the camera in this run
    """
    live: LiveReading = st.session_state.setdefault("live", LiveReading())
    context = webrtc_streamer(
        KEY,
        mode=WebRtcMode.SENDRECV,
        # Given even when empty: without it, streamlit-webrtc silently asks Google's STUN server.
        rtc_configuration={"iceServers": list(ice_servers)},
        media_stream_constraints=CONSTRAINTS,
        # Anything else than None, except to stop, hides the Start button.
        desired_playing_state=False if stop else None,
        video_frame_callback=lambda frame: live.take(frame, analyser),
        video_html_attrs={
            "autoPlay": True,
            "controls": False,
            "muted": True,
            "style": {"width": "100%", "borderRadius": "1rem"},
        },
        media_toggle_controls=False,
        translations={"start": "Start", "stop": "Stop", "select_device": "Choose a camera"},
    )
    running = bool(context.state.playing or context.state.signalling)
    if not running:
        live.reset()
    elif live.waiting_since is None:
        live.waiting_since = time.monotonic()
    watched = _watcher(key="camera-watcher", on_problem_change=_noted)
    problem = watched.get("problem") or None
    return Camera(live, running, problem if problem in PROBLEMS else None)


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
