"""The Listen page: notice, mood in, filters, songs out.

Its upper half holds the chosen way in, and beside it what that shows.
"""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import streamlit as st

from detectors.errors import DetectorError
from pages.ui import resources, theme
from pages.ui.js import script
from pages.ui.listen import filters, goals, modes, photo, ring, was_right, words
from pages.ui.plain import in_html, plain
from pages.ui.tiles import device, dj, grid, playing, saving
from pages.ui.visitor import consent, listener, spotify
from pages.ui.web import live as live_socket
from pages.ui.web.replicas import PATH as ELSEWHERE
from pages.ui.web.replicas import ROOM
from recommender.mood import FEELINGS, feeling_at
from recommender.settings import BadSetting
from recommender.types import Mood
from recommender.wishes.understanding import NEUTRAL
from recommender.wording import tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from pages.ui.listen.camera import Camera
    from pages.ui.listen.frames import LiveReading
    from pages.ui.listen.ring import ModeResult
    from recommender.types import Preferences

# Poll interval for a visitor waiting for a free slot.
SEAT_POLL_S = 2.0
# Session keys: the songs before the present ones, the mood that the chosen mode reads just now, and
# whether the songs are for another: that of the words, or none.
_BEFORE, _READ, _UNREAD = "playing-before", "mood-read", "songs-unread"
_reveal = st.components.v2.component("moodring_reveal", js=script("reveal"))


def show() -> None:
    """Draw the page, from top to bottom."""
    try:
        ice_servers = resources.settings().named_servers
    except BadSetting as error:
        st.error(plain(error), icon=":material/settings_alert:")
        st.stop()

    spotify.take_redirect()
    may_look = modes.chosen() == modes.BY_HAND or consent.given()
    if may_look:
        # The first screen belongs to the mood and its songs.
        st.html(f'<h1 class="mr-say">{in_html(tr("Listen"))}</h1>')
    else:
        # A reading is forgotten with the consent to it.
        st.session_state.pop(_READ, None)
        theme.hero(
            tr("Music for the face you’re making."),
            tr("Moodring reads your expression and finds songs that match your mood, or lift it."),
        )
    with st.container(key="ways", horizontal=True):
        mode = modes.choose_mode()
        words.show_field()
    words.show_understood()
    # The notice comes before the filters, which wait for the catalogue, so that it shows at once.
    if not may_look:
        decline = partial(modes.switch_mode, modes.BY_HAND)
        consent.show_notice(ice_servers, decline, photo=mode == modes.PHOTO)
    with st.container():
        card = st.container()
        # The notice stood here: each of its three parts, unless replaced at once, would stay as a
        # ghost while the models are loaded.
        st.empty()
        st.empty()
    # The pills, and what is chosen in them, are the words' goal.
    preferences = words.said().without("goal").added_to(filters.show())
    with card:
        _answer_words(preferences)
        if may_look:
            show_mood(mode, preferences)
    if not words.said().help:
        _show_songs(preferences)


def _show_songs(preferences: Preferences) -> None:
    playing.follow_wishes(preferences)
    # Elements that come and go have a place of their own: in it, they do not redraw the tiles.
    with st.container(key="ways-on"):
        _show_way_back(preferences)
    device.take_up()
    grid.show_tiles()
    _reveal(key="reveal", data={"songs": playing.playing() is not None})
    saving.show_save()
    saving.show_mood_playlists()


def show_mood(mode: str, preferences: Preferences) -> None:
    """Draw the input mode on the left and its reading on the right."""
    if mode != modes.CAMERA and "live" in st.session_state:
        from pages.ui.listen.camera import hang_up  # it is loaded already

        # Its frame leaves the page, and the seat is for others.
        hang_up()
    with st.container(key="mood"):
        _show_way(mode, preferences)
        if consent.given():
            with st.container(key="privacy", horizontal=True, vertical_alignment="center"):
                st.caption(tr("Your face is never stored or shared."), width="content")
                consent.show_withdraw()


