"""What the page says and the ring shows in each state of the camera."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from detectors.types import EMOTIONS, EmotionScores
from pages.ui import theme
from pages.ui.listen import modes, ring
from pages.ui.listen.frames import LiveState

HAPPY = EmotionScores(0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.1, 0.0)
NOTHING = LiveState(None, None, 0, 0.0)
SEEN = replace(NOTHING, frames=9)


def shown(
    state: LiveState = NOTHING, *, running: bool = True, problem: str | None = None
) -> modes.ModeResult:
    live = SimpleNamespace(state=lambda: state)
    camera: Any = SimpleNamespace(live=live, running=running, problem=problem)
    return modes.show_camera_state(camera)


@pytest.mark.parametrize(
    ("camera", "state", "label"),
    [
        ({"running": False}, "idle", "Ready when you are"),
        ({}, "connecting", "Opening your camera …"),
        ({"state": SEEN}, "looking", "Looking …"),
        (
            {"state": replace(SEEN, without_face_s=modes.FACELESS_S)},
            "looking",
            "Looking for your face …",
        ),
        ({"state": replace(SEEN, scores=HAPPY)}, "unsure", "Hard to tell"),
        ({"state": replace(SEEN, scores=HAPPY, name="happy")}, "sure", "happy"),
        ({"running": False, "problem": "missing"}, "no-camera", "Your camera is off"),
        ({"running": False, "problem": "full"}, "full", "Soon your turn"),
    ],
)
def test_each_state_has_words_and_a_ring(camera: dict[str, Any], state: str, label: str) -> None:
    result = shown(**camera)
    assert (result.state, result.label) == (state, label)
    assert (result.mood is not None) == (state == "sure")


def test_why_there_is_no_picture_is_said_also_before_the_camera_has_given_up() -> None:
    camera: Any = SimpleNamespace(running=True, problem=None)
    result = modes.show_camera_state(camera, "None came.")
    assert (result.state, result.hint, result.mood) == ("no-camera", "None came.", None)


def test_nobody_is_asked_for_a_smile() -> None:
    assert "smile" not in shown(replace(SEEN, scores=HAPPY)).hint


def test_the_style_sheet_draws_each_state_but_those_that_are_a_still_ring() -> None:
    drawn = set(re.findall(r'st-key-ring[^{}]*?\[data-state="([\w-]+)"\]', theme.STYLE))
    assert drawn | {"no-camera", "full"} == set(get_args(ring.State))


def test_the_ring_is_given_seven_shares_and_their_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(ring, "_arcs", lambda key, data: given.append(data))  # noqa: ARG005
    ring.show("sure", HAPPY, "happy")
    ring.show("idle", None, None)
    sure, idle = given
    assert dict(zip(EMOTIONS, sure["scores"], strict=True))["happy"] == pytest.approx(0.9)
    assert len(set(sure["colours"])) == len(EMOTIONS)
    assert (idle["state"], idle["scores"], idle["name"]) == ("idle", None, None)
