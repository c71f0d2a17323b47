"""The three input modes, Camera, Photo and By hand, and the reading that each leads to.

Only the chosen mode is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import plane
from pages.ui.listen import words
from pages.ui.listen.address import keep, recalled
from pages.ui.listen.ring import ModeResult
from recommender.mood import EMOTION_POINTS, FEELINGS, feeling_at
from recommender.types import Mood
from recommender.wording import tr

if TYPE_CHECKING:
    from pages.ui.listen.camera import Camera

CAMERA, PHOTO, BY_HAND = MODES = ("camera", "photo", "by-hand")
CHIPS = (
    "happy",
    "calm",
    "energised",
    "focused",
    "surprise",
    "neutral",
    "sad",
    "fear",
    "angry",
    "disgust",
)
# Names of the choices in the session and in the address.
_WAY, _MOOD = "way", "mood"

_ICONS = {
    CAMERA: ":material/videocam:",
    PHOTO: ":material/photo_camera:",
    BY_HAND: ":material/touch_app:",
}


def chosen() -> str:
    """Return the chosen mode: the address's at first, else the camera."""
    told = next((one for one in recalled(_WAY) if one in MODES), CAMERA)
    mode: str = st.session_state.setdefault(_WAY, told)
    return mode


def mode_name(mode: str) -> str:
    """Return the name of a mode."""
    return {CAMERA: tr("Camera"), PHOTO: tr("Photo"), BY_HAND: tr("Pick a mood")}[mode]


def choose_mode() -> str:
    """Draw the choice between the three modes and return the chosen mode."""
    mode = chosen()
    keep(_WAY, [] if mode == CAMERA else [mode])
    key = f"way-{st.session_state.setdefault('way-turn', 0)}"
    with st.container(key="way"):
        st.segmented_control(
            tr("How do you want to tell your mood?"),
            MODES,
            default=mode,
            required=True,
            key=key,
            on_change=_mode_chosen,
            args=(key,),
            format_func=lambda one: f"{_ICONS[one]} {mode_name(one)}",
            label_visibility="collapsed",
        )
    return mode


def _mode_chosen(key: str) -> None:
    # A browser that has not yet heard of the new widget sends the former one's state once more, and
    # Streamlit takes that for a change.
    if key == f"way-{st.session_state['way-turn']}":
        st.session_state[_WAY] = st.session_state[key]


def switch_mode(mode: str) -> None:
    """Switch to an input mode. For buttons elsewhere on the page."""
    st.session_state[_WAY] = mode
    # Runs that the camera asks for may carry widget state older than this press. A widget with a
    # new key ignores stale state sent by the browser.
    st.session_state["way-turn"] += 1


def show_by_hand() -> ModeResult:
    """Draw a chip per feeling and the pad, and return the last choice in either."""
    if "hand" not in st.session_state:
        _recall_chip()
    mood: Mood | None = st.session_state.get("hand")
    chip = next((one for one in CHIPS if mood == Mood(*FEELINGS[one])), None)
    keep(_MOOD, [chip] if chip else [])
    # A mood in words takes its place.
    shown = None if words.said().mood else chip
    if st.session_state.get("chip") != shown:
        st.session_state["chip"] = shown
    st.pills(
        tr("How are you feeling?"),
        CHIPS,
        key="chip",
        on_change=_chip_chosen,
        wrap=True,
        format_func=words.feeling_word,
    )
    at = words.said().point() or mood
    valence, energy = (at.valence, at.energy) if at else EMOTION_POINTS["neutral"]
    st.caption(tr("Or tap the map: brighter to the right, livelier to the top."))
    plane.show_pad(valence, energy, _point_chosen)
    if mood is None:
        return ModeResult(tr("Pick a mood"), None)
    feeling = chip or feeling_at(mood)
    return ModeResult(mood=mood, feeling=feeling)


def _recall_chip() -> None:
    """Choose the chip that stands in the address, as after a reload."""
    told = next((one for one in recalled(_MOOD) if one in FEELINGS), None)
    if told is not None:
        st.session_state["hand"] = Mood(*FEELINGS[told])


def _chip_chosen() -> None:
    chip = st.session_state["chip"]
    # The chips may have left the page, as the former widget of `_mode_chosen`.
    if chip and chosen() == BY_HAND:
        st.session_state["hand"] = Mood(*FEELINGS[chip])
        # To say a mood is to ask for songs.
        st.session_state["play"] = True
        words.put_mood_aside()


def _point_chosen() -> None:
    point = plane.chosen_point()
    if point and chosen() == BY_HAND:
        st.session_state["hand"] = Mood(*point)
        st.session_state["play"] = True
        words.put_mood_aside()


def show_other_modes() -> None:
    """Draw buttons that lead to the two modes without a live camera."""
    with st.container(horizontal=True, horizontal_alignment="center", key="other-ways"):
        for key, mode in (("use-photo", PHOTO), ("use-hand", BY_HAND)):
            st.button(mode_name(mode), key=key, on_click=switch_mode, args=(mode,))


def show_camera_state(camera: Camera, why: str = "") -> ModeResult:
    """Return the current result of the live camera.

    Parameters
    ----------
    why : str, a sentence about why there is no picture; "" while nothing is wrong
    """
    if camera.problem == "full":
        return ModeResult(hint=why, state="full")
    if why or (camera.problem and not camera.running):
        return ModeResult(hint=why, state="no-camera")
    return camera.live.read() if camera.running else ModeResult()
