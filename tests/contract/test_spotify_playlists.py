"""Playlists from the fake Spotify: asked once, kept, and never instead of an error."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from recommender.db.response_cache import ResponseCache
from recommender.errors import NotAuthorised, Unavailable
from recommender.settings import settings_from
from recommender.spotify.source import SpotifySource
from recommender.spotify.translate import MAX_PLAYLISTS, MoodPlaylist
from recommender.types import Mood, Query
from recommender.wiring import open_engine
from tests.fakes.spotify import FakeSpotify, FaultPlan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUERY = Query(Mood(-0.6, 0.3), "sad", languages=("Tamil",))


@pytest.fixture
def fake() -> Iterator[FakeSpotify]:
    with FakeSpotify() as server:
        yield server


def ask(source: SpotifySource, *, within_s: float = 5.0) -> list[MoodPlaylist]:
    return source.playlists(QUERY, deadline=time.monotonic() + within_s)


def test_one_request_brings_a_few_playlists_with_names_and_links(fake: FakeSpotify) -> None:
    source = SpotifySource(settings_from(fake.environ))
    found = ask(source)
    assert 3 <= len(found) <= MAX_PLAYLISTS
    for playlist in found:
        assert re.fullmatch(r"https://open\.spotify\.com/playlist/[0-9A-Za-z]{22}", playlist.url)
        assert playlist.name.startswith("Fake Playlist")
    (asked,) = fake.searches
    assert dict(asked.query) == {
        "q": "sad tamil",
        "type": "playlist",
        "market": "IN",
        "limit": "10",
        "offset": "0",
    }


def test_they_are_kept_like_songs(fake: FakeSpotify, tmp_path: Path) -> None:
    engine = open_engine(tmp_path)
    answers = ResponseCache(engine)
    source = SpotifySource(settings_from(fake.environ), answers)
    first = ask(source)
    assert ask(source) == first
    assert len(fake.searches) == 1
    engine.dispose()


@pytest.mark.parametrize("fault", ["wrong shape", "500", "bad JSON", "stall"])
def test_a_failure_is_no_empty_answer(fake: FakeSpotify, fault: str) -> None:
    fake.plan = FaultPlan(search=fault)
    source = SpotifySource(settings_from(fake.environ))
    with pytest.raises(Unavailable):
        ask(source, within_s=0.5)


def test_a_refusal_holds_for_songs_as_well(fake: FakeSpotify) -> None:
    fake.plan = FaultPlan(search="403 text")
    source = SpotifySource(settings_from(fake.environ))
    with pytest.raises(NotAuthorised, match="Premium"):
        ask(source)
    with pytest.raises(NotAuthorised, match="Premium"):
        source.search(QUERY, deadline=time.monotonic() + 5)
    assert len(fake.searches) == 1
