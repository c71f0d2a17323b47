"""The Listen page: notice, mood in, songs out.

Its upper half holds the chosen way in, and beside it what that shows.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from detectors.errors import DetectorError
from pages.ui import flush, resources, theme
from pages.ui.listen import bars as listen_bars
from pages.ui.listen import modes, sidebar
from pages.ui.listen.modes import BY_HAND, choose_mode
from pages.ui.plain import plain
from pages.ui.tiles import grid, players, playing, saving
from pages.ui.visitor import consent, listener, spotify
from recommender.settings import BadSetting

if TYPE_CHECKING:
    from collections.abc import Callable

    from pages.ui.listen.camera import Camera
    from pages.ui.listen.modes import ModeResult
    from recommender.types import Preferences


def draw() -> None:
    """Draw the page, from top to bottom."""
    theme.page("Listen")
    consent.follow()
    try:
        ice_servers = resources.settings().ice_servers
    except BadSetting as error:
        st.error(plain(str(error)), icon=":material/settings_alert:")
        st.stop()

    spotify.take_redirect()
    theme.hero("Look into your camera, hear music that fits your mood, or lifts it.")
    mode = choose_mode()
    # The notice comes before the sidebar, which waits for the catalogue, so that it shows at once.
    may_look = mode == BY_HAND or consent.given()
    if not may_look:
        consent.show_notice(ice_servers, on_decline=partial(modes.switch_mode, BY_HAND))
    preferences = sidebar.show_wishes()
    if may_look:
        show_mood(mode, preferences)
    playing.follow_wishes(preferences)
    players.take_up()
    grid.show_tiles()
    saving.show_save()
    listener.keep_cookie()
    saving.show_mood_playlists()
    flush.wait_until_sent()


# Poll intervals of the live reading: with 0.3 s of smoothing, a changed face shows well within a
# second, or within two in a crowd.
POLL_S, CROWD_POLL_S = 0.2, 0.6
# Poll interval for a visitor waiting for a free slot.
SEAT_POLL_S = 2.0


def show_mood(mode: str, preferences: Preferences) -> None:
    """Draw the input mode on the left and its reading on the right."""
    if mode != modes.CAMERA and "live" in st.session_state:
        from pages.ui.listen import camera as listen_camera  # it is loaded already

        # Its frame leaves the page, and the seat is for others.
        listen_camera.hang_up()
    with st.container(key="mood"):
        left, right = st.columns([1.15, 1], gap="large")
        if mode == modes.BY_HAND:
            with left:
                shown = modes.show_by_hand()
            with right:
                _show_reading(lambda: shown, preferences, bars=False)
            return
        with left:
            if not _models_ready():
                return
            if mode == modes.PHOTO:
                shown = modes.show_photo(consent.given)
                consent.watch()
            else:
                camera = _show_camera()
        with right:
            if mode == modes.PHOTO:
                _show_reading(lambda: shown, preferences)
            else:
                _show_live(camera, preferences)


def _models_ready() -> bool:
    """Load the models under a spinner; draw an error and return False when they are unusable."""
    try:
        with st.spinner("Loading the face reader. The very first time takes some ten seconds …"):
            resources.analyser()
    except DetectorError as error:
        st.error(plain(f"{error} You can still choose by hand."), icon=":material/error:")
        return False
    return True


def _show_camera() -> Camera:
    from pages.ui.listen import (
        camera as listen_camera,  # streamlit_webrtc is heavy, and needed only here
    )

    agreed = consent.current()
    if agreed is None:
        # Withdrawn in another tab since this run began.
        st.rerun()
    # The next run may cut this run short: keep the wish to stop until the camera has stopped.
    stop = _stop_wished()
    camera = listen_camera.show_camera(
        resources.analyser(), resources.settings(), agreed, stop=stop
    )
    if stop and not camera.running:
        st.session_state["stop"] = False
        st.rerun()
    if camera.problem:
        modes.show_problem(listen_camera.PROBLEMS[camera.problem])
    if camera.problem == "full":
        _wait_for_seat(camera)
    if not camera.running:
        consent.watch()
    return camera


@st.fragment(run_every=SEAT_POLL_S)
def _wait_for_seat(camera: Camera) -> None:
    from pages.ui.listen.seats import SEATS

    if SEATS.has_one_for(camera.live, resources.settings().max_visitors):
        # The camera is drawn outside of this fragment.
        st.rerun()


def _show_live(camera: Camera, preferences: Preferences) -> None:
    from pages.ui.listen import camera as listen_camera
    from pages.ui.listen import frames

    def look() -> ModeResult:
        # Presses and the notice are handled outside of this fragment.
        if consent.has_changed():
            st.rerun()
        if st.session_state["way"] != modes.CAMERA or (camera.running and _stop_wished()):
            st.rerun()
        if camera.running and camera.live.is_over:
            # It was hung up here; the browser has to be told to stop, too.
            _note("stop")
            st.rerun()
        if camera.running and not camera.problem and frames.connection_failed(camera.live):
            modes.show_problem(listen_camera.PROBLEMS["unconnected"])
        return modes.show_camera_state(camera)

    every = CROWD_POLL_S if frames.crowded() else POLL_S
    polling = st.fragment(run_every=every if camera.running else None)
    polling(_show_reading)(look, preferences, camera=camera)


def _show_reading(
    look: Callable[[], ModeResult],
    preferences: Preferences,
    *,
    bars: bool = True,
    camera: Camera | None = None,
) -> None:
    """Draw the reading that ``look`` returns, and the buttons; fetch songs for the first mood.

    As a fragment, it reruns while the camera is on, without disturbing the stream.
    """
    shown = look()
    listen_bars.show_label(shown.label, quiet=shown.mood is None)
    if shown.hint:
        st.html(f'<div class="mr-hint">{shown.hint}</div>')
    if bars:
        listen_bars.show_bars(shown.scores)
    if camera is not None and camera.running:
        if shown.mood is not None:
            listener.note_mood(shown.mood)
        if resources.settings().show_rate:
            listen_bars.show_rate(camera.live.state().rate)
    # Callbacks note presses before anything is drawn: the next run may cut this run short.
    with st.container(horizontal=True):
        st.button(
            playing.button_label(shown.mood),
            key="play-my-mood",
            type="primary",
            icon=":material/play_arrow:",
            shortcut="p",
            disabled=shown.mood is None,
            on_click=_note,
            args=("play",),
        )
        if camera is not None:
            st.button(
                "Stop the camera",
                key="stop-camera",
                icon=":material/videocam_off:",
                shortcut="q",
                disabled=not camera.running,
                on_click=_note,
                args=("stop",),
            )
    first = playing.playing() is None
    if shown.mood is not None and (first or st.session_state.get("play", False)):
        with st.spinner("Looking for songs …"):
            playing.play(shown.mood, preferences)
        st.session_state["play"] = False
        if camera is not None:
            # The tiles are drawn outside of this fragment.
            st.rerun()


def _note(wish: str) -> None:
    st.session_state[wish] = True


def _stop_wished() -> bool:
    return bool(st.session_state.get("stop", False))
