"""Which of the songs that Spotify found are chosen."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.languages import LANGUAGES
from recommender.ranking import SONGS_PER_ARTIST
from recommender.spotify.selection import Page, select
from recommender.types import Mood, Query
from tests.fakes.spotify_items import item, json_values

QUERY = Query(Mood(0.5, 0.5), "happy")


def titles(pages: list[list[object]], query: Query = QUERY) -> list[str]:
    asked = [Page(items, query.languages) for items in pages]
    return [song.track.title for song in select(asked, query)]


def test_searches_take_turns() -> None:
    pages: list[list[object]] = [[item(1), item(2)], [item(3)]]
    assert titles(pages) == ["Fake Song 1", "Fake Song 3", "Fake Song 2"]


def test_the_same_recording_appears_once() -> None:
    one = item(1, external_ids={"isrc": "xx1"})
    same_recording = item(2, external_ids={"isrc": "XX1"})
    same_title = item(3, name="FAKE SONG 1", artists=[{"name": "fake artist 1"}])
    assert titles([[one, same_recording, same_title, one]]) == ["Fake Song 1"]


def test_what_was_shown_before_is_barred() -> None:
    shown = select([Page([item(1)])], QUERY)
    again = select([Page([item(1), item(2)])], QUERY, shown[0].identity_keys)
    assert [song.track.title for song in again] == ["Fake Song 2"]


def test_explicit_songs_go_when_they_are_not_wanted() -> None:
    pages: list[list[object]] = [[item(1, explicit=True), item(2), item(3, explicit="maybe")]]
    assert titles(pages, Query(QUERY.target, "happy", no_explicit=True)) == ["Fake Song 2"]


def test_an_artist_appears_twice_at_most_unless_asked_for() -> None:
    pages: list[list[object]] = [[item(n, artists=[{"name": "Béa"}]) for n in range(5)]]
    assert len(titles(pages)) == 2
    assert len(titles(pages, Query(QUERY.target, "happy", artists=("bea",)))) == 5


def test_only_the_artists_asked_for_remain() -> None:
    pages: list[list[object]] = [
        [item(1), item(2, artists=[{"name": "X"}, {"name": "A.R. Rahman"}])]
    ]
    query = Query(QUERY.target, "happy", artists=("A. R. Rahman",))
    assert titles(pages, query) == ["Fake Song 2"]


@pytest.mark.parametrize(
    "ending",
    [
        " - Remastered 2011",
        " (2011 Remaster)",
        " - Mono / Remastered",
        " (feat. Nobody)",
        ' (From "A Film")',
        " [Deluxe Edition] - Single Version",
        " - Radio Edit",
    ],
)
def test_a_version_of_the_same_song_is_the_same_song(ending: str) -> None:
    artists = [{"name": "Beyoncé"}]
    again = item(2, name=f"CAFÉ{ending}", artists=[{"name": "BEYONCE"}])
    assert titles([[item(1, name="Cafe", artists=artists), again]]) == ["Cafe"]


def test_a_recording_with_another_mood_is_another_song() -> None:
    artists = [{"name": "X"}]
    names = ["Halo", "Halo (Live)"]
    assert titles([[item(n, name=name, artists=artists) for n, name in enumerate(names)]]) == names


def test_songs_of_other_decades_go_and_those_without_a_year_stay() -> None:
    def dated(number: int, date: object) -> dict[str, Any]:
        return item(number, album={"release_date": date})

    pages: list[list[object]] = [
        [
            dated(1, "1989-12-31"),
            dated(2, "1990"),
            dated(3, "1999-05"),
            dated(4, "2000"),
            dated(5, None),
        ]
    ]
    query = Query(QUERY.target, "happy", decades=(1990,))
    assert titles(pages, query) == ["Fake Song 2", "Fake Song 3", "Fake Song 5"]


def test_songs_of_what_is_not_wanted_go() -> None:
    names = ["We Are the Champions of the World", "Ich liebe dich und du liebst mich", "さくら"]
    dates = ["1977", "1995", "2005"]
    pages: list[list[object]] = [
        [
            item(n, name=name, album={"release_date": date})
            for n, (name, date) in enumerate(zip(names, dates, strict=True))
        ]
    ]

    def left(**refused: Any) -> list[str]:  # noqa: ANN401
        return titles(pages, Query(QUERY.target, "happy", **refused))

    assert left() == names
    assert left(not_decades=(1990, 2000)) == names[:1]
    assert left(not_languages=("English",)) == names[1:]
    assert left(not_languages=("German", "Japanese", "Klingon")) == names[:1]


def test_songs_in_other_languages_go() -> None:
    pages: list[list[object]] = [
        [item(1, name="さくら"), item(2, name="காதல்"), item(3, name="Kadhal Rojave")]
    ]
    query = Query(QUERY.target, "happy", languages=("Tamil",))
    assert titles(pages, query) == ["காதல்", "Kadhal Rojave"]


def test_a_songs_language_is_the_one_that_it_was_asked_for_in() -> None:
    query = Query(QUERY.target, "happy", languages=("Tamil", "Korean"))
    pages = [
        Page([item(1, name="காதல்")], ("Tamil",)),
        Page([item(2, name="봄날"), item(3, name="காதல்")], ("Korean",)),
        Page([item(4, name="காதலே"), item(5, name="Halo")], ("Tamil", "Korean")),
    ]
    assert [song.track.language for song in select(pages, query)] == [
        *("Tamil", "Korean", "Tamil", None)
    ]


def test_a_language_that_nobody_knows_lets_all_songs_stay() -> None:
    assert titles([[item(1)]], Query(QUERY.target, "happy", languages=("Klingon",)))


queries = st.builds(
    Query,
    target=st.just(QUERY.target),
    feeling=st.just("happy"),
    languages=st.lists(st.sampled_from(sorted(LANGUAGES)), max_size=3, unique=True).map(tuple),
    artists=st.lists(st.sampled_from(["Fake Artist 1", "Fake Artist 2"]), max_size=1).map(tuple),
    count=st.integers(1, 12),
    no_explicit=st.booleans(),
    decades=st.lists(st.sampled_from([1990, 2000]), max_size=1).map(tuple),
)
items = st.builds(
    lambda number, title, artist, explicit, year: item(
        number,
        name=title,
        artists=[{"name": f"Fake Artist {artist}"}],
        explicit=explicit,
        album={"release_date": str(year)},
    ),
    st.integers(0, 9),
    st.sampled_from(["Halo", "Halo - Remastered 2011", "さくら", "காதல்", "La vida"]) | st.text(),
    st.integers(0, 2),
    st.booleans(),
    st.integers(1985, 2015),
)


@given(st.lists(st.lists(items | json_values, max_size=10), max_size=5), queries)
def test_whatever_comes_every_wish_is_obeyed(found: list[list[object]], query: Query) -> None:
    chosen = select([Page(items, query.languages) for items in found], query)
    assert len(chosen) <= query.count
    keys = [mark for song in chosen for mark in song.identity_keys]
    assert len(keys) == len(set(keys))
    tracks = [song.track for song in chosen]
    assert not (query.no_explicit and any(track.explicit for track in tracks))
    assert all(not query.artists or query.artists[0] in track.artists for track in tracks)
    if query.decades:
        assert {(track.year or 1990) // 10 * 10 for track in tracks} <= set(query.decades) | {1990}
    if not query.artists:
        most = Counter(track.artists[0] for track in tracks).most_common(1)
        assert all(times <= SONGS_PER_ARTIST for _, times in most)
