"""Whether a song can be in a language: rules, and how often they err on the starter catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalogue.starter import STARTER, read_songs
from recommender.languages import (
    LANGUAGES,
    MAX_FIRST,
    MAX_TAG_LENGTH,
    MAX_TAGS,
    is_likeliest,
    is_plausible,
    languages_of,
    scripts_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection

# Of those of their own script: the languages that py3langid tells apart in the starter catalogue.
LATIN = {
    *("English", "French", "German", "Indonesian", "Italian"),
    *("Portuguese", "Spanish", "Swahili", "Turkish"),
}
OWN = {"Arabic", "Chinese", "Japanese", "Korean", "Russian"}
ROMANISED = {"Bengali", "Hindi", "Punjabi", "Tamil", "Telugu", "Urdu"}


class Shares(NamedTuple):
    """Of the songs that a filter judges: shares that go, 0..1."""

    wished: float
    others: float


def shares(wishes: Collection[str], languages: Collection[str]) -> Shares:
    """Let each wish judge the starter catalogue's songs of some languages."""
    own: list[bool] = []
    others: list[bool] = []
    for song in read_songs(STARTER.read_bytes()):
        if song.language in languages:
            for wish in wishes:
                goes = not is_plausible(LANGUAGES[wish], song.title, song.artists)
                (own if wish == song.language else others).append(goes)
    return Shares(sum(own) / len(own), sum(others) / len(others))


def test_of_nine_languages_in_latin_letters_few_songs_go_wrongly_and_most_others_go() -> None:
    found = shares(LATIN, LATIN)
    assert found.wished <= 0.01
    assert found.others >= 0.6


def test_of_five_languages_in_their_own_script_hardly_a_song_goes_wrongly_and_most_others_go() -> (
    None
):
    found = shares(OWN, OWN)
    assert found.wished <= 0.003
    assert found.others >= 0.8


def test_most_songs_are_likeliest_in_their_own_language_and_few_in_english() -> None:
    def share(language: str, judge: str) -> float:
        told = [
            is_likeliest(LANGUAGES[judge], song.title, song.artists)
            for song in read_songs(STARTER.read_bytes())
            if song.language == language
        ]
        return sum(told) / len(told)

    assert share("English", "English") > 0.7
    assert share("German", "German") > 0.7
    assert share("German", "English") < 0.25
    assert share("Korean", "Instrumental") == share("Korean", "Tamil") == 0


def test_romanised_titles_are_never_taken_for_another_language() -> None:
    assert shares(ROMANISED, ROMANISED).wished == 0


@pytest.mark.parametrize(
    ("wish", "title", "stays"),
    [
        ("Tamil", "காதல் ரோஜாவே", True),
        ("Tamil", "Kadhal Rojave", True),
        ("Tamil", "ప్రేమ", False),
        ("Hindi", "दिल से", True),
        ("Korean", "봄날", True),
        ("Korean", "Spring Day", True),
        ("Korean", "さくら", False),
        ("Japanese", "さくら", True),
        ("Chinese", "さくら", False),
        ("Chinese", "月亮代表我的心", True),
        ("Japanese", "上を向いて歩こう", True),
        ("Spanish", "Москва", False),
        ("Russian", "Москва", True),
        ("Greek", "Москва", False),
        ("Spanish", "La vida es un carnaval y hay que vivirla", True),
        ("English", "La vida es un carnaval y hay que vivirla", False),
        ("Spanish", "I will always love you, my darling", False),
        ("German", "Tränen lügen nicht, sagt man", True),
        ("Instrumental", "さくら", True),
        ("Spanish", "1999", True),
        ("Spanish", "!!!", True),
    ],
)
def test_script_and_words_decide(wish: str, title: str, stays: bool) -> None:
    assert is_plausible(LANGUAGES[wish], title) is stays


def test_the_ending_of_a_version_is_no_english() -> None:
    french = LANGUAGES["French"]
    assert is_plausible(french, "Non, je ne regrette rien - Remastered 2011 Version")


def test_marks_of_length_and_wide_letters_belong_to_no_other_script() -> None:
    assert scripts_of("ラーメン時々ＡＢＣ 12!") == {"KATAKANA", "CJK", "LATIN"}


@given(st.sampled_from(sorted(LANGUAGES)), st.text(st.characters(codec=None)))
def test_no_title_is_too_strange(wish: str, title: str) -> None:
    is_plausible(LANGUAGES[wish], title)


@pytest.mark.parametrize(
    ("locale", "accepted", "found"),
    [
        ("en-US", "", ("English",)),
        ("de-DE", "de-DE,de;q=0.9,en;q=0.8,en-US;q=0.7", ("German", "English")),
        (None, "de-DE,de;q=0.9,en;q=0.8", ("German", "English")),
        # Weights decide, not places; the browser's own language comes first anyway.
        (None, "en;q=0.5, ta ; q=0.9", ("Tamil", "English")),
        ("hi-IN", "en, ta;q=0.9", ("Hindi", "English", "Tamil")),
        ("fr", "en;q=1.000, de;q=0, es;q=0.", ("French", "English")),
        ("zh-Hant-TW", "yue, cmn", ("Chinese",)),
        ("nb-NO", "nn, no, iw;q=0.3, in;q=0.2", ("Norwegian", "Hebrew", "Indonesian")),
        ("pt_BR", "PT-pt;Q=0.9", ("Portuguese",)),
        # More than MAX_FIRST.
        (None, "ja, ko, zh, vi", ("Japanese", "Korean", "Chinese")),
        ("tlh", "*;q=0.5, cs, x-klingon", ()),
        (None, "", ()),
        (None, "de;q=2, de;q=-1, de;q=nan, de;level=1, ;q=0.5, de;q=0.1234, <script>", ()),
    ],
)
def test_a_browser_says_which_languages_come_first(
    locale: str | None, accepted: str, found: tuple[str, ...]
) -> None:
    assert languages_of(locale, accepted) == found


def test_only_the_first_tags_of_a_browser_are_read() -> None:
    assert languages_of(None, ",".join(["cs"] * (MAX_TAGS - 1) + ["de"])) == ("German",)
    assert languages_of(None, ",".join(["cs"] * MAX_TAGS + ["de"])) == ()
    assert languages_of("de-" + "x" * MAX_TAG_LENGTH * 1000) == ("German",)
    assert len(languages_of(None, "ja, ko, zh, vi")) == MAX_FIRST


@given(locale=st.text(max_size=40) | st.none(), accepted=st.text(max_size=200))
def test_whatever_a_browser_says_the_languages_are_of_the_table(
    locale: str | None, accepted: str
) -> None:
    assert set(languages_of(locale, accepted)) <= set(LANGUAGES)
