"""What the account's pages compute without Streamlit: the browser's word, names, counts."""

from __future__ import annotations

import os
from datetime import date

import pytest

from pages.ui.browser import word_of
from pages.ui.connection import _is_same_site
from pages.ui.saving import _what_goes_in, default_name


def cookie(word: bytes, mask: bytes) -> str:
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(word))
    return f"2|{mask.hex()}|{masked.hex()}|1790000000"


def test_the_browsers_word_is_the_same_under_every_mask() -> None:
    word = os.urandom(16)
    words = {word_of(cookie(word, os.urandom(4))) for _ in range(20)}
    assert len(words) == 1
    assert word.hex() not in words.pop()
    assert word_of(f'"{cookie(word, b"1234")}"') == word_of(cookie(word, b"5678"))


def test_another_browser_has_another_word() -> None:
    mask = os.urandom(4)
    assert word_of(cookie(os.urandom(16), mask)) != word_of(cookie(os.urandom(16), mask))


@pytest.mark.parametrize("value", ["", "2|", "1|aa|bb|3", "2|0000|00|0", "x" * 5000, "2|zz|zz|1"])
def test_what_is_not_streamlits_cookie_is_nobodys_word(value: str) -> None:
    assert word_of(value) == ""


def test_streamlit_unmasks_its_cookie_to_the_same_word() -> None:
    from streamlit.web.server.starlette import starlette_app_utils as theirs

    word = os.urandom(16)
    assert theirs.decode_xsrf_token_string(cookie(word, b"abcd"))[0] == word
    one, two = (word_of(theirs.generate_xsrf_token_string(word)) for _ in range(2))
    assert one == two != ""


def test_a_playlist_is_called_by_mood_and_date() -> None:
    assert default_name("happy", date(2026, 11, 5)) == "Moodring · happy · 5 November 2026"


@pytest.mark.parametrize(
    ("count", "shown", "sentence"),
    [
        (0, 9, "None of these songs is known to be on Spotify, so there is nothing to save."),
        (9, 9, "A private playlist with 9 songs in your Spotify account."),
        (
            1,
            2,
            "A private playlist with one song in your Spotify account. "
            "One more is not known to be on Spotify and stays out.",
        ),
        (
            7,
            9,
            "A private playlist with 7 songs in your Spotify account. "
            "2 more are not known to be on Spotify and stay out.",
        ),
    ],
)
def test_songs_that_cannot_be_saved_are_spoken_of(count: int, shown: int, sentence: str) -> None:
    assert _what_goes_in(count, shown) == sentence


def test_a_visitor_must_be_where_spotify_sends_them_back_to() -> None:
    home = "http://127.0.0.1:8501/"
    assert _is_same_site("http://127.0.0.1:8501/?goal=x", home)
    assert _is_same_site(None, home)
    assert not _is_same_site("http://localhost:8501/", home)
    assert not _is_same_site("http://127.0.0.1:8502/", home)
