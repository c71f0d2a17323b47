"""What the charts of moods hold: every mood once, in its own colour, with words beside them."""

from __future__ import annotations

import json
import re

import pyarrow as pa
from streamlit.testing.v1 import AppTest

from pages.ui.history.charts import FEELING_COLOURS, MANY
from pages.ui.theme import EMOTION_COLOURS
from recommender.mood import FEELINGS

KIND = "vega_lite_chart"


def draw(feelings: list[str], hours: float) -> AppTest:
    """The charts of moods so many hours apart, the last one just now."""

    def script(feelings: list[str], hours: float) -> None:
        from datetime import UTC, datetime, timedelta

        from pages.ui.history import charts as history_charts
        from recommender.listeners.history import MoodMoment

        now = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)
        moments = [
            MoodMoment(now - timedelta(hours=hours * (place + 1)), feeling, 0.5, 0.5, 1.0)
            for place, feeling in enumerate(feelings)
        ]
        history_charts.show(moments, now)

    given = {"feelings": feelings, "hours": hours}
    page = AppTest.from_function(script, kwargs=given, default_timeout=60).run()
    assert not page.exception
    return page


def dots(page: AppTest) -> list[list[str]]:
    """The feelings that each chart has a row of."""
    sent = [chart.proto.data.data for chart in page.get(KIND)]
    return [pa.ipc.open_stream(rows).read_all()["feeling"].to_pylist() for rows in sent]


def test_every_feeling_has_a_colour_of_its_own() -> None:
    assert set(FEELING_COLOURS) == set(FEELINGS)
    assert len(set(FEELING_COLOURS.values())) == len(FEELINGS)
    assert FEELING_COLOURS.items() >= EMOTION_COLOURS.items()


def test_each_chart_holds_its_moods_and_says_in_words_what_it_shows() -> None:
    page = draw(["happy", "sad", "happy"], 10)
    day, week = ["happy", "sad"], ["happy", "sad", "happy"]
    assert dots(page) == [day, week, week]
    said = [caption.value for caption in page.caption]
    assert "happy as sad since yesterday" in said[0]
    assert said[1:] == ["Mostly happy this week: 2 of 3 moods.", "On the whole pleasant."]
    for chart, words in zip(page.get(KIND), said, strict=True):
        assert words in chart.proto.alt
        # Nothing of its own behind it: the page's background, light or dark, stays.
        assert "background" not in json.loads(chart.proto.spec)


def test_the_legend_names_each_feeling_with_its_colour_and_number() -> None:
    (legend,) = draw(["happy", "calm", "happy"], 1).get("html")
    entries = re.findall(r"background:(#\w+)\"></span>(\w+) <b>(\d+)<", legend.proto.body)
    assert entries == [
        (FEELING_COLOURS["happy"], "happy", "2"),
        (FEELING_COLOURS["calm"], "calm", "1"),
    ]


def test_a_word_of_another_version_is_shown_too_and_is_only_a_word() -> None:
    page = draw(["<b>wistful</b>"], 1)
    assert dots(page) == [["<b>wistful</b>"]] * 3
    assert "<b>wistful" not in page.get("html")[0].proto.body


def test_a_day_without_moods_has_no_chart() -> None:
    assert dots(draw(["calm"], 30)) == [["calm"]] * 2


def test_many_moods_have_small_dots() -> None:
    def sizes(count: int) -> list[float]:
        charts = [json.loads(one.proto.spec) for one in draw(["calm"] * count, 0.1).get(KIND)]
        marks = [layer["mark"] for one in charts[1:] for layer in one["layer"]]
        return [mark["size"] for mark in marks if mark["type"] == "circle"]

    few, many = sizes(MANY), sizes(MANY + 1)
    assert len(few) == len(many) == 2
    assert max(many) < min(few)
