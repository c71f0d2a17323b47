"""Spotify is not asked again for what it answered lately."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from recommender.db.response_cache import ResponseCache
from recommender.db.tables import CachedAnswerRow
from recommender.errors import SourceError
from recommender.settings import settings_from
from recommender.spotify.client import KEPT_FOR
from recommender.spotify.source import SpotifySource
from recommender.types import Mood, Query, Track
from recommender.wiring import open_engine
from tests.fakes.spotify import FakeSpotify, FaultPlan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.fakes.clock import Clock

QUERY = Query(Mood(0.8, 0.7), "happy", count=5)


@pytest.fixture
def engine(with_tables: str | None, one_song: Path, tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(tmp_path, url=with_tables, starter=one_song / "starter.csv")
    yield opened
    opened.dispose()


@pytest.fixture
def fake() -> Iterator[FakeSpotify]:
    with FakeSpotify() as server:
        yield server


def ask(source: SpotifySource, query: Query = QUERY) -> list[Track]:
    return source.search(query, deadline=time.monotonic() + 5)


def test_while_an_answer_is_fresh_nothing_is_sent(
    engine: Engine, fake: FakeSpotify, clock: Clock
) -> None:
    settings = settings_from(fake.environ)
    first = ask(SpotifySource(settings, ResponseCache(engine, now=clock)))
    assert first
    sent = len(fake.asked)
    # Another process, later.
    clock.at += KEPT_FOR - timedelta(minutes=1)
    again = SpotifySource(settings, ResponseCache(engine, now=clock))
    assert ask(again) == first
    assert len(fake.asked) == sent
    clock.at += timedelta(minutes=2)
    assert ask(again) == first
    assert len(fake.asked) > sent


def test_what_is_fresh_is_found_while_spotify_is_down(engine: Engine, fake: FakeSpotify) -> None:
    source = SpotifySource(settings_from(fake.environ), ResponseCache(engine))
    first = ask(source)
    fake.plan = FaultPlan(search="500")
    with pytest.raises(SourceError):
        ask(source, Query(Mood(-0.6, 0.3), "sad"))
    assert ask(source) == first


def test_an_answer_that_is_nonsense_is_not_kept(engine: Engine, fake: FakeSpotify) -> None:
    answers = ResponseCache(engine)
    source = SpotifySource(settings_from(fake.environ), answers)
    fake.plan = FaultPlan(search="wrong shape")
    with pytest.raises(SourceError):
        ask(source)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(CachedAnswerRow)) == 0
