"""A week of moods in words and in rows, wherever the visitor lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.history import charts
from pages.ui.visitor import browser
from recommender.listeners.history import MoodMoment
from recommender.mood import FEELINGS

# Behind UTC, ahead of it, by odd minutes, and one that changes its clocks at another time.
ZONES = ("UTC", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati", "Europe/Vienna")
NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)

nows = st.builds(
    lambda at, zone: at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)),
    st.datetimes(datetime(2020, 1, 2), datetime(2037, 1, 1)),  # noqa: DTZ001 - the zone comes after
    st.sampled_from(ZONES),
)
ages = st.lists(st.timedeltas(timedelta(), timedelta(days=8)), max_size=30)


def moment(feeling: str = "happy", at: datetime = NOW) -> MoodMoment:
    return MoodMoment(at, feeling, *FEELINGS[feeling], 0.9)


def moments(*feelings: str) -> list[MoodMoment]:
    return [moment(feeling) for feeling in feelings]


@pytest.mark.parametrize(
    ("feelings", "expected"),
    [
        ([], "This week: no moods."),
        (["sad"], "This week: one mood, sad."),
        (["calm"] * 4, "This week: always calm (4 moods)."),
        (["happy"] * 3 + ["sad"] * 2, "This week: mostly happy (3 of 5)."),
        (["happy"] * 2 + ["sad", "calm"], "This week: most often happy (2 of 4)."),
        (["sad", "calm"] * 2 + ["fear"], "This week: mostly sad and calm (2 of 5 each)."),
        (["sad", "calm", "fear"], "This week: a bit of everything (3 moods)."),
    ],
)
def test_the_caption_says_the_main_thing(feelings: list[str], expected: str) -> None:
    assert charts.caption(moments(*feelings), "This week") == expected


@given(st.lists(st.sampled_from(sorted(FEELINGS)), min_size=1))
def test_the_caption_counts_all_moods_and_names_one_that_was_there(feelings: list[str]) -> None:
    said = charts.caption(moments(*feelings), "Today")
    assert len(feelings) == 1 or str(len(feelings)) in said
    assert any(feeling in said for feeling in feelings) or "everything" in said


@pytest.mark.parametrize(
    ("feelings", "expected"),
    [
        (["happy"], "Bright overall."),
        (["surprise"], "Bright and lively overall."),
        (["sad"], "Dark and calm overall."),
        (["angry"], "Dark and lively overall."),
        (["neutral"], "Balanced overall."),
        (["surprise", "fear"], "Lively overall."),
    ],
)
def test_the_leaning_names_the_side_of_the_mean(feelings: list[str], expected: str) -> None:
    assert charts.leaning(moments(*feelings)) == expected


def test_a_mean_within_the_margin_leans_nowhere() -> None:
    for valence, expected in ((charts.LEANING, "Balanced"), (0.16, "Bright")):
        one = MoodMoment(NOW, "neutral", valence, 0.5, 1.0)
        assert charts.leaning([one]) == f"{expected} overall."


@given(nows, ages)
def test_each_mood_of_the_week_has_one_row_at_its_local_hour(
    now: datetime, ages: list[timedelta]
) -> None:
    kept = [moment(at=(now.astimezone(UTC) - age).replace(microsecond=0)) for age in ages]
    since = charts.first_moment(now)
    rows = charts.rows(kept, now)
    assert len(rows) == sum(one.at >= since for one in kept)
    for row in rows:
        there = datetime.fromisoformat(row["at"]).astimezone(now.tzinfo)
        assert row["day"] in charts.days_of(now)
        assert (row["day"] == "Today") == (there.date() == now.date())
        assert 0 <= row["hour"] < charts.HOURS
        assert row["time"] == f"{there.hour:02}:{there.minute:02}"


@given(nows)
def test_a_week_has_seven_days_of_different_names_and_ends_today(now: datetime) -> None:
    days = charts.days_of(now)
    assert len(set(days)) == charts.DAYS
    assert days[-1] == "Today"
    first = charts.first_moment(now)
    assert (first.hour, first.minute) == (0, 0)
    assert f"{first:%a}" == days[0]


def test_the_last_day_is_24_hours_long_even_when_the_clocks_change() -> None:
    # At two o'clock that morning it became three.
    now = datetime(2026, 3, 29, 12, 0, tzinfo=ZoneInfo("Europe/Vienna"))
    hours = (0, 23.9, 24.1)
    kept = [moment(at=now.astimezone(UTC) - timedelta(hours=one)) for one in hours]
    assert charts.last_day(kept, now) == kept[:2]


@pytest.mark.parametrize("name", [None, "", "Etc/Unknown", "../passwd", "Mars/Olympus", "x" * 300])
def test_a_zone_that_nobody_knows_is_utc(name: str | None) -> None:
    assert browser.zone_of(name).key == "UTC"


def test_a_zone_that_the_browser_names_is_used() -> None:
    assert browser.zone_of("Asia/Kathmandu").key == "Asia/Kathmandu"
