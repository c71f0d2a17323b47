import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.languages import LANGUAGES
from recommender.mood import FEELINGS
from recommender.spotify.queries import (
    MAX_OFFSET,
    MAX_REQUESTS,
    MAX_TEXT,
    MIN_REQUESTS,
    PAGE_SIZE,
    plan_requests,
    playlist_search,
    year_ranges,
)
from recommender.types import DECADES, MAX_COUNT, Mood, Query
from tests.bench.searches_card import CARD, text

HERE = Mood(0.5, 0.5)

texts = st.text(st.characters(codec=None), max_size=300)
queries = st.builds(
    Query,
    target=st.just(HERE),
    feeling=st.sampled_from(sorted(FEELINGS)) | texts,
    languages=st.lists(st.sampled_from(sorted(LANGUAGES)) | texts, max_size=8).map(tuple),
    artists=st.lists(texts, max_size=5).map(tuple),
    count=st.integers(1, MAX_COUNT),
    no_explicit=st.booleans(),
    page=st.integers(0, 500),
    decades=st.sets(st.sampled_from(DECADES)).map(sorted).map(tuple),
)


@pytest.mark.parametrize("feeling", FEELINGS)
@pytest.mark.parametrize("name", LANGUAGES)
def test_a_language_is_asked_for_in_its_own_words_and_market(name: str, feeling: str) -> None:
    language = LANGUAGES[name]
    asked = plan_requests(Query(HERE, feeling, languages=(name,)))
    assert {search.market for search in asked} == {language.market}
    assert {search.languages for search in asked} == {(name,)}
    for search, word in zip(asked, language.words[feeling], strict=False):
        assert search.text.startswith(word)


def test_a_genre_is_in_every_request_in_place_of_the_languages() -> None:
    query = Query(HERE, "sad", languages=("Tamil",), genres=('hip "hop', "jazz", '"'), count=20)
    asked = [search.text for search in plan_requests(query)]
    assert all(('genre:"hip hop"' in text) != ('genre:"jazz"' in text) for text in asked)
    assert any('genre:"hip hop"' in text for text in asked)
    assert any('genre:"jazz"' in text for text in asked)
    plain = plan_requests(Query(HERE, "sad", genres=("jazz",)))
    assert {'sad genre:"jazz"', 'tears genre:"jazz"'} <= {search.text for search in plain}


def test_what_will_be_filtered_takes_one_more_request() -> None:
    plain = Query(HERE, "sad", count=10)
    for refused in (replace(plain, not_decades=(1990,)), replace(plain, not_languages=("Tamil",))):
        assert len(plan_requests(refused)) == len(plan_requests(plain)) + 1


@pytest.mark.parametrize("name", LANGUAGES)
def test_some_requests_name_a_genre_and_some_do_not(name: str) -> None:
    language = LANGUAGES[name]
    asked = plan_requests(Query(HERE, "sad", languages=(name,)))
    named = [search for search in asked if "genre:" in search.text]
    assert f'genre:"{language.genres[0]}"' in named[0].text
    assert f'genre:"{language.genres[1]}"' in named[1].text
    assert len(named) < len(asked)
    assert all(language.said_as in search.text for search in asked if search not in named)


def test_without_a_language_the_market_is_said_all_the_same() -> None:
    assert {search.market for search in plan_requests(Query(HERE, "sad"))} == {"US"}


def test_a_languages_name_is_known_in_any_case() -> None:
    assert plan_requests(Query(HERE, "sad", languages=(" tAMIL ",)))[0].market == "IN"


def test_an_artist_goes_in_by_name_and_cannot_end_the_quotes() -> None:
    asked = plan_requests(Query(HERE, "calm", artists=('A. R. "Rahman"\n',)))
    assert [search.text for search in asked[:2]] == [
        'artist:"A. R. Rahman" calm',
        'artist:"A. R. Rahman"',
    ]


def test_every_language_and_every_artist_gets_a_request_before_any_gets_two() -> None:
    asked = plan_requests(Query(HERE, "happy", languages=("Tamil", "Korean"), count=20))
    assert [search.market for search in asked[:2]] == ["IN", "KR"]
    asked = plan_requests(Query(HERE, "happy", artists=("Adele", "Queen", "Toto"), count=20))
    assert [search.text.split('"')[1] for search in asked[:3]] == ["Adele", "Queen", "Toto"]


def test_an_artist_is_asked_for_in_the_language_then_by_its_name_then_for_any_song() -> None:
    asked = plan_requests(Query(HERE, "sad", languages=("Tamil",), artists=("Anirudh",)))
    assert [search.text for search in asked[:3]] == [
        f'artist:"Anirudh" {LANGUAGES["Tamil"].words["sad"][0]}',
        'artist:"Anirudh" tamil',
        'artist:"Anirudh"',
    ]


