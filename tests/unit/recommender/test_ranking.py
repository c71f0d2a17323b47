"""In what order songs come, and what decided it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.mood import RADIUS
from recommender.ranking import QUOTAS, SONGS_PER_ARTIST, rank, shown_share, turns
from recommender.taste import NOBODY, NOVELTY_DAYS, Listener, Opinion, Taste, Traits, Verdict
from recommender.types import Mood, Query, SourceName, Track

QUERY = Query(Mood(0.0, 0.5), "neutral", count=4)


def song(name: str, valence: float | None = 0.0, **more: object) -> Track:
    fields = {
        "artists": (f"Artist of {name}",),
        "energy": None if valence is None else 0.5,
        "genre": None,
        "year": None,
        **more,
    }
    return Track(title=name, source=SourceName.CATALOGUE, source_id=name, valence=valence, **fields)


def order(tracks: list[Track], query: Query = QUERY, listener: Listener = NOBODY) -> list[str]:
    return [track.title for track, _ in rank(tracks, query, listener)]


def fan_of(*artists: str, verdict: Verdict = Verdict.LIKE) -> Taste:
    return Taste.learned([Opinion(Traits(artist), verdict) for artist in artists for _ in range(8)])


def test_the_nearest_comes_first_where_nothing_else_speaks() -> None:
    assert order([song("Far", 0.4), song("Near", 0.1), song("Here")]) == ["Here", "Near", "Far"]


def test_a_mood_that_is_hardly_sure_leaves_more_to_taste() -> None:
    tracks = [song("Here"), song("Loved", 0.45)]
    fan = Listener(taste=fan_of("Artist of Loved"))
    sure, unsure = (replace(QUERY, target=Mood(0.0, 0.5, share)) for share in (1.0, 0.3))
    assert order(tracks, sure, fan) == ["Here", "Loved"]
    assert order(tracks, unsure, fan) == ["Loved", "Here"]


def test_what_was_shown_today_gives_way_and_comes_back_with_the_days() -> None:
    tracks = [song("Known"), song("New", 0.3)]
    assert order(tracks, listener=Listener(shown_days_ago={"Known": 0})) == ["New", "Known"]
    assert order(tracks, listener=Listener(shown_days_ago={"Known": NOVELTY_DAYS})) == [
        "Known",
        "New",
    ]
    shares = [shown_share(days) for days in range(NOVELTY_DAYS + 2)]
    assert shares == sorted(shares, reverse=True)
    assert (shares[0], shares[NOVELTY_DAYS]) == (1.0, 0.0)
    assert shown_share(0, liked=True) == 0.5


def test_a_liked_song_comes_earlier_and_a_disliked_artist_later() -> None:
    tracks = [song("Here"), song("Liked", 0.2)]
    assert order(tracks, listener=Listener(liked=frozenset({"Liked"}))) == ["Liked", "Here"]
    tired = Listener(taste=fan_of("Artist of Here", verdict=Verdict.SKIP))
    assert order([song("Here"), song("Beside", 0.06)], listener=tired) == ["Beside", "Here"]


def test_bans_are_absolute_whatever_a_source_gives() -> None:
    tracks = [song("Banned"), song("Guest", artists=("Star", "Bän!")), song("Left", 0.6)]
    listener = Listener(without=frozenset({"Banned"}), without_artists=frozenset({"ban"}))
    assert order(tracks, listener=listener) == ["Left"]
    query = replace(QUERY, without=frozenset({"Banned"}), without_artists=frozenset({"ban"}))
    assert order(tracks, query) == ["Left"]


@pytest.mark.parametrize(
    "refused",
    [{"not_genres": ("rock",)}, {"not_languages": ("TAMIL",)}, {"not_decades": (1990, 1970)}],
)
def test_what_is_not_wanted_does_not_come_and_what_is_unknown_does(
    refused: dict[str, Any],
) -> None:
    tracks = [song("Known", genre="Indie-Rock", language="Tamil", year=1975), song("Unknown")]
    assert order(tracks, replace(QUERY, **refused)) == ["Unknown"]


def test_songs_that_are_all_alike_make_room_for_another_one() -> None:
    alike = [song(f"Rock {n}", n / 100, genre="rock", year=1975) for n in range(6)]
    other = song("Jazz", 0.12, genre="jazz", year=1959)
    ranked = rank([*alike, other], QUERY)
    assert "Jazz" in [track.title for track, _ in ranked]
    reasons = {track.title: reasons for track, reasons in ranked}
    assert reasons["Jazz"].for_variety
    assert reasons["Jazz"].likeness == 0
    assert reasons["Rock 1"].likeness == pytest.approx(0.5)


def test_one_artist_has_few_songs_unless_asked_for() -> None:
    tracks = [song(f"S{n}", n / 100, artists=("One",)) for n in range(5)]
    assert len(order(tracks)) == SONGS_PER_ARTIST
    assert len(order(tracks, replace(QUERY, artists=("One",)))) == QUERY.count


def test_languages_asked_for_take_turns_until_one_runs_out() -> None:
    tracks = [
        *(song(f"E{n}", n / 100, language="English") for n in range(4)),
        song("W0", 0.5, language="Welsh"),
    ]
    asked = replace(QUERY, languages=("welsh", "English"))
    assert order(tracks, asked) == ["W0", "E0", "E1", "E2"]


def test_a_source_without_moods_keeps_its_own_order() -> None:
    tracks = [song(f"S{n}", None) for n in range(6)]
    assert order(tracks) == ["S0", "S1", "S2", "S3"]
    fan = Listener(liked_artists=frozenset({"artistofs3"}))
    assert order(tracks, listener=fan).index("S3") < 3
    reasons = rank(tracks, QUERY)[0][1]
    assert (reasons.nearness, reasons.order) == (None, 1.0)


def test_nothing_gives_nothing() -> None:
    assert rank([], QUERY) == []


NUMBERS = st.one_of(st.none(), st.floats(-1, 1))
TRACKS = st.lists(
    st.builds(
        lambda title, artist, valence, genre, year: song(
            title, valence, artists=(artist,), genre=genre, year=year
        ),
        st.text(st.characters(categories=["L"]), min_size=1, max_size=3),
        st.sampled_from("ABCDE"),
        NUMBERS,
        st.sampled_from([None, "rock", "jazz"]),
        st.sampled_from([None, 1975, 2004]),
    ),
    max_size=25,
    unique_by=lambda track: track.source_id,
)


@given(tracks=TRACKS, count=st.integers(1, 12), seed=st.integers(0, 5))
def test_an_order_holds_each_song_once_and_says_why(
    tracks: list[Track], count: int, seed: int
) -> None:
    query = replace(QUERY, count=count)
    listener = Listener(taste=fan_of("A"), shown_days_ago={"a": 1}, liked=frozenset({"b"}))
    ranked = rank(tracks, query, listener, rng=np.random.default_rng(seed))
    assert len(ranked) <= count
    assert len({track.source_id for track, _ in ranked}) == len(ranked)
    firsts = [track.artists[0] for track, _ in ranked]
    assert all(firsts.count(artist) <= SONGS_PER_ARTIST for artist in firsts)
    if len(ranked) < count:
        assert {track.artists[0] for track in tracks} == set(firsts)
    for track, reasons in ranked:
        assert 0 <= reasons.likeness <= 1
        assert -1 <= reasons.taste <= 1
        assert (reasons.nearness is None) == (track.valence is None)
        assert reasons.nearness is None or (reasons.nearness > 0) == (
            abs(track.valence or 0) / 2 < RADIUS
        )
    assert ranked == rank(tracks, query, listener, rng=np.random.default_rng(seed))


FIRST = replace(QUERY, count=12, languages_first=("German", "tamil"))
SPOKEN = st.sampled_from([None, "English", "German", "Tamil", "Korean", "Thai"])


def in_languages(*languages: str | None) -> list[Track]:
    """Songs in these languages, each a little further away than the one before."""
    return [
        song(f"{number}", number / 1000, language=language)
        for number, language in enumerate(languages)
    ]


def test_seven_of_twelve_come_in_the_first_languages_three_in_english_two_from_elsewhere() -> None:
    tracks = in_languages(*["Korean", "Thai", "English", None, "German", "Tamil"] * 10)
    languages = [track.language for track, _ in rank(tracks, FIRST)]
    assert [languages.index(one) for one in ("German", "English", "Korean")] == [0, 2, 5]
    assert sum(one in {"German", "Tamil"} for one in languages) == 7
    assert sum(one in {"English", None} for one in languages) == 3


def test_the_listeners_own_files_count_as_theirs_in_any_language() -> None:
    tracks = in_languages(*["English"] * 20)
    tracks += [replace(one, source=SourceName.LIBRARY) for one in in_languages(*["Thai"] * 20)]
    found = [track.source for track, _ in rank(tracks, FIRST)]
    assert found[:2] == [SourceName.LIBRARY] * 2
    assert found.count(SourceName.LIBRARY) == 12 - found.count(SourceName.CATALOGUE) > 6


@given(spoken=st.lists(SPOKEN, max_size=40), count=st.integers(1, 20))
def test_first_languages_lose_no_song_and_keep_the_order_within_each_group(
    spoken: list[str | None], count: int
) -> None:
    tracks = in_languages(*spoken)
    plain = replace(FIRST, count=count, languages_first=())
    chosen = [track for track, _ in rank(tracks, replace(FIRST, count=count))]
    assert len(chosen) == len(rank(tracks, plain)) == min(count, len(tracks))
    for group in ({"German", "Tamil"}, {"English", None}, {"Korean", "Thai"}):
        here = [track for track in chosen if track.language in group]
        assert here == [track for track in tracks if track.language in group][: len(here)]


def test_a_song_of_a_quota_is_not_there_for_variety() -> None:
    tracks = in_languages(*["Korean"] * 20, *["German"] * 20)
    assert not any(reasons.for_variety for _, reasons in rank(tracks, FIRST))


@given(sizes=st.lists(st.integers(0, 9), min_size=3, max_size=3))
def test_turns_go_on_until_every_group_is_empty(sizes: list[int]) -> None:
    groups = [[place] * size for place, size in enumerate(sizes)]
    dealt = [group.pop() for group in turns(groups, QUOTAS)]
    assert sorted(dealt) == sorted(place for place, size in enumerate(sizes) for _ in range(size))
