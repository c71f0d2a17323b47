"""Lines and figures of requests to sources: no title, name, key or token is in them."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import pytest

from recommender.deezer.client import Deezer, TokenBucket
from recommender.errors import SourceError
from recommender.settings import settings_from
from recommender.spotify.client import SpotifyClient
from recommender.types import SourceName, Track
from recommender.web import observed
from recommender.web.observed import JsonLines
from tests.fakes.deezer import FakeDeezer
from tests.fakes.spotify import CLIENT_ID, CLIENT_SECRET, FakeSpotify, nobody_there

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recommender.web.observed import SourceRequest

HOSTILE = 'canary\r\n{"source": "x"} ../v1/search <script>'
LATER_S = 5.0


@pytest.fixture
def seen() -> Iterator[list[SourceRequest]]:
    told: list[SourceRequest] = []
    observed.tell(told.append)
    yield told
    observed._observers.remove(told.append)


def song(title: str = HOSTILE) -> Track:
    return Track(title, (title,), SourceName.CATALOGUE, title)


def test_a_search_at_spotify_is_told_without_its_words_and_tokens(
    seen: list[SourceRequest], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, observed.LOGGER)
    with FakeSpotify() as fake:
        client = SpotifyClient(settings_from(fake.environ))
        asked = {"q": HOSTILE, "limit": 5, "offset": 0, "type": "track", "market": "US"}
        client.ask([asked], time.monotonic() + LATER_S)
    assert [(one.source, one.operation, one.outcome, one.status) for one in seen] == [
        ("spotify", "POST api/token", "ok", 200),
        ("spotify", "GET v1/search", "ok", 200),
    ]
    lines = [*caplog.messages, *map(JsonLines().format, caplog.records)]
    assert len(lines) == 4
    for line in lines:
        assert "\n" not in line
        for secret in ("canary", "script", CLIENT_ID, CLIENT_SECRET, "Bearer"):
            assert secret not in line


def test_a_failure_is_told_by_its_kind(
    seen: list[SourceRequest], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, observed.LOGGER)
    environ = {"MOODRING_DEEZER_API": nobody_there()}
    with pytest.raises(SourceError):
        Deezer(settings_from(environ), bucket=TokenBucket()).find(
            song(), deadline=time.monotonic() + LATER_S
        )
    (one,) = seen
    assert (one.source, one.operation, one.outcome, one.status) == (
        "deezer",
        "GET search",
        "Unavailable",
        0,
    )
    assert "canary" not in caplog.text


def test_ids_in_a_path_are_stars(seen: list[SourceRequest]) -> None:
    with FakeDeezer() as fake:
        deezer = Deezer(settings_from(fake.environ), bucket=TokenBucket())
        match = deezer.find(song("Fake Halo"), deadline=time.monotonic() + LATER_S)
        number = 1 if match is None else match.number
        deezer.preview(number, deadline=time.monotonic() + LATER_S)
    assert [one.operation for one in seen] == ["GET search", "GET track/*"]


@pytest.mark.parametrize(
    ("method", "address", "said"),
    [
        ("get", "https://x/v1/playlists/37i9canary/items?q=canary", "GET v1/playlists/*/items"),
        ("POST", "https://x/v1/turn/keys/canary/credentials/generate-ice-servers",
         "POST v1/turn/keys/*/credentials/generate-ice-servers"),
        ("GET", "https://x/canary%0Asearch", "GET *"),
        ("GET", "https://x", "GET *"),
    ],
)  # fmt: skip
def test_an_operation_is_made_of_known_words(method: str, address: str, said: str) -> None:
    assert observed.operation_of(method, address) == said
