"""The live camera on the page, and the camera's problems.

Beside `pages.ui.listen.connection`, the only importer of streamlit_webrtc.
"""

import functools
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aioice.ice
import streamlit as st
from streamlit_webrtc import (
    Translations,
    WebRtcMode,
    WebRtcStreamerContext,
    component,
    webrtc_streamer,
)
from streamlit_webrtc.component import generate_frontend_component_key
from streamlit_webrtc.sink import VideoSinkTrack

from detectors.pipeline import Analyser
from pages.ui.js import script
from pages.ui.listen import connection, ice, pictures, turn
from pages.ui.listen.frames import LiveReading
from pages.ui.listen.seats import SEATS, Seat
from pages.ui.visitor.agreements import Consent
from recommender.errors import SourceError
from recommender.settings import Settings
from recommender.turn.servers import Ends
from recommender.wording import reader, tr

KEY = "camera"
# aioice hangs up when six answers in a row take more than half a second, as for minutes on a busy
# server or a slow line. Dead peers are detected anyway: without frames a seat is lost, and the
# connection ends with the tab's session.
aioice.ice.CONSENT_FAILURES = sys.maxsize
ice.guard_connections()
# By this name streamlit-webrtc makes its connections.
component.WebRtcWorker = connection.VisitorWorker  # type: ignore[attr-defined]
CONSTRAINTS = {
    "video": {
        "width": {"ideal": 640},
        "height": {"ideal": 480},
        "frameRate": {"ideal": 30},
        "facingMode": "user",
    },
    "audio": False,
}

# streamlit-webrtc shows the browser's own error in its frame and tells Python nothing of it. The
# frame comes from our own server, so that the page may read it, and dress it as its own.
_watcher = st.components.v2.component("moodring_camera_watcher", js=script("camera"))
_sender = st.components.v2.component("moodring_pictures", js=script("pictures"))


@dataclass(frozen=True, slots=True)
class Camera:
    """The camera as drawn in this run.

    Attributes
    ----------
    running : bool, True between Start and Stop, connected or still connecting
    problem : str or None, a key of `problems`
    lack : SourceError or None, why there is no relay, without which the camera goes on
    told : object, what the browser had told of the connection; None where it was not drawn
    """

    live: LiveReading
    running: bool
    problem: str | None
    lack: SourceError | None = None
    told: object = None

    def is_behind(self) -> bool:
        """Return whether the browser has told more of the connection since.

        It may tell that together with something of a fragment, and then Streamlit draws the
        fragment alone.
        """
        return self.told is not None and self.told != _told()


def problems() -> dict[str, str]:
    """Return the sentences for an unusable camera; the watcher finds its key."""
    return {
        "refused": tr("The camera is blocked. Allow it beside the address, then press Start."),
        "missing": tr("No camera was found. Plug one in, then press Start."),
        "busy": tr("Another app is using the camera. Close it there, then press Start."),
        "insecure": tr(
            "A camera needs a secure address: open Moodring at 127.0.0.1 or over HTTPS."
        ),
        "webview": tr("This app shows pages without a camera. Open Moodring in Safari or Chrome."),
        "failed": tr("The camera could not be opened."),
        "unconnected": tr("The camera’s picture did not arrive within ten seconds."),
        "full": tr("All camera seats are taken. Yours opens as soon as one is free."),
    }


def waits() -> dict[str, str]:
    """Return the sentences for a camera that is lost while it runs, and opened again by itself."""
    return {
        "refused": tr("The camera is blocked. Allow it beside the address, and it goes on."),
        "missing": tr("No camera was found. Plug one in, and it goes on."),
    }


class _Connection:
    """Session-scoped handle that closes the WebRTC connection when the tab closes."""

    def __init__(self, live: LiveReading | None) -> None:
        self.live = live

    def leave(self) -> None:
        """Hang up, but for a page that has only lost its network: its seat is looked after.

        Its other socket tells one that is closed, a moment before or after.
        """
        now = time.monotonic()
        if self.live is None or not (self.live.presence.is_open or self.live.presence.is_away(now)):
            self.hang_up()
        else:
            self.live.presence.lose(now)

    def hang_up(self) -> None:
        """Close the connection, if there is one. Returns at once."""
        # streamlit-webrtc's own way to stop is another run of the page, and there will be none.
        if self.live is not None:
            SEATS.hang_up(self.live)
            # Its socket ends, too.
            self.live.waiting_since = None


@st.cache_resource(scope="session", on_release=_Connection.leave, show_spinner=False)
def _connection() -> _Connection:
    # Streamlit keeps a closed tab's session for minutes, in case it reconnects, and WebRTC is
    # set above to wait for ever. Session-scoped entries of the cache are released at once.
    live: LiveReading | None = st.session_state.get("live")
    if live is not None and live.presence.is_open:
        # The page has lost its network, and is back.
        live.presence.find(time.monotonic())
    return _Connection(live)


def hang_up() -> None:
    """Close this tab's connection to its camera, if there is one. Returns at once."""
    _connection().hang_up()


