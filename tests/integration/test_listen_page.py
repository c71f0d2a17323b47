"""The Listen page without a browser: what it says, lights and asks for."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import resources, theme
from tests.fakes.visits import PROJECT, TOKEN, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.visits import Visit


@pytest.fixture(autouse=True)
def offered(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """A visitor, and two languages and artists to wish for."""
    names = SimpleNamespace(languages=lambda: ["English", "Tamil"], artists=lambda: ["A", "B"])
    monkeypatch.setattr(resources, "_wired", lambda: SimpleNamespace(catalogue=names))
    resources.offered_names.clear()
    yield visit
    resources.offered_names.clear()


def opened(**state: object) -> AppTest:
    page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    page.session_state["listener-token"], page.session_state["listener-kept"] = TOKEN, True
    for name, value in state.items():
        page.session_state[name.replace("_", "-")] = value
    return run(page)


def markup(page: AppTest, mark: str) -> list[str]:
    """What the page draws by itself and holds this mark."""
    return [one.proto.body for one in page.get("html") if mark in one.proto.body]


def press_chip(page: AppTest, emotion: str) -> AppTest:
    page.button_group(key="chip").set_value(emotion)
    return run(page)


def test_a_mood_lights_this_page_and_the_next() -> None:
    page = opened(way="By hand")
    assert markup(page, "{--mr-m1:") == []
    press_chip(page, "sad")
    assert theme.LIGHTS["sad"][0] in markup(page, "{--mr-m1:")[-1]
    (lit,) = markup(run(page.switch_page("pages/about.py")), "{--mr-m1:")
    assert all(colour in lit for colour in theme.LIGHTS["sad"])


@pytest.mark.parametrize("name", ["", "about", "history", "library", "catalogue"])
def test_each_page_has_one_heading_of_the_first_level(name: str) -> None:
    page = opened()
    if name:
        run(page.switch_page(f"pages/{name}.py"))
    assert len(markup(page, "<h1")) == 1
    assert not any(re.search(r"^# ", text.value, re.MULTILINE) for text in page.markdown)


def test_the_notice_is_three_sentences_and_seven_points_in_full() -> None:
    page = opened()
    (three,) = markup(page, '<ul class="mr-three"')
    (points,) = markup(page, '<ol class="mr-notice"')
    assert "Before your camera opens" in three
    assert (three.count("<li"), points.count("<li")) == (3, 7)
    for said in (
        "from Start until Stop",
        "CNN + DCNN",
        "largest face",
        "WebRTC",
        "Never your face",
    ):
        assert said in points
    assert "not for use at work" in points
    assert [button.key for button in page.button[:2]] == ["agree", "no-camera"]


def test_a_photo_has_a_notice_of_its_own_words() -> None:
    (three,) = markup(opened(way="Photo"), '<ul class="mr-three"')
    assert "Before your photo is read" in three
    assert "until Stop" not in three
