"""The path of songs from one mood to another."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalogue.starter import STARTER, read_songs
from recommender.journey import (
    ENERGY_WEIGHT,
    HELD_SHARE,
    NEAREST,
    PREFERENCE_WEIGHT,
    SONGS_PER_ARTIST,
    STEP_WEIGHT,
    TEMPO_WEIGHT,
    UNKNOWN_TEMPO_CHANGE,
    plan_journey,
    waypoints,
)
from recommender.mood import EMOTION_POINTS, GOAL_POINTS, SHORTEST_JOURNEY, distance, is_journey
from recommender.types import Goal, Mood, SourceName, Track
from tests.bench.smoothness import Smoothness, smoothness

SAD, HAPPY = Mood(*EMOTION_POINTS["sad"]), Mood(*GOAL_POINTS[Goal.HAPPY])
MOODS = st.builds(Mood, st.floats(-1, 1), st.floats(0, 1))


def song(
    name: str,
    valence: float | None,
    energy: float | None,
    *,
    artist: str = "",
    tempo: float | None = None,
) -> Track:
    return Track(
        title=f"Song {name}",
        artists=(artist or f"Artist {name}",),
        source=SourceName.CATALOGUE,
        source_id=name,
        valence=valence,
        energy=energy,
        tempo=tempo,
    )


TEMPOS = st.none() | st.floats(40, 240)
SONGS = st.lists(
    st.tuples(st.floats(-1, 1), st.floats(0, 1), st.sampled_from("ABCDEFGH"), TEMPOS), max_size=30
).map(
    lambda rows: [
        song(f"{number}", valence, energy, artist=artist, tempo=tempo)
        for number, (valence, energy, artist, tempo) in enumerate(rows)
    ]
)
SPACING = 1 / 20
GRID = [
    song(f"{column}-{row}", column / 20 * 2 - 1, row / 20)
    for column in range(21)
    for row in range(21)
]


def place(thing: Mood | Track) -> tuple[float, float]:
    assert thing.valence is not None
    assert thing.energy is not None
    return thing.valence, thing.energy


def away(path: list[Track], target: Mood) -> list[float]:
    return [distance(place(track), place(target)) for track in path]


def cost(path: tuple[Track, ...], way: list[Mood], likes: dict[str, float]) -> float:
    """What the docstring of `plan_journey` says, one song and one step at a time."""
    total = 0.0
    for track, mood in zip(path, way, strict=True):
        total += distance(place(track), place(mood)) ** 2
        total -= PREFERENCE_WEIGHT * likes[track.source_id]
    for (before, after), (here, there) in zip(
        itertools.pairwise(path), itertools.pairwise(way), strict=True
    ):
        (v1, e1), (v2, e2) = place(before), place(after)
        (v3, e3), (v4, e4) = place(here), place(there)
        total += STEP_WEIGHT * distance((v2 - v1, e2 - e1), (v4 - v3, e4 - e3)) ** 2
        total += ENERGY_WEIGHT * ((e2 - e1) - (e4 - e3)) ** 2
        if before.tempo is None or after.tempo is None:
            total += TEMPO_WEIGHT * UNKNOWN_TEMPO_CHANGE
        else:
            octaves = abs(math.log2(after.tempo / before.tempo)) % 1
            total += TEMPO_WEIGHT * min(octaves, 1 - octaves) ** 2
    return total


@given(start=MOODS, target=MOODS, count=st.integers(2, 60))
def test_waypoints_hold_then_walk_in_equal_steps_to_the_target(
    start: Mood, target: Mood, count: int
) -> None:
    way = waypoints(start, target, count)
    held = max(1, round(HELD_SHARE * count))
    assert len(way) == count
    assert way[:held] == [start] * held
    assert place(way[-1]) == place(target)
    steps = [distance(place(one), place(two)) for one, two in itertools.pairwise(way[held - 1 :])]
    whole = distance(place(start), place(target))
    assert steps == pytest.approx([whole / (count - held)] * (count - held), abs=1e-12)


def test_twelve_songs_hold_two_and_a_single_song_stays_at_the_mood() -> None:
    assert waypoints(SAD, HAPPY, 12).count(SAD) == 2
    assert waypoints(SAD, HAPPY, 1) == [SAD]


@pytest.mark.parametrize("count", [0, -1])
@pytest.mark.parametrize("tracks", [[], GRID])
def test_a_journey_of_no_songs_is_refused(count: int, tracks: list[Track]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        waypoints(SAD, HAPPY, count)
    with pytest.raises(ValueError, match="at least 1"):
        plan_journey(SAD, HAPPY, tracks, count)


@given(start=MOODS, target=MOODS, tracks=SONGS, count=st.integers(1, 14), data=st.data())
def test_a_path_is_full_free_of_repeats_on_its_way_and_the_same_in_any_order(
    start: Mood, target: Mood, tracks: list[Track], count: int, data: st.DataObject
) -> None:
    path = plan_journey(start, target, tracks, count)
    assert len(path) == min(count, len(tracks))
    ids = [track.source_id for track in path]
    assert len(set(ids)) == len(ids)
    assert all(track in tracks for track in path)
    gaps = away(path, target)
    assert gaps == sorted(gaps, reverse=True)
    shuffled = data.draw(st.permutations(tracks))
    assert plan_journey(start, target, shuffled, count) == path


@given(
    start=MOODS,
    target=MOODS,
    rows=st.lists(
        st.tuples(st.floats(-1, 1), st.floats(0, 1), TEMPOS, st.floats(-1, 1)),
        min_size=1,
        max_size=8,
    ),
    count=st.integers(1, 5),
)
def test_no_other_path_towards_the_target_costs_less(
    start: Mood,
    target: Mood,
    rows: list[tuple[float, float, float | None, float]],
    count: int,
) -> None:
    tracks = [song(str(number), *row[:2], tempo=row[2]) for number, row in enumerate(rows)]
    likes = {str(number): row[3] for number, row in enumerate(rows)}
    path = plan_journey(start, target, tracks, count, [row[3] for row in rows])
    way = waypoints(start, target, len(path))
    order = sorted(
        tracks, key=lambda track: (-distance(place(track), place(target)), track.source_id)
    )
    cheapest = min(cost(other, way, likes) for other in itertools.combinations(order, len(path)))
    assert cost(tuple(path), way, likes) == pytest.approx(cheapest, abs=1e-9)


# Songs are dense where a step of the journey is at least as long as the grid is wide.
@given(
    journey=st.tuples(MOODS, MOODS).filter(
        lambda moods: distance(place(moods[0]), place(moods[1])) >= 10 * SPACING
    )
)
def test_dense_candidates_give_a_smooth_path(journey: tuple[Mood, Mood]) -> None:
    start, target = journey
    found = smoothness(plan_journey(start, target, GRID, 12), start, target)
    ideal = distance(place(start), place(target)) / 10
    assert found.approach == 1
    assert found.start_gap < 2 * SPACING
    assert found.end_gap < 2 * SPACING
    assert found.largest_step < ideal + 2 * SPACING


@pytest.mark.parametrize("language", [None, "English", "Spanish", "Hindi"])
def test_the_shipped_songs_lead_from_sad_to_happy(language: str | None) -> None:
    tracks = [
        Track(one.title, one.artists, SourceName.CATALOGUE, str(number),
              valence=2 * one.valence - 1, energy=one.energy)
        for number, one in enumerate(read_songs(STARTER.read_bytes()))
        if language in {None, one.language}
    ]  # fmt: skip
    path = plan_journey(SAD, HAPPY, tracks, 12)
    found = smoothness(path, SAD, HAPPY)
    assert found.approach == 1
    assert found.start_gap < 0.1
    assert found.end_gap < 0.1
    assert found.largest_step < 0.25
    assert max(Counter(track.artists[0] for track in path).values()) <= SONGS_PER_ARTIST


def test_without_songs_there_is_no_path() -> None:
    assert plan_journey(SAD, HAPPY, [], 12) == []


@pytest.mark.parametrize("nowhere", [None, math.nan, math.inf])
def test_songs_without_a_place_are_passed_over(nowhere: float | None) -> None:
    placed = song("placed", 0.1, 0.5)
    tracks = [song("a", nowhere, 0.5), placed, song("b", 0.5, nowhere)]
    assert plan_journey(SAD, HAPPY, tracks, 12, [1, -1, 1]) == [placed]


@pytest.mark.parametrize("tempo", [None, 0.0, -90.0, math.nan, math.inf])
def test_an_impossible_tempo_counts_as_unknown(tempo: float | None) -> None:
    path = plan_journey(SAD, HAPPY, [song("a", -0.5, 0.4, tempo=tempo), song("b", 0.5, 0.6)], 2)
    assert smoothness(path, SAD, HAPPY).largest_tempo_change is None


def test_a_song_given_twice_comes_once() -> None:
    tracks = [song("a", -0.6, 0.4), song("b", 0.8, 0.7), song("a", -0.6, 0.4)]
    assert [track.source_id for track in plan_journey(SAD, HAPPY, tracks, 12)] == ["a", "b"]


@pytest.mark.parametrize("liked", ["a", "b"])
def test_taste_decides_between_two_equal_songs(liked: str) -> None:
    tracks = [song("a", *place(HAPPY)), song("b", *place(HAPPY)), song("start", *place(SAD))]
    taste = [1.0 if track.source_id == liked else -0.5 for track in tracks]
    assert [track.source_id for track in plan_journey(SAD, HAPPY, tracks, 2, taste)][1] == liked


def test_taste_bends_the_path_but_does_not_break_it() -> None:
    at_start, at_target = song("start", *place(SAD)), song("target", *place(HAPPY))
    aside, far = song("aside", 0.75, 0.74), song("far", 0.3, 0.4)
    tracks, taste = [at_start, at_target, aside, far], [0.0, 0.0, 1.0, 1.0]
    assert plan_journey(SAD, HAPPY, tracks, 2) == [at_start, at_target]
    assert plan_journey(SAD, HAPPY, tracks, 2, taste) == [at_start, aside]


@pytest.mark.parametrize("taste", [[], [0.0, 0.0], [1.1], [-1.1], [math.nan]])
def test_a_taste_that_does_not_fit_is_refused(taste: list[float]) -> None:
    with pytest.raises(ValueError, match="preference"):
        plan_journey(SAD, HAPPY, [song("a", 0, 0)], 1, taste)


@pytest.mark.parametrize(("near", "far"), [(110, 150), (200, 130), (50, 70), (100, None)])
def test_the_nearer_tempo_is_preferred_and_double_time_is_the_same(
    near: float, far: float | None
) -> None:
    tracks = [
        song("start", *place(SAD), tempo=100),
        song("a", *place(HAPPY), tempo=far),
        song("b", *place(HAPPY), tempo=near),
    ]
    assert [track.source_id for track in plan_journey(SAD, HAPPY, tracks, 2)] == ["start", "b"]


def test_an_artist_does_not_come_twice_in_a_row_however_written() -> None:
    tracks = [
        song("a", *place(SAD), artist="Beyoncé"),
        song("b", *place(HAPPY), artist="BEYONCE"),
        song("c", 0.5, 0.6, artist="Other"),
    ]
    assert [track.source_id for track in plan_journey(SAD, HAPPY, tracks, 2)] == ["a", "c"]


def test_an_artist_fills_no_path_where_there_are_others_enough() -> None:
    line = [
        song(f"star {step}", *place(mood), artist="Star")
        for step, mood in enumerate(waypoints(SAD, HAPPY, 3 * NEAREST))
    ]
    others = [song(f"other {step}", -1 + step / 10, 0.05) for step in range(10)]
    path = plan_journey(SAD, HAPPY, line + others, 12)
    assert len(path) == 12
    assert Counter(track.artists[0] for track in path)["Star"] == SONGS_PER_ARTIST


def test_few_artists_share_a_path_as_evenly_as_they_must() -> None:
    tracks = [
        song(f"{artist}{step}", *place(mood), artist=artist)
        for artist in "ABC"
        for step, mood in enumerate(waypoints(SAD, HAPPY, 12))
    ]
    path = plan_journey(SAD, HAPPY, tracks, 12)
    assert Counter(track.artists[0] for track in path) == {"A": 4, "B": 4, "C": 4}
    assert all(one.artists != two.artists for one, two in itertools.pairwise(path))


def test_one_artist_alone_may_fill_the_path() -> None:
    tracks = [song(str(step), step / 10, 0.5, artist="Star") for step in range(5)]
    assert len(plan_journey(SAD, HAPPY, tracks, 12)) == 5


@pytest.mark.parametrize(
    ("gap", "expected"), [(0.0, False), (SHORTEST_JOURNEY - 1e-6, False), (SHORTEST_JOURNEY, True)]
)
def test_a_journey_needs_some_way_and_without_it_there_are_songs_all_the_same(
    gap: float, expected: bool
) -> None:
    here, there = Mood(0, 0), Mood(0, gap)
    assert is_journey(here, there) is expected
    assert is_journey(there, here) is expected
    assert len(plan_journey(here, there, GRID, 12)) == 12


def test_more_songs_may_be_wanted_than_are_looked_at_around_a_waypoint() -> None:
    assert len(plan_journey(SAD, SAD, GRID, NEAREST + 5)) == NEAREST + 5


def test_smoothness_measures_steps_gaps_and_tempos() -> None:
    start, target = Mood(-1, 0.5), Mood(1, 0.5)
    path = [
        song("a", -0.8, 0.5, tempo=100),
        song("b", 0.2, 0.5, tempo=200),
        song("c", 0.0, 0.5),
        song("d", 0.6, 0.5, tempo=100),
        song("e", 0.9, 0.5, tempo=100 * 2**1.25),
    ]
    found = smoothness(path, start, target)
    assert found.approach == 0.75
    assert found.largest_step == pytest.approx(0.5)
    assert (found.start_gap, found.end_gap) == pytest.approx((0.1, 0.05))
    assert found.largest_tempo_change == pytest.approx(0.25)


def test_a_single_song_is_smooth() -> None:
    assert smoothness([song("a", *place(HAPPY))], HAPPY, HAPPY) == Smoothness(1, 0, 0, 0, None)


@pytest.mark.parametrize("path", [[], [song("a", None, None)]])
def test_smoothness_needs_songs_with_a_place(path: list[Track]) -> None:
    with pytest.raises(ValueError, match="place"):
        smoothness(path, SAD, HAPPY)