def show_camera(analyser: Analyser, settings: Settings, agreed: Consent, *, stop: bool) -> Camera:
    """Draw the camera with its Start button, or nothing when there is no free slot.

    Parameters
    ----------
    agreed : Consent, checked before each frame, which is read only while it stands
    stop : bool, stop the camera in this run
    """
    if "live" not in st.session_state:
        st.session_state["live"] = LiveReading()
    live: LiveReading = st.session_state["live"]
    if not SEATS.has_one_for(live, settings.max_visitors):
        return Camera(live, running=False, problem="full")
    _connection().live = live
    known: WebRtcStreamerContext[Any, Any] | None = st.session_state.get(KEY)
    if stop or (known is not None and known.state.playing and not SEATS.holds(live)):
        live.is_over = True
    if live.way == "pictures" and known is not None and not _is_busy(known):
        live.may_reconnect = True
    live.analyser, live.agreed = analyser, agreed
    live.shows_rate = settings.show_rate
    live.on_picture = functools.partial(pictures.take, settings.max_visitors)
    connection.ADMIT.set(functools.partial(_admit, live, settings.max_visitors))
    ends, lack = turn.ends(settings)
    connection.RELAYS.set(ends.hosts)
    try:
        _draw(live, ends, stop=live.is_over or (live.way == "pictures" and not live.may_reconnect))
    except connection.Refused as refusal:
        if refusal.problem is not None:
            return Camera(live, running=False, problem=refusal.problem)
    running = _follow(live, stop=stop)
    if not running:
        turn.renew(settings)
    names = {"title": tr("Your camera"), "camera": tr("Camera"), "done": tr("Done")}
    names |= {"another": tr("Another camera")}
    names |= {"paused": tr("Your device has paused the camera. It goes on by itself.")}
    buttons = {name: _words()[name] for name in ("start", "stop")}
    dress = {**names, **buttons, "problems": problems(), "waits": waits(), "lang": reader()}
    _sender(key="camera-sender")
    watched = _watcher(key="camera-watcher", data=dress, on_problem_change=_noted)
    # The frame may tell of a connection that is not needed any more.
    problem = None if live.way == "pictures" else _known_problem(watched.get("problem"))
    problem = problem or ("unconnected" if live.never_came else None)
    return Camera(live, running, problem, lack, _told())


def _admit(live: LiveReading, seats: int, hang_up: Callable[[], None]) -> Seat:
    """Give a connection its seat."""
    if live.way == "pictures" and live.may_reconnect and SEATS.holds(live):
        return Seat(live, time.monotonic(), hang_up)
    if live.is_over or live.way == "pictures":
        # The connection was hung up here, and the browser has yet to notice.
        raise connection.Refused(None)
    seat = SEATS.take(live, seats, hang_up)
    if seat is None:
        raise connection.Refused("full")
    live.never_came = False
    return seat


def _draw(live: LiveReading, ends: Ends, *, stop: bool) -> None:
    """Draw streamlit-webrtc's component, which makes the connection that it is asked for."""
    _keep_connection()
    webrtc_streamer(
        KEY,
        mode=WebRtcMode.SENDONLY,
        # Given even when empty: without it, streamlit-webrtc silently asks Google's STUN server.
        frontend_rtc_configuration={"iceServers": list(ends.browser)},
        server_rtc_configuration={"iceServers": list(ends.server)},
        media_stream_constraints=CONSTRAINTS,
        # Anything else than None, except to stop, hides the Start button.
        desired_playing_state=False if stop else None,
        # Called where frames arrive; an end of it is one of its connection.
        sink_video_track=VideoSinkTrack(live.take),
        media_toggle_controls=False,
        translations=_words(),
    )


def _words() -> Translations:
    """Return the words of streamlit-webrtc's component that are seen."""
    return {
        "start": tr("Start"),
        "stop": tr("Stop"),
        "select_device": tr("Choose a camera"),
        "device_ask_permission": tr("Allow the camera in your browser, please."),
        "device_not_available": tr("No camera was found."),
        "device_access_denied": tr("The browser does not allow the camera here."),
        "select_camera": tr("Camera"),
    }


def _follow(live: LiveReading, *, stop: bool) -> bool:
    """Return whether the browser has started the camera; note it when it has stopped."""
    busy = _is_busy(st.session_state[KEY])
    if live.way == "pictures":
        if not live.is_over:
            return True
        SEATS.hang_up(live)
    if busy:
        if live.waiting_since is None:
            live.waiting_since = time.monotonic()
        return True
    live.reset()
    was_over, live.is_over = live.is_over, False
    if was_over and not stop:
        # The Start button was not drawn; whoever asked to stop draws the page again.
        st.rerun()
    return False


def _is_busy(known: WebRtcStreamerContext[Any, Any]) -> bool:
    """Return whether the browser has a connection, or is making one."""
    return bool(known.state.playing or known.state.signalling)


def _told() -> object:
    """Return what the browser tells of the connection."""
    return st.session_state.get(generate_frontend_component_key(KEY))


def _known_problem(told: object) -> str | None:
    """Return the problem that the browser reports; None for an unknown problem."""
    return told if isinstance(told, str) and told in problems() else None


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


def _noted() -> None:
    """Do nothing: a change of the watcher's state reruns the page by itself."""
