"""Deezer's songs, against the fake Deezer: what is asked, how often, what is kept, every fault."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from recommender.db.response_cache import ResponseCache
from recommender.db.tables import CachedAnswerRow
from recommender.deadline import CircuitBreaker
from recommender.deezer import client
from recommender.deezer.client import MAX_WORDS, PAUSE_S, Deezer, TokenBucket
from recommender.errors import RateLimited, SourceError, Unavailable
from recommender.settings import settings_from
from recommender.types import SourceName, Track
from tests.busy import LATE_S
from tests.fakes.deezer import FAULTS, GRANTED, FakeDeezer
from tests.fakes.spotify import nobody_there

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.fakes.clock import Clock

HALO = Track("Fake Halo", ("Fake Artist",), SourceName.CATALOGUE, "1")
PATIENCE_S = 5.0
SLOW = {name for name in FAULTS if name.startswith(("stall", "drip"))}
HASTE = {"quota", "busy", "403", "429"}


@pytest.fixture
def fake() -> Iterator[FakeDeezer]:
    with FakeDeezer() as server:
        yield server


def deezer_at(fake: FakeDeezer, answers: ResponseCache | None = None) -> Deezer:
    return Deezer(settings_from(fake.environ), answers, bucket=TokenBucket())


def soon(patience_s: float = PATIENCE_S) -> float:
    return time.monotonic() + patience_s


def test_the_song_is_found_by_free_words_and_not_its_versions(fake: FakeDeezer) -> None:
    match = deezer_at(fake).find(HALO, deadline=soon())
    assert match is not None
    song = fake.known[match.number]
    assert (song["title"], song["artist"]["name"]) == ("Fake Halo", "Fake Artist")
    assert (match.link, match.cover_url) == (song["link"], song["album"]["cover_big"])
    assert fake.asked == ["/search?q=Fake+Artist+Fake+Halo&limit=10"]
    # As the real one today.
    assert fake.found('artist:"Fake Artist" track:"Fake Halo"') == []


@pytest.mark.parametrize("title", ["Nobody", "Karaoke"])
def test_a_song_that_deezer_has_not_is_none(fake: FakeDeezer, title: str) -> None:
    song = Track(title, ("Fake Artist",), SourceName.CATALOGUE, "1")
    assert deezer_at(fake).find(song, deadline=soon()) is None


def test_the_longest_title_is_no_longer_search_than_allowed(fake: FakeDeezer) -> None:
    song = Track("\udc80" + "x" * 499, ("y" * 100,), SourceName.CATALOGUE, "1")
    deezer_at(fake).find(song, deadline=soon())
    assert len(fake.asked[0]) < MAX_WORDS + len("/search?q=&limit=10") + 10


def test_ids_and_covers_are_kept_for_a_day_and_no_preview(
    fake: FakeDeezer, local_engine: Engine, clock: Clock
) -> None:
    deezer = deezer_at(fake, ResponseCache(local_engine, now=clock))
    nobody = Track("Nobody", ("Fake Artist",), SourceName.CATALOGUE, "2")
    match = deezer.find(HALO, deadline=soon())
    assert deezer.find(HALO, deadline=soon()) == match is not None
    assert deezer.find(nobody, deadline=soon()) is deezer.find(nobody, deadline=soon()) is None
    assert len(fake.asked) == 2
    # Another length may be another song.
    deezer.find(HALO, deadline=soon(), seconds=205.0)
    assert len(fake.asked) == 3
    assert deezer.preview(match.number, deadline=soon())
    with local_engine.connect() as connection:
        rows = connection.execute(select(CachedAnswerRow.request, CachedAnswerRow.answer)).all()
    assert len(rows) == 3
    kept = {"number": match.number, "cover": match.cover_url, "preview": True}
    assert kept in [json.loads(answer) for _, answer in rows]
    assert "cdnt-preview" not in str(rows)
    assert ".mp3" not in str(rows)
    clock.at += timedelta(days=1)
    deezer.find(HALO, deadline=soon())
    assert len(fake.asked) == 5


def test_a_preview_is_fetched_anew_at_each_press(fake: FakeDeezer) -> None:
    deezer = deezer_at(fake)
    match = deezer.find(HALO, deadline=soon())
    assert match is not None
    one, other = (deezer.preview(match.number, deadline=soon()) for _ in range(2))
    assert one is not None
    assert one.startswith("https://cdnt-preview.dzcdn.net/")
    assert one != other
    assert fake.asked[1:] == [f"/track/{match.number}"] * 2
    silent = deezer.find(Track("Silent", ("Fake Artist",), HALO.source, "3"), deadline=soon())
    assert silent is not None
    assert (match.has_preview, silent.has_preview) == (True, False)
    assert deezer.preview(silent.number, deadline=soon()) is None
    assert deezer.preview(404, deadline=soon()) is None


def test_all_clients_of_the_process_together_keep_below_the_rate(fake: FakeDeezer) -> None:
    assert deezer_at(fake)._bucket is not client.BUCKET
    one, other = (Deezer(settings_from(fake.environ)) for _ in range(2))
    assert one._bucket is other._bucket is client.BUCKET
    assert client.BURST + 5 * client.A_SECOND < GRANTED
    # The bucket would have to give more than it may by the deadline.
    bucket = TokenBucket(2, 0.001)
    deezer = Deezer(settings_from(fake.environ), bucket=bucket)
    for number in (1, 2):
        deezer.preview(number, deadline=soon())
    with pytest.raises(RateLimited, match="left alone"):
        deezer.preview(3, deadline=soon())
    assert len(fake.asked) == 2


def test_the_fake_refuses_haste_as_deezer_does(fake: FakeDeezer) -> None:
    deezer = Deezer(settings_from(fake.environ), bucket=TokenBucket(GRANTED + 1, 1.0))
    for number in range(1, GRANTED + 1):
        deezer.preview(number, deadline=soon())
    with pytest.raises(RateLimited):
        deezer.preview(1, deadline=soon())


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "no data"])
def test_every_fault_is_one_sentence_in_time(fake: FakeDeezer, fault: str) -> None:
    fake.fault = fault
    deezer = deezer_at(fake)
    began, patience_s = time.monotonic(), 0.5 if fault in SLOW else PATIENCE_S
    with pytest.raises(RateLimited if fault in HASTE else Unavailable, match=r"^Deezer .*\.$"):
        deezer.find(HALO, deadline=began + patience_s)
    assert time.monotonic() - began < patience_s + LATE_S
    asked = len(fake.asked)
    fake.fault = None
    if fault in HASTE:
        with pytest.raises(RateLimited) as refused:
            deezer.find(HALO, deadline=soon())
        assert 0 < (refused.value.retry_after or 0) <= PAUSE_S
        assert len(fake.asked) == asked
        deezer._breaker = CircuitBreaker(PAUSE_S, PAUSE_S)
    assert deezer.find(HALO, deadline=soon()) is not None


def test_no_data_is_no_fault(fake: FakeDeezer) -> None:
    fake.fault = "no data"
    assert deezer_at(fake).find(HALO, deadline=soon()) is None


def test_nobody_there_is_a_sentence(tmp_path: Path) -> None:
    settings = settings_from(
        {"MOODRING_DEEZER_API": nobody_there(), "MOODRING_DATA_DIR": str(tmp_path)}
    )
    with pytest.raises(SourceError, match="Deezer could not be asked"):
        Deezer(settings, bucket=TokenBucket()).find(HALO, deadline=soon())
