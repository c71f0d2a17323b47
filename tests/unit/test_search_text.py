import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.mood import FEELINGS
from recommender.search_text import (
    FEELING_WORDS,
    LANGUAGES,
    MAX_OFFSET,
    MAX_REQUESTS,
    MAX_TEXT,
    MIN_REQUESTS,
    PAGE_SIZE,
    searches,
)
from recommender.types import MAX_COUNT, Mood, Query

HERE = Mood(0.5, 0.5)
WISHED = (
    *("English", "Spanish", "Portuguese", "French", "German", "Italian"),
    *("Hindi", "Tamil", "Telugu", "Punjabi", "Bengali", "Urdu"),
    *("Korean", "Japanese", "Chinese", "Arabic", "Turkish", "Russian", "Instrumental"),
)

texts = st.text(st.characters(codec=None), max_size=300)
queries = st.builds(
    Query,
    target=st.just(HERE),
    feeling=st.sampled_from(sorted(FEELINGS)) | texts,
    languages=st.lists(st.sampled_from(WISHED) | texts, max_size=5).map(tuple),
    artists=st.lists(texts, max_size=5).map(tuple),
    count=st.integers(1, MAX_COUNT),
    no_explicit=st.booleans(),
    page=st.integers(0, 500),
)


def test_every_feeling_and_every_wished_language_has_words() -> None:
    assert set(FEELING_WORDS) == set(FEELINGS)
    assert all(len(words) == len(set(words)) == 3 for words in FEELING_WORDS.values())
    assert set(WISHED) <= set(LANGUAGES)


@pytest.mark.parametrize("language", WISHED)
def test_a_language_goes_into_words_and_market(language: str) -> None:
    market, words = LANGUAGES[language]
    asked = searches(Query(HERE, "happy", languages=(language,)))
    assert {search.market for search in asked} == {market}
    assert all(words in search.text for search in asked)
    assert "happy" in asked[0].text


def test_without_a_language_the_market_is_said_all_the_same() -> None:
    assert {search.market for search in searches(Query(HERE, "sad"))} == {"US"}


def test_a_languages_name_is_known_in_any_case() -> None:
    assert searches(Query(HERE, "sad", languages=(" tAMIL ",)))[0].market == "IN"


def test_an_artist_goes_in_by_name_and_cannot_end_the_quotes() -> None:
    asked = searches(Query(HERE, "calm", artists=('A. R. "Rahman"\n',)))
    assert [search.text for search in asked[:2]] == [
        'artist:"A. R. Rahman" calm',
        'artist:"A. R. Rahman"',
    ]


def test_every_language_and_every_artist_gets_a_request_before_any_gets_two() -> None:
    asked = searches(Query(HERE, "happy", languages=("Tamil", "Korean"), count=20))
    assert [search.market for search in asked[:2]] == ["IN", "KR"]
    asked = searches(Query(HERE, "happy", artists=("Adele", "Queen", "Toto"), count=20))
    assert [search.text.split('"')[1] for search in asked[:3]] == ["Adele", "Queen", "Toto"]


def test_an_artist_without_a_letter_cannot_be_asked_for() -> None:
    assert searches(Query(HERE, "happy", artists=('""',))) == ()


def test_beyond_what_spotify_shows_there_is_nothing_to_ask() -> None:
    assert searches(Query(HERE, "happy", page=10_000)) == ()


@given(queries)
def test_any_text_from_a_listener_makes_sound_requests(query: Query) -> None:
    asked = searches(query)
    assert searches(query) == asked
    assert len(asked) <= MAX_REQUESTS
    for search in asked:
        assert 0 < len(search.text) <= MAX_TEXT
        assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in search.text)
        assert search.text.count('"') % 2 == 0
        assert search.text == search.text.strip()
        search.text.encode()
        assert len(search.market) == 2
        assert 0 <= search.offset <= MAX_OFFSET - PAGE_SIZE


@given(queries)
def test_no_request_comes_twice_on_any_page(query: Query) -> None:
    everything = [
        search
        for page in range(6)
        for search in searches(
            Query(
                query.target, query.feeling, query.languages, query.artists, query.count, page=page
            )
        )
    ]
    assert len(everything) == len(set(everything))


def test_the_number_of_requests_follows_the_songs_wanted() -> None:
    assert [len(searches(Query(HERE, "sad", count=count))) for count in (1, 12, 30)] == [
        MIN_REQUESTS,
        3,
        MAX_REQUESTS,
    ]