def test_a_request_that_two_languages_share_says_so() -> None:
    query = Query(HERE, "sad", languages=("Tamil", "Hindi"), artists=("A. R. Rahman",), count=30)
    shared = [search for search in plan_requests(query) if search.text == 'artist:"A. R. Rahman"']
    assert [search.languages for search in shared] == [("Tamil", "Hindi")]


def test_adjacent_decades_are_one_range_and_ranges_alternate() -> None:
    assert year_ranges(()) == [""]
    assert year_ranges((1990,)) == ["year:1990-1999"]
    assert year_ranges((1970, 1980, 2010)) == ["year:1970-1989", "year:2010-2019"]
    asked = plan_requests(Query(HERE, "sad", decades=(1970, 1980, 2010)))
    assert [search.text.split()[-1] for search in asked] == [
        *("year:1970-1989", "year:2010-2019") * 2
    ]


def test_every_language_gets_every_range_of_years() -> None:
    query = Query(HERE, "sad", languages=("Tamil", "Korean"), decades=(1970, 2010), count=20)
    asked = plan_requests(query)
    assert {(search.market, search.text.split()[-1]) for search in asked} == {
        (market, years) for market in ("IN", "KR") for years in ("year:1970-1979", "year:2010-2019")
    }


def test_an_unknown_language_is_asked_for_by_its_name() -> None:
    asked = plan_requests(Query(HERE, "sad", languages=('year:"Klingon"',)))
    assert asked[0].text == "sad year Klingon"
    assert asked[0].market == "US"


@pytest.mark.parametrize(
    ("languages", "words", "market"),
    [
        ((), "sad", "US"),
        (("Spanish", "Tamil"), "triste", "ES"),
        (("Tamil",), "sad tamil", "IN"),
        (("Instrumental",), "sad instrumental", "US"),
        (("Klingon",), "sad Klingon", "US"),
    ],
)
def test_playlists_are_asked_for_as_their_makers_name_them(
    languages: tuple[str, ...], words: str, market: str
) -> None:
    search = playlist_search(Query(HERE, "sad", languages=languages))
    assert search is not None
    assert (search.text, search.market, search.offset) == (words, market, 0)


def test_the_card_shows_what_is_asked() -> None:
    assert CARD.read_text(encoding="utf-8") == text()


def test_an_artist_without_a_letter_cannot_be_asked_for() -> None:
    assert plan_requests(Query(HERE, "happy", artists=('""',))) == ()


def test_beyond_what_spotify_shows_there_is_nothing_to_ask() -> None:
    assert plan_requests(Query(HERE, "happy", page=10_000)) == ()


@given(queries)
def test_any_text_from_a_listener_makes_sound_requests(query: Query) -> None:
    asked = plan_requests(query)
    assert plan_requests(query) == asked
    assert len(asked) <= MAX_REQUESTS
    playlists = playlist_search(query)
    for search in asked if playlists is None else (*asked, playlists):
        assert 0 < len(search.text) <= MAX_TEXT
        assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in search.text)
        assert search.text.count('"') % 2 == 0
        assert search.text == search.text.strip()
        search.text.encode()
        assert len(search.market) == 2
        assert 0 <= search.offset <= MAX_OFFSET - PAGE_SIZE


@given(queries)
def test_no_request_comes_twice_on_any_page(query: Query) -> None:
    pages = [plan_requests(replace(query, page=page)) for page in range(6)]
    everything = [(search.text, search.market, search.offset) for page in pages for search in page]
    assert len(everything) == len(set(everything))


@given(queries)
def test_every_request_keeps_to_the_years_asked_for(query: Query) -> None:
    for search in plan_requests(query):
        years = [word for word in search.text.split() if word.startswith("year:")]
        assert years[-1:] == [] or years[-1] in year_ranges(query.decades)
        assert bool(years) >= bool(query.decades)


@pytest.mark.parametrize(
    ("query", "requests"),
    [
        (Query(HERE, "sad", count=1), MIN_REQUESTS),
        (Query(HERE, "sad", count=12), 3),
        (Query(HERE, "sad", count=12, no_explicit=True), 4),
        (Query(HERE, "sad", count=12, languages=("Tamil",)), 4),
        (Query(HERE, "sad", count=12, decades=(1990,)), 4),
        (Query(HERE, "sad", count=1, languages=tuple(LANGUAGES)[:4]), 4),
        (Query(HERE, "sad", count=30, languages=tuple(LANGUAGES)[:8]), MAX_REQUESTS),
    ],
)
def test_the_number_of_requests_follows_the_songs_wanted_and_what_will_have_to_go(
    query: Query, requests: int
) -> None:
    assert len(plan_requests(query)) == requests


def test_languages_that_come_first_share_the_requests_with_plain_ones() -> None:
    asked = plan_requests(Query(HERE, "sad", languages_first=("German", "English")))
    assert {search.languages for search in asked} == {("German",), ()}
    assert {search.market for search in asked} == {"DE", "US"}
    plain = Query(HERE, "sad")
    assert plan_requests(replace(plain, languages_first=("English",))) == plan_requests(plain)
