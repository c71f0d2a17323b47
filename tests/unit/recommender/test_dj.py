"""DJ mode: which song comes next for a new mood, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.dj import (
    ASIDE_COST,
    CHANGES,
    LANGUAGE_COST,
    NEIGHBOUR_WEIGHT,
    NEW_FROM,
    STEADY_S,
    Next,
    Settling,
    change_word,
    choose_next,
    cost,
    is_new,
    queue_after,
)
from recommender.mood import distance
from recommender.types import Mood, SourceName, Track
from tests.said import said

CALM, HAPPY = Mood(0.5, 0.2), Mood(0.8, 0.75)
VALENCES, ENERGIES = st.floats(-1, 1), st.floats(0, 1)
MOODS = st.builds(Mood, VALENCES, ENERGIES)


def song(name: str, at: tuple[float, float] | None = (0.5, 0.2), **more: object) -> Track:
    valence, energy = at or (None, None)
    told = {"artists": (f"artist of {name}",), **more}
    return Track(
        name,
        source=SourceName.LIBRARY,
        source_id=name,
        valence=valence,
        energy=energy,
        **told,  # type: ignore[arg-type]
    )


@st.composite
def songs(draw: st.DrawFn, prefix: str, most: int = 5) -> list[Track]:
    return [
        song(
            f"{prefix}{number}",
            draw(st.none() | st.tuples(VALENCES, ENERGIES)),
            artists=(draw(st.sampled_from("XYZ")),),
            language=draw(st.sampled_from((None, "Tamil", "Hindi", "Instrumental"))),
            tempo=draw(st.none() | st.floats(40, 220)),
        )
        for number in range(draw(st.integers(0, most)))
    ]


def named(found: Next | None) -> str | None:
    return found and found.track.title


@given(MOODS, MOODS, st.none() | songs("p", 1), songs("r"), songs("c"), st.data())
def test_the_song_playing_is_heard_out_and_no_song_is_lost(
    mood: Mood,
    before: Mood,
    playing: list[Track] | None,
    rest: list[Track],
    candidates: list[Track],
    data: st.DataObject,
) -> None:
    now = playing[0] if playing else None
    known = [one.source_id for one in (*rest, *candidates)]
    played = data.draw(st.sets(st.sampled_from(known))) if known else set()
    found = choose_next(mood, before, now, rest, candidates, played=played)
    if not is_new(mood, before):
        assert found is None
    if found is None:
        return
    assert found.track.source_id not in played
    assert found.track in (*rest, *candidates)
    assert found.track != now
    after = queue_after(found, rest)
    assert after[0] == found.track
    assert [one for one in after if one in rest and one != found.track] == [
        one for one in rest if one != found.track
    ]
    # The order does not choose, and nothing that may come is cheaper.
    assert choose_next(mood, before, now, rest[::-1], candidates[::-1], played=played) == found
    own = cost(found.track, mood, now, in_queue=found.track in rest)
    for one in (*rest, *candidates):
        if one.valence is not None and one.source_id not in played:
            assert own <= cost(one, mood, now, in_queue=one in rest)


@given(MOODS, MOODS, st.tuples(VALENCES, ENERGIES))
def test_alone_two_songs_that_differ_in_place_follow_the_formula(
    mood: Mood, beside: Mood, at: tuple[float, float]
) -> None:
    candidate = song("a", at, language="Tamil")
    playing = song("now", (beside.valence, beside.energy), language="Tamil")
    expected = distance(at, (mood.valence, mood.energy)) ** 2
    expected += NEIGHBOUR_WEIGHT * distance(at, (beside.valence, beside.energy)) ** 2
    assert cost(candidate, mood, playing, in_queue=True) == pytest.approx(expected)
    foreign = replace(candidate, language="Hindi")
    assert cost(foreign, mood, playing, in_queue=False) == pytest.approx(
        expected + LANGUAGE_COST + ASIDE_COST
    )


def test_a_live_mood_has_to_settle() -> None:
    one = Settling()
    assert not one.add(HAPPY, 1.0)
    assert not one.add(Mood(0.8, 0.75 + NEW_FROM / 2), 0.9 + STEADY_S)
    assert not one.add(None, 1.0 + STEADY_S)
    assert one.add(HAPPY, 1.0 + STEADY_S)
    assert not one.add(CALM, 1.1 + STEADY_S)


def test_a_change_too_small_to_mean_anything_changes_nothing() -> None:
    assert choose_next(Mood(0.5, 0.2 + NEW_FROM - 0.01), CALM, None, [song("a")], []) is None
    assert choose_next(Mood(0.5, 0.2 + NEW_FROM + 0.01), CALM, None, [song("a")], []) is not None


def test_the_nearest_to_the_mood_comes_and_says_why() -> None:
    found = choose_next(
        CALM, HAPPY, song("now", (0.8, 0.75)), [song("party", (0.8, 0.8))], [song("still")]
    )
    assert named(found) == "still"
    assert found is not None
    assert said(found.reason.id) == "next, because you look calmer"


@pytest.mark.parametrize(
    ("beside", "other", "chosen"),
    [
        # Two songs in one place: the one of the same language, and of the usual beat.
        ({"language": "Tamil"}, {"language": "Hindi"}, "same"),
        ({"language": "tamil"}, {"language": None}, "same"),
        ({"tempo": 100.0, "language": "Tamil"}, {"tempo": 70.0, "language": "Tamil"}, "same"),
        # Half the beat is the same, and so is no language at all.
        ({"tempo": 50.0, "language": "Instrumental"}, {"tempo": 110.0}, "same"),
        # Never two of one artist while there is another.
        ({"artists": ("A",), "language": "Tamil"}, {"language": "Hindi"}, "other"),
    ],
)
def test_neighbours_are_kept_smooth(
    beside: dict[str, object], other: dict[str, object], chosen: str
) -> None:
    playing = song("now", (0.6, 0.5), language="Tamil", tempo=100.0, artists=("a",))
    pair = [song("other", **other), song("same", **beside)]
    assert named(choose_next(CALM, HAPPY, playing, pair, [])) == chosen


def test_a_language_is_crossed_when_nothing_of_it_lies_near() -> None:
    playing = song("now", (0.6, 0.5), language="Tamil")
    near, far = song("near", language="Hindi"), song("far", (-0.5, 0.9), language="Tamil")
    assert named(choose_next(CALM, HAPPY, playing, [far], [near])) == "near"


def test_a_song_of_the_queue_goes_before_one_that_is_no_nearer() -> None:
    queued, other = song("queued", (0.5, 0.25)), song("a", (0.5, 0.2))
    assert named(choose_next(CALM, HAPPY, None, [queued], [other])) == "queued"
    assert named(choose_next(CALM, HAPPY, None, [song("far", (0.5, 0.5))], [other])) == "a"


def test_nothing_that_may_come_leaves_the_queue_as_it_is() -> None:
    now = song("now")
    assert choose_next(CALM, HAPPY, now, [song("no place", None)], [now]) is None
    assert choose_next(CALM, HAPPY, now, [song("heard")], [], played={"heard"}) is None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ((0.4, 0.0), "brighter"),
        ((0.4, 0.2), "livelier"),
        ((0.0, 0.3), "livelier"),
        ((-0.4, 0.2), "tenser"),
        ((-0.4, 0.0), "sadder"),
        ((-0.4, -0.2), "wearier"),
        ((0.0, -0.3), "calmer"),
        ((0.4, -0.2), "calmer"),
    ],
)
def test_the_reason_names_the_direction_of_the_change(
    change: tuple[float, float], word: str
) -> None:
    middle = Mood(0.0, 0.5)
    assert change_word(middle, Mood(change[0], 0.5 + change[1])) == word
    assert word in CHANGES


@given(MOODS, MOODS)
def test_every_change_has_words(before: Mood, now: Mood) -> None:
    assert said(f"dj-next-{change_word(before, now)}").startswith("next, because you look ")
