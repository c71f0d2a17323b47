"""The Listen page: notice, mood in, songs out, and the wishes in the sidebar.

Its upper half holds the chosen way in, and beside it what that shows. The wishes are kept in the
page's query parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from detectors.errors import DetectorError
from pages.ui import resources, theme
from pages.ui.listen import goals, modes, ring
from pages.ui.plain import plain
from pages.ui.tiles import grid, players, playing, saving
from pages.ui.visitor import consent, listener, spotify
from recommender import types
from recommender.mood import feeling_at
from recommender.settings import BadSetting

if TYPE_CHECKING:
    from pages.ui.listen.camera import Camera
    from recommender.types import Mood

# Poll intervals of the live reading: with 0.3 s of smoothing, a changed face shows well within a
# second, or within two in a crowd.
POLL_S, CROWD_POLL_S = 0.2, 0.6
# Poll interval for a visitor waiting for a free slot.
SEAT_POLL_S = 2.0
MIN_COUNT = 4
MAX_LANGUAGES = 8
# Session key of the songs before the present ones.
_BEFORE = "playing-before"


def draw() -> None:
    """Draw the page, from top to bottom."""
    theme.page("Listen")
    consent.follow()
    try:
        ice_servers = resources.settings().ice_servers
    except BadSetting as error:
        st.error(plain(error), icon=":material/settings_alert:")
        st.stop()

    spotify.take_redirect()
    may_look = modes.chosen() == modes.BY_HAND or consent.given()
    if may_look:
        # The first screen belongs to the mood and its songs.
        st.html('<h1 class="mr-say">Listen</h1>')
    else:
        theme.hero(
            "Music for the face you’re making.",
            "Moodring reads your expression and finds songs that match your mood, or lift it.",
        )
    mode = modes.choose_mode()
    # The notice comes before the sidebar, which waits for the catalogue, so that it shows at once.
    if not may_look:
        decline = partial(modes.switch_mode, modes.BY_HAND)
        consent.show_notice(ice_servers, decline, photo=mode == modes.PHOTO)
    preferences = show_wishes()
    if may_look:
        show_mood(mode, preferences)
    playing.follow_wishes(preferences)
    # Elements that come and go have a place of their own: in it, they do not redraw the tiles.
    with st.container(key="ways-on"):
        _show_ways_on(preferences)
    players.take_up()
    grid.show_tiles()
    saving.show_save()
    listener.keep_cookie()
    saving.show_mood_playlists()
    theme.wait_until_sent()


def show_mood(mode: str, preferences: types.Preferences) -> None:
    """Draw the input mode on the left and its reading on the right."""
    if mode != modes.CAMERA and "live" in st.session_state:
        from pages.ui.listen.camera import hang_up  # it is loaded already

        # Its frame leaves the page, and the seat is for others.
        hang_up()
    with st.container(key="mood"):
        left, right = st.columns([1.15, 1], gap="large")
        if mode == modes.BY_HAND:
            with left:
                shown = modes.show_by_hand()
            with right:
                _show_reading(lambda: shown, preferences, bars=False)
                goals.show()
            return
        with left:
            if not _models_ready():
                return
            if mode == modes.PHOTO:
                shown = modes.show_photo(consent.given)
                consent.watch()
            else:
                with st.container(key=ring.KEY):
                    camera = _show_camera()
        with right:
            if mode == modes.PHOTO:
                _show_reading(lambda: shown, preferences)
            else:
                _show_live(camera, preferences)
            goals.show()


def _models_ready() -> bool:
    """Load the models under a spinner; draw an error and return False when they are unusable."""
    try:
        with st.spinner("Waking up the face reader … (first time only, about ten seconds)"):
            resources.analyser()
    except DetectorError as error:
        st.error(f"{plain(error)} You can still choose by hand.", icon=":material/error:")
        return False
    return True


def _show_camera() -> Camera:
    from pages.ui.listen import camera  # streamlit_webrtc is heavy, and needed only here

    agreed = consent.current()
    if agreed is None:
        # Withdrawn in another tab since this run began.
        st.rerun()
    # The next run may cut this run short: keep the wish to stop until the camera has stopped.
    stop = _stop_wished()
    consent.hang_up_with(camera.hang_up)
    shown = camera.show_camera(resources.analyser(), resources.settings(), agreed, stop=stop)
    if stop and not shown.running:
        st.session_state["stop"] = False
        st.rerun()
    if shown.problem:
        modes.show_problem(camera.PROBLEMS[shown.problem])
    if shown.problem == "full":
        _wait_for_seat(shown)
    if not shown.running:
        consent.watch()
    return shown


@st.fragment(run_every=SEAT_POLL_S)
def _wait_for_seat(camera: Camera) -> None:
    from pages.ui.listen.seats import SEATS

    if SEATS.has_one_for(camera.live, resources.settings().max_visitors):
        # The camera is drawn outside of this fragment.
        st.rerun()


def _show_live(camera: Camera, preferences: types.Preferences) -> None:
    from pages.ui.listen import frames
    from pages.ui.listen.camera import PROBLEMS

    def look() -> modes.ModeResult:
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
            modes.show_problem(PROBLEMS["unconnected"])
        return modes.show_camera_state(camera)

    every = CROWD_POLL_S if frames.crowded() else POLL_S
    polling = st.fragment(run_every=every if camera.running else None)
    polling(_show_reading)(look, preferences, camera=camera)


def _show_reading(
    look: Callable[[], modes.ModeResult],
    preferences: types.Preferences,
    *,
    bars: bool = True,
    camera: Camera | None = None,
) -> None:
    """Draw the reading that ``look`` returns, and the buttons; fetch songs that are asked for.

    As a fragment, it reruns while the camera is on, without disturbing the stream.
    """
    shown = look()
    _show_face(shown, camera, bars=bars)
    if camera is not None and camera.running:
        if shown.mood is not None:
            listener.me().note_mood(shown.mood)
        if resources.settings().show_rate:
            modes.show_rate(camera.live.state().rate)
    # Callbacks note presses before anything is drawn: the next run may cut this run short.
    with st.container(horizontal=True):
        st.button(
            playing.button_label(shown.mood),
            key="play-my-mood",
            type="primary",
            icon=":material/search:",
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
    _fetch_songs(shown.mood, preferences, live=camera is not None)


def _fetch_songs(mood: Mood | None, preferences: types.Preferences, *, live: bool) -> None:
    """Fetch songs for the first mood, and whenever they were asked for.

    Parameters
    ----------
    live : bool, whether the camera reads the mood
    """
    now = playing.playing()
    if mood is not None and (now is None or st.session_state.get("play", False)):
        with st.spinner("Looking for songs …"):
            playing.play(mood, preferences)
        st.session_state[_BEFORE] = now
        if live:
            st.session_state["play"] = False
            # The tiles are drawn outside of this fragment.
            st.rerun()
    # A photo without a face asks for nothing; a press on the camera's button has its mood.
    if not live or mood is not None:
        st.session_state["play"] = False


def _show_ways_on(preferences: types.Preferences) -> None:
    """Draw what stands above the songs: a hand held out, and the way back to those before."""
    now, before = playing.playing(), st.session_state.get(_BEFORE)
    if now is None:
        return
    goals.hold_out_a_hand(now.mood, preferences.goal)
    # Other wishes would fetch them anew.
    if before is not None and before.preferences == playing.with_first(preferences):
        st.button("Previous songs", key="previous-songs", icon=":material/undo:", on_click=_go_back)


def _go_back() -> None:
    """Exchange the present songs and those before."""
    now = playing.playing()
    playing.put_back(st.session_state[_BEFORE])
    st.session_state[_BEFORE] = now


def _show_face(shown: modes.ModeResult, camera: Camera | None, *, bars: bool) -> None:
    """Draw what was read: mood, light, bars and ring."""
    sure = shown.mood is not None
    said = "You look" if bars else "You feel"
    # A line that comes and goes would move all that is below; and in another place, the label of
    # the mode before would stay beside this one's until the page is drawn.
    st.html(f'<div class="mr-said">{said if sure else "&nbsp;"}</div>')
    modes.show_label(shown.label, quiet=not sure)
    if shown.mood is not None:
        theme.light(shown.feeling or feeling_at(shown.mood))
    if shown.hint:
        st.html(f'<div class="mr-hint">{shown.hint}</div>')
    if bars:
        modes.show_bars(shown.scores)
    if camera is not None:
        ring.show(shown.state, shown.scores, shown.feeling or None)


def _note(wish: str) -> None:
    st.session_state[wish] = True


def _stop_wished() -> bool:
    return bool(st.session_state.get("stop", False))


def show_wishes() -> types.Preferences:
    """Draw the sidebar and return the preferences."""
    languages, artists = resources.offered_names()
    with st.sidebar:
        st.subheader("Fine-tune")
        chosen_languages = st.multiselect(
            "Languages",
            languages,
            key="language",
            placeholder="Any language",
            max_selections=MAX_LANGUAGES,
            bind="query-params",
        )
        chosen_artists = st.multiselect(
            "Artists",
            artists,
            key="artist",
            placeholder="Any artist (type a name)",
            accept_new_options=True,
            max_selections=types.MAX_ARTISTS,
            bind="query-params",
        )
        decades = st.multiselect(
            "Decades",
            [f"{decade}s" for decade in reversed(types.DECADES)],
            key="decade",
            placeholder="Any decade",
            bind="query-params",
        )
        count = st.slider(
            "How many songs",
            MIN_COUNT,
            types.MAX_COUNT,
            types.DEFAULT_COUNT,
            key="count",
            bind="query-params",
        )
        no_explicit = st.toggle("No explicit songs", key="clean", bind="query-params")
        spotify.show_connection()
        st.divider()
        if consent.given():
            consent.show_withdraw()
        st.caption("Your face is never stored or shared.")
    return types.Preferences(
        languages=tuple(chosen_languages),
        artists=tuple(
            name.strip()[: types.MAX_ARTIST_LENGTH] for name in chosen_artists if name.strip()
        ),
        decades=tuple(int(decade.rstrip("s")) for decade in decades),
        goal=goals.chosen(),
        count=count,
        no_explicit=no_explicit,
    )
