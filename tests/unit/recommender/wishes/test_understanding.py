"""Moods and wishes in words: sentences in nine languages, and what holds for any text."""

from __future__ import annotations

import time
import tomllib
import unicodedata
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.catalogue.starter import STARTER, read_songs
from recommender.mood import EMOTION_POINTS
from recommender.text import NameIndex
from recommender.types import (
    DECADES,
    MAX_ARTIST_LENGTH,
    MAX_ARTISTS,
    MAX_GENRES,
    Goal,
    Preferences,
)
from recommender.wishes.understanding import MAX_SAID, Wishes, understand
from recommender.wishes.vocabulary import MAX_LETTERS, MOODS, SPOKEN, fold_text
from tests.layout import ROOT

DATA = ROOT / "tests" / "data"
SENTENCES: list[dict[str, Any]] = [
    sentence
    for table in ("wishes.toml", "wishes_harder.toml")
    for sentence in tomllib.loads((DATA / table).read_text(encoding="utf-8"))["sentence"]
]
FIELDS = (
    *("mood", "intensity", "goal", "clean", "help"),
    *(
        f"{no}{field}"
        for field in ("languages", "artists", "genres", "decades")
        for no in ("", "not_")
    ),
)
# Beside those of the sentences: names that are common words, too.
NAMES = NameIndex(
    [
        *(artist for song in read_songs(STARTER.read_bytes()) for artist in song.artists),
        *(
            name
            for one in SENTENCES
            for name in (*one.get("artists", ()), *one.get("not_artists", ()))
        ),
        *("The Who", "Happy", "Calm", "Love", "Float", "Today"),
    ]
)
# Each example is read several times, in up to nine languages.
EXAMPLES = 40
PIECES = st.sampled_from([one["text"] for one in SENTENCES])
LANGUAGES = st.sampled_from(SPOKEN)


def read(text: str, language: str = "en") -> Wishes:
    return understand(text, language, NAMES.named)


def meaning(wishes: Wishes) -> dict[str, object]:
    return {field: getattr(wishes, field) for field in FIELDS}


@pytest.mark.parametrize("sentence", SENTENCES, ids=[f"{n}" for n in range(len(SENTENCES))])
def test_a_sentence_is_understood_and_nothing_else(sentence: dict[str, Any]) -> None:
    nothing = meaning(Wishes())
    expected = {
        field: tuple(value) if isinstance(value := sentence.get(field, empty), list) else value
        for field, empty in nothing.items()
    }
    assert meaning(read(sentence["text"], sentence["language"])) == expected


def test_there_are_enough_sentences_in_each_language() -> None:
    assert len(SENTENCES) >= 150
    said = [sentence["language"] for sentence in SENTENCES]
    assert {language for language in said if said.count(language) >= 15} == set(SPOKEN)


@pytest.mark.parametrize("language", SPOKEN)
def test_a_sentence_is_understood_whatever_the_language_of_the_page(language: str) -> None:
    wishes = read("müde, etwas Ruhiges auf Tamil, nichts aus den Neunzigern, kein Rap", language)
    assert (wishes.mood, wishes.goal, wishes.languages) == ("tired", Goal.CALM, ("Tamil",))
    assert (wishes.not_decades, wishes.not_genres) == ((1990,), ("hip hop",))


@settings(max_examples=EXAMPLES)
@given(text=st.one_of(st.text(max_size=400), st.lists(PIECES, max_size=9).map(" ".join)))
def test_any_text_gives_the_same_known_words_again(text: str) -> None:
    wishes = read(text)
    assert wishes == read(text)
    assert wishes.mood in {"", *MOODS}
    assert {*wishes.decades, *wishes.not_decades} <= set(DECADES)
    assert len(wishes.text) <= MAX_SAID
    for span in wishes.understood:
        assert wishes.text[span.start : span.end].strip()
    assert all(part in wishes.text for part in wishes.left_over)
    if wishes.help:
        assert meaning(wishes) == {**meaning(Wishes()), "help": True}


@settings(max_examples=EXAMPLES)
@given(text=PIECES, language=LANGUAGES, form=st.sampled_from(["NFC", "NFD"]))
def test_case_and_composition_do_not_count(
    text: str, language: str, form: Literal["NFC", "NFD"]
) -> None:
    told = meaning(read(text, language))
    assert meaning(read(unicodedata.normalize(form, text), language)) == told
    assert meaning(read(text.upper(), language)) == told
    assert meaning(read(text.lower(), language)) == told


@settings(max_examples=EXAMPLES)
@given(text=PIECES, language=LANGUAGES, mark=st.sampled_from([",", ";", " – ", "? ", "。", "،"]))
def test_the_kind_of_punctuation_does_not_count(text: str, language: str, mark: str) -> None:
    marks = {ord(one): mark for one in ",;。、،"}
    assert meaning(read(text.translate(marks), language)) == meaning(read(text, language))
    assert meaning(read(f'  "{text}" ', language)) == meaning(read(text, language))


@pytest.mark.parametrize(
    "text",
    [
        "today I just want to float",
        "who knows what love is",
        "call me when you are there",
        "something to do at home",
        "\u202e\u0000\ud800",
        "!!!",
    ],
)
def test_a_common_word_is_no_artist_without_a_cue(text: str) -> None:
    assert read(text).artists == ()


