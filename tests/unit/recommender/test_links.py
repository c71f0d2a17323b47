"""Links to songs lead where their ids say, and nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.types import (
    LINK_HOSTS,
    MAX_DEEZER_ID,
    Place,
    deezer_link,
    spotify_id,
    spotify_link,
    spotify_search,
    spotify_track_id,
    youtube_search,
)

ID = "5awDvzxWfd53SSrsRZ8pXO"


def test_a_track_has_a_page_and_its_page_an_id() -> None:
    link = spotify_link("track", ID)
    assert link == f"https://open.spotify.com/track/{ID}"
    assert spotify_track_id(link) == ID
    assert spotify_link("playlist", ID) == f"https://open.spotify.com/playlist/{ID}"


@pytest.mark.parametrize("word", [None, 7, "", ID[1:], f"{ID}x", f"{ID[1:]}/", f"{ID}\n", "é" * 22])
def test_only_an_id_becomes_a_link(word: object) -> None:
    assert spotify_id(word) is None
    assert spotify_link("track", word) is None


@pytest.mark.parametrize(
    "link",
    [
        None,
        "",
        f"http://open.spotify.com/track/{ID}",
        f"https://open.spotify.com/album/{ID}",
        f"https://open.spotify.com/track/{ID}?si=1",
        f"https://open.spotify.com.example.org/track/{ID}",
    ],
)
def test_another_address_is_no_tracks(link: str | None) -> None:
    assert spotify_track_id(link) is None


def test_only_a_whole_number_is_a_song_of_deezers() -> None:
    assert deezer_link(3135556) == "https://www.deezer.com/track/3135556"
    for bad in (None, "1", 1.0, True, 0, -1, MAX_DEEZER_ID + 1):
        assert deezer_link(bad) is None


@given(st.text(st.characters(codec=None)), st.sampled_from(Place))
def test_a_search_elsewhere_leads_nowhere_but_there(words: str, place: Place) -> None:
    parts = urlsplit(place.search(words))
    assert (parts.scheme, parts.netloc in LINK_HOSTS, parts.fragment) == ("https", True, "")
    assert place.search(words).isascii()
    assert len(parts.query.split("&")) == 1
    assert place.brand[0].isupper()


@given(st.text(st.characters(codec=None)))
def test_words_of_a_search_stay_words(words: str) -> None:
    assert spotify_search(words).removeprefix("https://open.spotify.com/search/").isascii()
    rest = youtube_search(words).removeprefix("https://www.youtube.com/results?search_query=")
    assert rest.isascii()
    assert not set(rest) & set("&=#/? ")