def _show_way(mode: str, preferences: Preferences) -> None:
    left, right = st.columns([1, 1.35], gap="medium")
    if mode == modes.BY_HAND:
        with left:
            shown = modes.show_by_hand()
        with right:
            ring.draw(looks=False)
            _show_reading(lambda: shown, preferences)
            _show_goals(preferences)
        return
    with left:
        if not _models_ready():
            return
        if mode == modes.PHOTO:
            shown = photo.show(consent.given)
            consent.watch()
        else:
            from pages.ui.listen import together  # it loads the detectors

            with st.container(key=ring.KEY):
                camera = _show_camera()
                camera.live.correct(was_right.corrections())
            if camera.lack is not None:
                st.caption(plain(camera.lack))
            camera.live.all_of_us = together.show_switch()
    with right:
        ring.draw()
        # A group's mood is nobody's own reading.
        is_own = mode == modes.PHOTO or not camera.live.all_of_us
        if is_own and not words.said().mood:
            was_right.show(photo.named if mode == modes.PHOTO else lambda: camera.live.named)
        if mode == modes.PHOTO:
            _show_reading(lambda: shown, preferences)
        else:
            _show_live(camera, preferences)
        _show_goals(preferences)


def _show_goals(preferences: Preferences) -> None:
    goals.show()
    now = playing.playing()
    if now is not None and not words.said().help:
        goals.hold_out_a_hand(now.mood, preferences.goal)


def _answer_words(preferences: Preferences) -> None:
    """Fetch songs when words have just asked for some: for their mood, else the present one."""
    if not st.session_state.pop(words.ASKED, False):
        return
    now = playing.playing()
    mood: Mood | None = st.session_state.get(_READ)
    if modes.chosen() == modes.CAMERA and "live" in st.session_state:
        # It reads on between two runs.
        mood = st.session_state["live"].read().mood
    if now is not None and not st.session_state.get(_UNREAD, False):
        mood = mood or now.mood
    st.session_state[_UNREAD] = bool(words.said().mood) or mood is None
    mood = words.said().point() or mood or NEUTRAL
    _fetch(mood, preferences)
    theme.remember_light(feeling_at(mood))
    # Beside the notice nothing else lights the page.
    theme.light()


def _fetch(mood: Mood, preferences: Preferences) -> None:
    now = playing.playing()
    with st.spinner(tr("Looking for songs …")):
        playing.play(mood, preferences)
    st.session_state[_BEFORE] = now


def _models_ready() -> bool:
    """Load the models under a spinner; draw an error and return False when they are unusable."""
    try:
        with st.spinner(tr("Waking up the face reader … (first time only, about ten seconds)")):
            resources.analyser()
    except DetectorError as error:
        st.error(plain(error), icon=":material/error:")
        modes.show_other_modes()
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
        modes.show_other_modes()
    if shown.problem == "full":
        _wait_for_seat(shown)
    if not shown.running:
        consent.watch(shown.is_behind)
    return shown


@st.fragment(run_every=SEAT_POLL_S)
def _wait_for_seat(camera: Camera) -> None:
    from pages.ui.listen.seats import SEATS

    if SEATS.has_one_for(camera.live, resources.settings().max_visitors):
        # The camera is drawn outside of this fragment.
        st.rerun()
    if ROOM.elsewhere() is not None:
        kept = {name: st.query_params.get_all(name) for name in st.query_params}
        place = escape(f"./moodring/{ELSEWHERE}?{urlencode(kept, doseq=True)}")
        st.html(f'<p><a href="{place}">{in_html(tr("Go where a seat is free"))}</a></p>')


def _show_live(camera: Camera, preferences: Preferences) -> None:
    from pages.ui.listen import frames
    from pages.ui.listen.camera import problems

    stopping = _stop_wished()

    def look() -> ModeResult:
        # Presses, the notice and the connection are handled outside of this fragment.
        if consent.has_changed() or camera.is_behind():
            st.rerun()
        wished = camera.running and not stopping and _stop_wished()
        if st.session_state["way"] != modes.CAMERA or wished:
            st.rerun()
        if camera.running and camera.live.is_over and not stopping:
            # It was hung up here; the browser has to be told to stop, too.
            _note("stop")
            st.rerun()
        problem = camera.problem
        if camera.running and not problem and frames.connection_failed(camera.live):
            problem = "unconnected"
            modes.show_other_modes()
        return modes.show_camera_state(camera, problems()[problem] if problem else "")

    st.fragment(_show_reading)(look, preferences, camera=camera)