@pytest.mark.parametrize(
    ("text", "artists"),
    [
        ("songs by The Who", ("The Who",)),
        ("play float", ("Float",)),
        ("sung by Somebody New, please", ("Somebody New",)),
        ("Nena", ("Nena",)),
        ("ABBA, Queen or Nena songs", ("ABBA", "Queen", "Nena")),
    ],
)
def test_an_artist_is_found_by_a_cue_or_alone(text: str, artists: tuple[str, ...]) -> None:
    assert read(text).artists == artists


def test_without_a_catalogue_only_a_phrase_makes_an_artist() -> None:
    assert understand("Queen").artists == ()
    assert understand("Queen").left_over == ("Queen",)
    assert understand("sung by Queen").artists == ("Queen",)


def test_a_longer_text_is_read_to_its_limit() -> None:
    assert read("x" * MAX_SAID + " rock").genres == ()
    assert read("x" * (MAX_SAID - 5) + " rock").genres == ("rock",)


@pytest.mark.parametrize("piece", ["x ", "ﷺ", "by x ", "no rap, ", "वह ", "ラップ", "1990 ", "!"])
def test_time_grows_as_the_text_does_and_no_more_from_its_limit_on(piece: str) -> None:
    def seconds(letters: int) -> float:
        text, start = piece * (letters // len(piece)), time.process_time()
        read(text)
        return time.process_time() - start

    # Below, the clock says more than the text.
    least = 0.05
    seconds(MAX_SAID)
    short, whole, far = (
        min(seconds(letters) for _ in range(3))
        for letters in (MAX_SAID // 4, MAX_SAID, 1000 * MAX_SAID)
    )
    assert whole < 10 * max(short, least)
    assert far < 3 * max(whole, least)


def test_a_sign_of_many_letters_is_folded_up_to_a_limit() -> None:
    folded = fold_text("ﷺ" * MAX_SAID)
    assert MAX_LETTERS <= len(folded.text) == len(folded.places) < MAX_LETTERS + 20
    assert read("ﷺ" * MAX_SAID).left_over


def test_wishes_add_up_with_others_as_far_as_there_is_room() -> None:
    said = read("cheer me up, Tamil, no rap, fado, from the nineties, clean, no ABBA, no English")
    added = said.added_to(
        Preferences(languages=("Hindi",), artists=("Nena",), decades=(1980,), count=5)
    )
    assert added == Preferences(
        languages=("Hindi", "Tamil"),
        artists=("Nena",),
        decades=(1980, 1990),
        goal=Goal.HAPPY,
        count=5,
        no_explicit=True,
        genres=("fado",),
        not_languages=("English",),
        not_artists=("ABBA",),
        not_genres=("hip hop",),
    )
    assert said.added_to(Preferences(goal=Goal.CALM)).goal is Goal.CALM
    many = tuple(map(str, range(MAX_ARTISTS)))
    assert Wishes(artists=("one more",)).added_to(Preferences(artists=many)).artists == many
    long = Wishes(artists=("x" * 200,), not_artists=("y" * 200,)).added_to(Preferences())
    assert (long.artists, long.not_artists) == (
        ("x" * MAX_ARTIST_LENGTH,),
        ("y" * MAX_ARTIST_LENGTH,),
    )
    full = Wishes(genres=many, not_genres=many).added_to(Preferences())
    assert len(full.genres) + len(full.not_genres) == MAX_GENRES


def test_wishes_go_one_by_one_or_a_field_at_a_time() -> None:
    said = read("very tired, calm music, fado or rock, no rap, from the eighties or nineties")
    assert [span.field for span in said.understood].count("goal") == 1
    assert said.without("genres", "fado").genres == ("rock",)
    assert said.without("genres").genres == ()
    assert said.without("decades", "1980").decades == (1990,)
    assert (said.without("mood").mood, said.without("mood").intensity) == ("", "")
    assert said.without("goal").goal is Goal.MATCH
    for span in said.understood:
        said = said.without(span.field, span.value)
    assert meaning(said) == meaning(Wishes())
    assert said.understood == ()


def test_what_is_both_wanted_and_refused_is_told_once() -> None:
    said = read("rock in Tamil, no rock")
    assert said.not_genres == ()
    assert [span.field for span in said.understood] == ["genres", "languages"]


def test_the_parts_that_were_understood_are_told_in_order() -> None:
    wishes = read("so tired, no rap, plonk")
    told = [
        (span.field, span.value, wishes.text[span.start : span.end]) for span in wishes.understood
    ]
    assert told == [("mood", "tired", "tired"), ("not_genres", "hip hop", "rap")]
    assert wishes.left_over == ("plonk",)


def test_moods_of_faces_lie_where_faces_lie_and_intensity_moves_them() -> None:
    happy, very, a_bit = (read(f"{word} happy").point() for word in ("", "very", "a bit"))
    assert happy
    assert very
    assert a_bit
    assert (happy.valence, happy.energy) == EMOTION_POINTS["happy"]
    assert very.valence > happy.valence > a_bit.valence > 0
    assert very.energy > happy.energy > a_bit.energy > 0.5
    assert read("rock").point() is None


@pytest.mark.parametrize("language", SPOKEN)
def test_each_language_has_words_for_each_mood_and_goal(language: str) -> None:
    from recommender.wishes.vocabulary import TABLE

    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    assert table[language]["moods"].keys() == MOODS.keys()
    assert table[language]["goals"].keys() == {goal.value for goal in Goal if goal.value != "match"}
    assert {row.opposite for row in MOODS.values()} <= {"", *MOODS}
