"""From a mood and wishes to the questions for the sources."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.mood import FEELINGS, build_query, feeling_at, relaxations, target_of
from recommender.types import (
    DECADES,
    MAX_ARTIST_LENGTH,
    MAX_ARTISTS,
    MAX_COUNT,
    MAX_GENRES,
    Goal,
    Mood,
    Preferences,
    Query,
)

MOODS = st.builds(Mood, st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1))
LANGUAGES = st.lists(st.sampled_from(["English", "Hindi", " Hindi", "Spanish ", "Spanish"]))
ARTISTS = st.lists(
    st.one_of(st.text(max_size=20), st.sampled_from(["Queen", " Queen ", "", " ", "MØ"])),
    max_size=10,
)
WISHES = st.builds(
    Preferences,
    languages=LANGUAGES.map(tuple),
    artists=ARTISTS.map(tuple),
    decades=st.lists(st.sampled_from(DECADES)).map(tuple),
    goal=st.sampled_from(Goal),
    count=st.integers(1, MAX_COUNT),
    no_explicit=st.booleans(),
)
PAGES = st.integers(0, 50)


@given(mood=MOODS, wishes=WISHES, page=PAGES)
def test_the_same_mood_and_wishes_give_the_same_question(
    mood: Mood, wishes: Preferences, page: int
) -> None:
    assert build_query(mood, wishes, page=page) == build_query(mood, wishes, page=page)


@given(mood=MOODS, wishes=WISHES, page=PAGES)
def test_every_wish_is_in_the_question(mood: Mood, wishes: Preferences, page: int) -> None:
    query = build_query(mood, wishes, page=page)
    assert query.count == wishes.count
    assert query.no_explicit == wishes.no_explicit
    assert query.decades == tuple(sorted(set(wishes.decades)))
    assert query.page == page
    assert query.target == target_of(mood, wishes.goal)


@given(mood=MOODS, wishes=WISHES)
def test_names_are_stripped_and_asked_once_in_the_order_typed(
    mood: Mood, wishes: Preferences
) -> None:
    query = build_query(mood, wishes)
    for asked, typed in ((query.artists, wishes.artists), (query.languages, wishes.languages)):
        assert all(name == name.strip() != "" for name in asked)
        assert len(set(asked)) == len(asked)
        stripped = [name.strip() for name in typed]
        assert set(asked) == set(stripped) - {""}
        assert sorted(asked, key=stripped.index) == list(asked)


def test_the_strip_and_the_order_in_one_example() -> None:
    wishes = Preferences(artists=(" Queen", "ABBA", "Queen ", " "), languages=("Hindi", " Hindi"))
    query = build_query(Mood(0, 0.5), wishes)
    assert query.artists == ("Queen", "ABBA")
    assert query.languages == ("Hindi",)


@given(mood=MOODS, wishes=WISHES)
def test_the_feeling_is_the_goals_or_that_of_the_mood(mood: Mood, wishes: Preferences) -> None:
    query = build_query(mood, wishes)
    matching = wishes.goal is Goal.MATCH
    assert query.feeling == (feeling_at(mood) if matching else wishes.goal.value)
    assert query.feeling in FEELINGS


@given(mood=MOODS, wishes=WISHES, page=PAGES)
def test_letting_go_starts_with_everything_and_only_ever_lets_go(
    mood: Mood, wishes: Preferences, page: int
) -> None:
    query = build_query(mood, wishes, page=page)
    steps = relaxations(query)
    assert steps[0] == (query, ())
    assert len({step for step, _ in steps}) == len(steps) == len({why for _, why in steps})
    for (stricter, _), (looser, _) in pairwise(steps):
        assert set(looser.artists) <= set(stricter.artists)
        assert set(looser.decades) <= set(stricter.decades)
        assert set(looser.languages) <= set(stricter.languages)
    for step, _ in steps:
        assert (step.target, step.feeling, step.count) == (query.target, query.feeling, query.count)
        assert (step.no_explicit, step.page) == (query.no_explicit, query.page)


def question(artists: tuple[str, ...] = (), languages: tuple[str, ...] = ()) -> Query:
    return Query(Mood(0, 0.5), "neutral", languages=languages, artists=artists, no_explicit=True)


def let_go(query: Query) -> list[tuple[tuple[str, ...], ...]]:
    return [(step.artists, step.languages, why) for step, why in relaxations(query)]


def test_what_is_not_wanted_is_in_the_question_and_never_let_go() -> None:
    wishes = Preferences(
        artists=("Queen",),
        genres=(" rock", "rock "),
        not_artists=("The Beatles", " "),
        not_languages=("English ",),
        not_decades=(1990, 1980),
        not_genres=("metal",),
    )
    steps = relaxations(build_query(Mood(0, 0.5), wishes))
    assert [(step.genres, why) for step, why in steps] == [
        (("rock",), ()),
        (("rock",), ("artists",)),
        ((), ("artists", "genres")),
    ]
    for step, _ in steps:
        assert step.without_artists == {"thebeatles"}
        assert (step.not_languages, step.not_genres) == (("English",), ("metal",))
        assert step.not_decades == (1980, 1990)


@pytest.mark.parametrize(
    "wishes",
    [
        {"genres": ("x",) * (MAX_GENRES + 1)},
        {"genres": ("x",) * 6, "not_genres": ("x",) * 5},
        {"not_genres": ("x" * (MAX_ARTIST_LENGTH + 1),)},
        {"not_artists": ("x",) * (MAX_ARTISTS + 1)},
        {"not_artists": ("x" * (MAX_ARTIST_LENGTH + 1),)},
        {"not_decades": (1955,)},
    ],
)
def test_wishes_have_limits(wishes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"at most|decades"):
        Preferences(**wishes)


def test_artists_are_let_go_first_and_then_languages() -> None:
    assert let_go(question(("Queen",), ("Hindi",))) == [
        (("Queen",), ("Hindi",), ()),
        ((), ("Hindi",), ("artists",)),
        ((), (), ("artists", "languages")),
    ]


def test_what_was_not_wished_is_not_let_go() -> None:
    assert let_go(question(("Queen",))) == [(("Queen",), (), ()), ((), (), ("artists",))]
    assert let_go(question((), ("Hindi",))) == [((), ("Hindi",), ()), ((), (), ("languages",))]
    assert let_go(question()) == [((), (), ())]


def test_decades_are_let_go_between_artists_and_languages() -> None:
    query = replace(question(("Queen",), ("Hindi",)), decades=(1970, 1980))
    assert [(step.decades, why) for step, why in relaxations(query)] == [
        ((1970, 1980), ()),
        ((1970, 1980), ("artists",)),
        ((), ("artists", "decades")),
        ((), ("artists", "decades", "languages")),
    ]


@pytest.mark.parametrize("decade", [1940, 1955, 2030])
def test_a_decade_that_is_none_is_refused(decade: int) -> None:
    with pytest.raises(ValueError, match="decades must be"):
        Preferences(decades=(decade,))