def _show_reading(
    look: Callable[[], ModeResult],
    preferences: Preferences,
    *,
    camera: Camera | None = None,
) -> None:
    """Draw the reading that ``look`` returns, and the buttons; fetch songs that are asked for.

    As a fragment, it reruns when the camera asks for it, without disturbing the stream.
    """
    live = camera.live if camera is not None and camera.running else None
    turn = 0 if live is None else live.runs.count
    shown = look()
    st.session_state[_READ] = shown.mood
    _show_face(shown, live, turn)
    # A diary is one person's.
    keeps = live is not None and not live.all_of_us
    if keeps and shown.mood is not None:
        listener.me().note_mood(shown.mood)
    # A mood in words is the mood that is asked for.
    told = words.said().point()
    mood = told or shown.mood
    settled = camera is None or told is not None or (live is not None and live.runs.settled)
    dj.follow(mood, settled=settled)
    if live is not None:
        due_s = listener.me().mood_due_s() if keeps else None
        live.runs.expect(mood=mood is None, dj=dj.is_on(), diary_in_s=due_s)
    # Callbacks note presses before anything is drawn: the next run may cut this run short.
    with st.container(horizontal=True):
        st.button(
            playing.button_label(mood),
            key="play-my-mood",
            type="primary",
            icon=":material/search:",
            shortcut="p",
            disabled=mood is None,
            on_click=_note,
            args=("play",),
        )
        if camera is not None:
            st.button(
                tr("Stop the camera"),
                key="stop-camera",
                icon=":material/videocam_off:",
                shortcut="q",
                disabled=not camera.running,
                on_click=_note,
                args=("stop",),
            )
    _fetch_songs(mood, preferences, live=camera is not None)


def _fetch_songs(mood: Mood | None, preferences: Preferences, *, live: bool) -> None:
    """Fetch songs for the first mood, and whenever they were asked for.

    Parameters
    ----------
    live : bool, whether the camera reads the mood
    """
    told = words.said()
    first = playing.playing() is None or (st.session_state.get(_UNREAD, False) and not told.mood)
    if mood is not None and (st.session_state.get("play", False) or (first and not told.help)):
        st.session_state[_UNREAD] = bool(told.mood)
        _fetch(mood, preferences)
        if live:
            st.session_state["play"] = False
            # The tiles are drawn outside of this fragment.
            st.rerun()
    # A photo without a face asks for nothing; a press on the camera's button has its mood.
    if not live or mood is not None:
        st.session_state["play"] = False


def _show_way_back(preferences: Preferences) -> None:
    """Draw the way back to the songs before."""
    now, before = playing.playing(), st.session_state.get(_BEFORE)
    # Other wishes would fetch them anew.
    anew = before is None or before.preferences != playing.with_first(preferences)
    if now is not None and not anew:
        st.button(
            tr("Previous songs"), key="previous-songs", icon=":material/undo:", on_click=_go_back
        )


def _go_back() -> None:
    """Exchange the present songs and those before."""
    now = playing.playing()
    playing.put_back(st.session_state[_BEFORE])
    st.session_state[_BEFORE] = now


def _show_face(shown: ModeResult, live: LiveReading | None, turn: int) -> None:
    """Show what was read, or let a running camera show it: mood, light, bars and ring."""
    told = words.said()
    mood = told.point() or shown.mood
    own: dict[str, Any] = {"label": shown.label, "hint": shown.hint}
    if told.mood:
        feeling = words.mood_word(told)
        own |= {"label": feeling, "said": tr("You feel")}
        own["spoken"] = tr("You feel {feeling}.", feeling=feeling)
    if live is not None:
        if told.mood and mood is not None:
            theme.remember_light(feeling_at(mood))
            own |= {"light": feeling_at(mood), "mood": ring.place_of(mood)}
        else:
            theme.follow_light(live.light)
        if shown.state == "no-camera":
            own["state"] = shown.state
        ring.follow(live_socket.address_of(live), turn, own, {} if told.mood else _finds())
        return
    if mood is not None:
        theme.remember_light((not told.mood and shown.feeling) or feeling_at(mood))
    light = theme.lit_by()
    ring.feed(shown.state, shown.scores, shown.feeling, shown.box, mood, light=light, **own)


def _finds() -> dict[str, str]:
    """Return the button's labels by feeling, "" for none: a live mood changes without a run."""
    moods = {name: Mood(*place) for name, place in FEELINGS.items()}
    return {name: playing.button_label(moods.get(name)) for name in ("", *FEELINGS)}


def _note(wish: str) -> None:
    st.session_state[wish] = True
    if wish == "play" and words.said().help:
        words.put_mood_aside()


def _stop_wished() -> bool:
    return bool(st.session_state.get("stop", False))
