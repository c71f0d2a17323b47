"""What the account's pages compute without Streamlit: names, counts, addresses."""

from __future__ import annotations

from datetime import date

import pytest

from pages.ui.tiles.saving import _what_goes_in, default_name
from pages.ui.visitor.spotify import _is_same_site


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
            "A private playlist with 1 song in your Spotify account. "
            "1 more is not known to be on Spotify and stays out.",
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
