"""What the charts of moods hold: every mood once, in its own colour, with words beside them."""

from __future__ import annotations

import json
import re

import pyarrow as pa
from streamlit.testing.v1 import AppTest

from pages.ui.history.charts import CHARTED, FEELING_COLOURS, MANY
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


def test_each_chart_holds_its_moods_and_says_in_words_what_it_shows() -> None:
    week = ["happy", "sad", "happy", "happy", "calm"]
    page = draw(week, 10)
    assert dots(page) == [week, week[:2]]
    said = [caption.value for caption in page.caption]
    assert said[:2] == ["This week: mostly happy (3 of 5).", "Bright overall."]
    assert said[2].startswith("Since yesterday: mostly happy and sad (1 of 2 each).")
    for chart, words in zip(page.get(KIND), said[::2], strict=True):
        assert words in chart.proto.alt
        # Nothing of its own behind it: the page's background, light or dark, stays.
        assert json.loads(chart.proto.spec)["background"] == "transparent"


def test_below_five_moods_the_map_stands_alone() -> None:
    assert CHARTED == 5
    page = draw(["happy"] * (CHARTED - 1), 1)
    assert dots(page) == []
    assert drawn_map(page).count('class="mood"') == CHARTED - 1
    assert "1 more mood, and your days appear here" in page.caption[-1].value


def drawn_map(page: AppTest) -> str:
    """The mood map's HTML."""
    (found,) = [one.proto.body for one in page.get("html") if "mr-plane" in one.proto.body]
    return str(found)


def test_the_legend_names_each_feeling_with_its_colour_and_number() -> None:
    legend = draw(["happy", "calm", "happy"], 1).get("html")[0]
    entries = re.findall(r"background:(#\w+)\"></span>(\w+) <b>(\d+)<", legend.proto.body)
    assert entries == [
        (FEELING_COLOURS["happy"], "happy", "2"),
        (FEELING_COLOURS["calm"], "calm", "1"),
    ]


def test_a_word_of_another_version_is_shown_too_and_is_only_a_word() -> None:
    page = draw(["<b>wistful</b>"] * CHARTED, 1)
    assert dots(page) == [["<b>wistful</b>"] * CHARTED] * 2
    assert "&lt;b&gt;wistful" in page.get("html")[0].proto.body
    assert all("<b>wistful" not in one.proto.body for one in page.get("html"))


def test_a_day_without_moods_has_no_chart() -> None:
    assert dots(draw(["calm"] * CHARTED, 30)) == [["calm"] * CHARTED]


def test_many_moods_have_small_dots() -> None:
    def size(page: AppTest) -> float:
        (layer,) = json.loads(page.get(KIND)[0].proto.spec)["layer"]
        return float(layer["mark"]["size"])

    few, many = draw(["calm"] * MANY, 0.1), draw(["calm"] * (MANY + 1), 0.1)
    assert size(many) < size(few)
    # On the map, so many are one picture.
    assert drawn_map(few).count('class="mood"') == MANY
    assert 'class="mood"' not in drawn_map(many)
    assert 'class="way"' in drawn_map(many)
