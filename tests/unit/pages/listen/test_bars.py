"""The bars beside the camera: one an emotion, and one for contempt when it is sure."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from detectors.types import EMOTIONS, SURE_FROM
from pages.ui.listen.words import feeling_word


def bars(contempt: float | None) -> list[str]:
    """The names beside the bars of a neutral face with so much contempt; None: no face."""

    def script(contempt: float | None) -> None:
        from detectors.types import EmotionScores
        from pages.ui.listen.modes import show_bars

        rest = {"angry": 0.0, "disgust": 0.0, "fear": 0.0, "happy": 0.25, "sad": 0.0}
        show_bars(
            None
            if contempt is None
            else EmotionScores(**rest, surprise=0.0, neutral=0.75, contempt=contempt)
        )

    page = AppTest.from_function(script, kwargs={"contempt": contempt}).run()
    assert not page.exception
    (drawn,) = page.get("html")
    assert "75%" in drawn.proto.body or contempt is None
    return re.findall(r"<span>(\w+)</span>", drawn.proto.body)


@pytest.mark.parametrize("contempt", [None, 0.0, SURE_FROM - 0.01])
def test_seven_emotions_have_bars(contempt: float | None) -> None:
    assert bars(contempt) == list(map(feeling_word, EMOTIONS))


@pytest.mark.parametrize("contempt", [SURE_FROM, 1.0])
def test_contempt_has_a_bar_of_its_own_when_it_is_sure(contempt: float) -> None:
    assert bars(contempt) == [*map(feeling_word, (*EMOTIONS, "contempt"))]
