"""The table of languages and words that Spotify is searched with."""

from __future__ import annotations

import unicodedata

import pytest

from recommender.catalogue.starter import STARTER, read_songs
from recommender.languages import (
    LANGUAGES,
    LATIN,
    Language,
    fold_language,
    identifier,
    language_named,
    scripts_of,
)
from recommender.mood import FEELINGS

MIN_WORDS = 4
MAX_WORD = 40
LANGUAGE = pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)


def test_every_language_of_the_starter_catalogue_is_there() -> None:
    assert {song.language for song in read_songs(STARTER.read_bytes())} <= set(LANGUAGES)


def test_a_language_is_found_by_its_name_in_any_case() -> None:
    assert language_named(" tAMIL ") is LANGUAGES["Tamil"]
    assert language_named("Klingon") is None
    assert language_named("") is None


@LANGUAGE
def test_a_language_is_found_by_its_code_and_its_own_names_and_by_no_others(
    language: Language,
) -> None:
    for word in (language.name, language.code, *language.also):
        if word:
            assert language_named(unicodedata.normalize("NFD", word.upper())) is language, word
        assert fold_language(f"{word}-XX") == (language.name if word else "-XX")
    assert language.also == tuple(dict.fromkeys(word.casefold() for word in language.also))


def test_any_other_language_stays_as_it_is() -> None:
    assert [fold_language(text) for text in ("Klingon", "cy", " x ", "")] == [
        "Klingon",
        "cy",
        " x ",
        "",
    ]


@LANGUAGE
def test_every_feeling_has_at_least_four_different_words(language: Language) -> None:
    assert set(language.words) == set(FEELINGS)
    assert all(len(set(words)) == len(words) >= MIN_WORDS for words in language.words.values())


@LANGUAGE
def test_no_word_speaks_for_two_feelings(language: Language) -> None:
    words = [word for words in language.words.values() for word in words]
    assert len(words) == len(set(words))


@LANGUAGE
def test_words_are_plain_and_as_spotify_takes_them(language: Language) -> None:
    texts = [word for words in language.words.values() for word in words]
    for text in (*texts, *language.genres, language.said_as):
        assert text == unicodedata.normalize("NFC", text).strip().lower()
        assert len(text) <= MAX_WORD
        assert not set(text) & set('":“”„\n')


@LANGUAGE
def test_words_are_in_the_scripts_of_the_languages_titles(language: Language) -> None:
    scripts = language.scripts or LATIN
    for words in language.words.values():
        assert scripts_of("".join(words)) <= scripts


@LANGUAGE
def test_a_language_has_a_market_two_genres_and_a_code_that_can_be_identified(
    language: Language,
) -> None:
    assert len(language.market) == 2
    assert language.market.isupper()
    assert len(set(language.genres)) >= 2
    assert bool(language.code) == bool(language.scripts)
    assert not language.code or language.code in identifier().labels


@LANGUAGE
def test_what_is_also_written_in_latin_letters_is_named_beside(language: Language) -> None:
    romanised = language.scripts > LATIN
    assert bool(language.said_as) == (romanised or not language.scripts)


def test_no_two_languages_share_a_code() -> None:
    codes = [language.code for language in LANGUAGES.values()]
    assert len(codes) == len(set(codes))
