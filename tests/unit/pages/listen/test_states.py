"""What the page says and the ring shows in each state of the camera."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from detectors.types import EMOTIONS, SURE_FROM, EmotionScores
from pages.ui import theme
from pages.ui.listen import modes, ring
from pages.ui.listen.frames import LiveReading, LiveState
from pages.ui.listen.ring import ModeResult
from recommender.mood import FEELINGS

HAPPY = EmotionScores(0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.1, 0.0)
NOTHING = LiveState(None, None, 0, 0.0)
SEEN = replace(NOTHING, frames=9)
BOX = (0.1, 0.2, 0.3, 0.4)


def shown(
    state: LiveState = NOTHING, *, running: bool = True, problem: str | None = None
) -> ModeResult:
    live = LiveReading()
    live.waiting_since = 1.0 if running else None
    live.state = lambda: state  # type: ignore[method-assign]
    live._last_frame = 2.0 if state.frames else None
    camera: Any = SimpleNamespace(live=live, running=running, problem=problem)
    return modes.show_camera_state(camera)


@pytest.mark.parametrize(
    ("camera", "state"),
    [
        ({"running": False}, "idle"),
        ({}, "connecting"),
        ({"state": SEEN}, "looking"),
        ({"state": replace(SEEN, scores=HAPPY)}, "unsure"),
        ({"state": replace(SEEN, scores=HAPPY, name="happy", box=BOX)}, "sure"),
        ({"running": False, "problem": "missing"}, "no-camera"),
        ({"running": False, "problem": "full"}, "full"),
    ],
)
def test_each_state_has_words_and_a_ring(camera: dict[str, Any], state: str) -> None:
    result = shown(**camera)
    assert (result.state, result.label) == (state, "")
    assert (result.mood is not None) == (state == "sure")
    assert (result.box == BOX) == (state == "sure")
    assert state == "sure" or ring.words()["labels"][state]


def test_why_there_is_no_picture_is_said_also_before_the_camera_has_given_up() -> None:
    camera: Any = SimpleNamespace(running=True, problem=None)
    result = modes.show_camera_state(camera, "None came.")
    assert (result.state, result.hint, result.mood) == ("no-camera", "None came.", None)


def test_nobody_is_asked_for_a_smile() -> None:
    assert "smile" not in ring.words()["hints"]["unsure"]


def test_the_style_sheet_draws_each_state_but_those_that_are_a_still_ring() -> None:
    drawn = set(re.findall(r'st-key-ring[^{}]*?\[data-state="([\w-]+)"\]', theme.STYLE))
    assert drawn | {"no-camera", "full"} == set(get_args(ring.State))


def test_every_emotion_has_its_own_colour_and_every_feeling_its_lights() -> None:
    assert set(theme.EMOTION_COLOURS) == set(EMOTIONS)
    assert len(set(theme.EMOTION_COLOURS.values())) == len(EMOTIONS)
    for feeling in FEELINGS:
        assert f"--mr-{feeling}-3:{theme.LIGHTS[feeling][2]};" in theme.STYLE


@pytest.mark.parametrize("contempt", [0.0, SURE_FROM - 0.01, SURE_FROM])
def test_the_feed_gets_shares_and_contempt_when_it_is_sure(
    monkeypatch: pytest.MonkeyPatch, contempt: float
) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(ring, "_feed", lambda key, data: given.append(data))  # noqa: ARG005
    ring.feed("sure", replace(HAPPY, contempt=contempt), "happy", BOX, hint="Hm.", label="")
    ring.feed("idle")
    sure, idle = given
    names = [*EMOTIONS, "contempt"] if contempt == SURE_FROM else list(EMOTIONS)
    assert list(sure["scores"]) == names
    assert sure["scores"]["happy"] == pytest.approx(0.9)
    assert (sure["box"], sure["name"], sure["hint"]) == (BOX, "happy", "Hm.")
    assert "label" not in sure
    assert idle == {"state": "idle", "box": None, "scores": None, "name": None}


def test_a_running_camera_is_followed_with_what_the_page_has_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(ring, "_live", lambda key, data, on_turn_change: given.append(data))  # noqa: ARG005
    own = {"label": "very calm", "hint": "", "light": "calm"}
    ring.follow("./moodring/live/x", 3, own, {"sad": "Now sad: new songs?"})
    assert given == [
        {
            "address": "./moodring/live/x",
            "turn": 3,
            "own": {"label": "very calm", "light": "calm"},
            "finds": {"sad": "Now sad: new songs?"},
        }
    ]


def test_all_feelings_have_a_word_and_a_sentence() -> None:
    words = ring.words()
    assert set(words["feelings"]) == {*FEELINGS, "contempt"}
    assert set(words["spoken"]) == set(FEELINGS)
    assert set(EMOTIONS) < set(FEELINGS)


def test_a_page_is_behind_once_the_browser_has_told_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.ui.listen import camera

    told = {"playing": False, "sdpOffer": ""}
    monkeypatch.setattr(camera, "_told", lambda: told)
    drawn = camera.Camera(LiveReading(), running=False, problem=None, told=dict(told))
    assert not drawn.is_behind()
    told["playing"] = True
    assert drawn.is_behind()
    assert not camera.Camera(LiveReading(), running=False, problem="full").is_behind()
