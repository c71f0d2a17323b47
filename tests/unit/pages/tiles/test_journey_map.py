"""A journey on the mood map: stops that do not hide each other, and names beside the way."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.tiles import journey_map, playing
from pages.ui.tiles.journey_map import ASPECT, GAP, spread
from recommender.mood import build_query, mood_of_emotion
from recommender.service import recommend
from recommender.types import Goal, Preferences
from tests.fakes.sources import ListSource, fake_tracks

SHARE = st.floats(0, 1)


def closest(places: list[tuple[float, float]]) -> float:
    return min(
        math.dist((x, y / ASPECT), (x2, y2 / ASPECT))
        for (x, y), (x2, y2) in combinations(places, 2)
    )


@pytest.mark.parametrize("count", [3, 8, 15])
def test_stops_at_one_place_part(count: int) -> None:
    places = spread([(0.2, 0.6), *[(0.5, 0.5)] * count, (0.9, 0.2)])
    assert closest(places) > GAP / 2
    assert (places[0], places[-1]) == ((0.2, 0.6), (0.9, 0.2))


def test_stops_that_lie_apart_stay() -> None:
    places = [(0.1, 0.1), (0.3, 0.4), (0.5, 0.8), (0.9, 0.9)]
    for found, place in zip(spread(places), places, strict=True):
        assert found == pytest.approx(place)


@given(st.lists(st.tuples(SHARE, SHARE), min_size=2, max_size=14))
def test_every_stop_stays_on_the_map(places: list[tuple[float, float]]) -> None:
    found = spread(places)
    assert len(found) == len(places)
    assert all(-1e-9 <= x <= 1 + 1e-9 and -1e-9 <= y <= 1 + 1e-9 for x, y in found)


def drawn(emotion: str, goal: Goal) -> str:
    mood, wishes = mood_of_emotion(emotion), Preferences(goal=goal)
    tracks = [
        replace(one, title=f"<{one.title}>", valence=place / 20 - 1, energy=place % 7 / 7)
        for place, one in enumerate(fake_tracks(40))
    ]
    found = recommend(build_query(mood, wishes), [ListSource(tracks)])
    queue = {
        tile.track.source_id: {
            "id": tile.track.source_id,
            "kind": "" if tile.reasons.step == 1 else "file",
            "open": tile.fallback_url if tile.reasons.step == 1 else "",
        }
        for tile in found.tiles
    }
    return journey_map._drawn(playing.Playing(mood, wishes, found.tiles, ()), queue)


@pytest.mark.parametrize(
    ("place", "stops", "side"),
    [
        ((0.5, 0.5), [(0.6, 0.5)], "west"),
        ((0.5, 0.5), [(0.42, 0.5)], "east"),
        # Beside the map's edge, the name would be cut off.
        ((0.1, 0.5), [(0.2, 0.5)], "south"),
        ((0.9, 0.98), [(0.8, 0.98)], "north"),
        # Where it hides something anyway, it hides little.
        ((0.5, 0.5), [(0.4, 0.5), (0.42, 0.5), (0.6, 0.5), (0.5, 0.62), (0.5, 0.38)], "east"),
    ],
)
def test_a_name_stands_where_it_hides_least(
    place: tuple[float, float], stops: list[tuple[float, float]], side: str
) -> None:
    assert f'class="end {side}"' in journey_map._end(place, stops, "sad", "#000000")


def test_the_way_is_told_in_words() -> None:
    said = drawn("sad", Goal.HAPPY)
    assert re.findall(r'<b dir="auto">(\w+)</b></span>', said)[-2:] == ["sad", "happy"]
    assert 'aria-label="The way from sad to happy, in ' in said


def test_each_stop_has_its_number_its_name_and_its_cover() -> None:
    said = drawn("sad", Goal.HAPPY)
    numbers = re.findall(r'<i aria-hidden="true">(\d+)</i>', said)
    assert numbers == [str(one + 1) for one in range(len(numbers))]
    assert len(numbers) == said.count('<img alt="" src="data:image') > 1
    assert 'aria-label="1. &lt;' in said
    assert "<b>" not in said.replace('<b dir="auto">', "")
