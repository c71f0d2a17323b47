"""The requests of one search run side by side, and each counts for itself."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from recommender.deadline import most_severe
from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, SourceError, Unavailable
from recommender.settings import settings_from
from recommender.spotify.queries import plan_requests
from recommender.spotify.source import SpotifySource
from recommender.types import Mood, Query
from tests.fakes import spotify as fakes
from tests.fakes.spotify import FakeSpotify, FaultPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = ("Tamil", "Korean", "Spanish", "Hindi", "Japanese")
QUERY = Query(Mood(0.8, 0.7), "happy", languages=LANGUAGES, count=20)


@pytest.fixture
def fake() -> Iterator[FakeSpotify]:
    with FakeSpotify() as server:
        yield server


def test_five_requests_are_under_way_at_once(
    fake: FakeSpotify, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(len(plan_requests(QUERY)))

    def wait_for_all(handler: fakes._Handler) -> None:
        together.wait(5)
        answer = fakes.answer_for(fake.base, handler.path, 10, 0)
        handler.send_packed(answer)

    monkeypatch.setitem(fakes.FAULTS, "wait for all", wait_for_all)  # type: ignore[arg-type]
    fake.plan = FaultPlan(search="wait for all")
    assert SpotifySource(settings_from(fake.environ)).search(QUERY, deadline=time.monotonic() + 5)
    assert together.n_waiting == 0
    assert len(fake.searches) == 5
    assert len(fake.tokens) == 1


def test_songs_of_some_requests_come_though_others_are_refused_and_that_is_remembered(
    fake: FakeSpotify,
) -> None:
    fake.plan = FaultPlan(search="429 int", after=3)
    source = SpotifySource(settings_from(fake.environ))
    assert source.search(QUERY, deadline=time.monotonic() + 5)
    with pytest.raises(RateLimited):
        source.search(QUERY, deadline=time.monotonic() + 5)
    assert len(fake.searches) == 5


def test_of_several_failures_the_one_that_holds_for_longest_is_told() -> None:
    failures: list[SourceError] = [
        Unavailable("a"),
        RateLimited("b", 5),
        RateLimited("c", 90),
        RateLimited("d"),
    ]
    assert str(most_severe(failures)) == "c"
    assert str(most_severe([*failures, QuotaExceeded("e")])) == "e"
    assert str(most_severe([NotAuthorised("f"), *failures, QuotaExceeded("e")])) == "f"
    assert most_severe([]) is None


def test_more_repeats_neither_a_song_nor_a_request(fake: FakeSpotify) -> None:
    source = SpotifySource(settings_from(fake.environ))
    shown = [
        track.source_id
        for page in range(4)
        for track in source.search(
            Query(QUERY.target, "happy", LANGUAGES, count=20, page=page),
            deadline=time.monotonic() + 5,
        )
    ]
    assert len(shown) == len(set(shown)) > 20
    asked = [tuple(sorted(search.query.items())) for search in fake.searches]
    assert len(asked) == len(set(asked)) == 4 * 5
