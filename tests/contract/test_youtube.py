"""The exact video, against the fake YouTube: what is asked, what is kept, and every fault."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from recommender.db.response_cache import ResponseCache
from recommender.db.tables import Base
from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, SourceError, Unavailable
from recommender.settings import settings_from
from recommender.types import SourceName, Track
from recommender.wiring import open_catalogue
from recommender.youtube import client, videos
from recommender.youtube.videos import PAUSE_S, SEARCHES_A_DAY, YouTube
from tests.busy import LATE_S
from tests.fakes.spotify import nobody_there
from tests.fakes.youtube import FAULTS, KEY, FakeYouTube, video_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.fakes.clock import Clock

HALO = Track("Fake Halo", ("Fake Beyoncé",), SourceName.CATALOGUE, "1")
PATIENCE_S = 5.0
SLOW = {name for name in FAULTS if name.startswith(("stall", "drip"))}
EXPECTED: dict[str, type[SourceError]] = {
    "quota": QuotaExceeded,
    "quota of the day": QuotaExceeded,
    "too fast": RateLimited,
    "bad key": NotAuthorised,
    "bad key, old": NotAuthorised,
    "not allowed": NotAuthorised,
    "403 text": NotAuthorised,
}


@pytest.fixture
def fake() -> Iterator[FakeYouTube]:
    with FakeYouTube() as server:
        yield server


@pytest.fixture
def finder(fake: FakeYouTube, local_engine: Engine, clock: Clock) -> YouTube:
    kept = ResponseCache(local_engine, now=clock)
    return YouTube(settings_from(fake.environ), local_engine, kept, now=clock)


def find(finder: YouTube, track: Track = HALO, patience_s: float = PATIENCE_S) -> str | None:
    return finder.find_video(
        track, region="DE", language="de", deadline=time.monotonic() + patience_s
    )


def test_the_first_video_of_the_song_is_found(finder: YouTube, fake: FakeYouTube) -> None:
    words = "Fake Halo Fake Beyoncé"
    assert find(finder) == f"https://www.youtube.com/watch?v={video_of(words)}"
    (asked,) = fake.asked
    assert asked["q"] == words
    assert asked["key"] == KEY
    assert (asked["type"], asked["videoCategoryId"]) == ("video", "10")
    assert (asked["regionCode"], asked["relevanceLanguage"]) == ("DE", "de")
    assert int(asked["maxResults"]) <= videos.MAX_RESULTS


def test_region_and_language_may_be_unknown(finder: YouTube, fake: FakeYouTube) -> None:
    deadline = time.monotonic() + PATIENCE_S
    assert finder.find_video(HALO, region=None, language=None, deadline=deadline)
    assert not {"regionCode", "relevanceLanguage"} & set(fake.asked[0])


def test_the_longest_title_is_no_longer_search_than_allowed(
    finder: YouTube, fake: FakeYouTube
) -> None:
    find(finder, Track("x" * 500, ("y" * 500,), SourceName.CATALOGUE, "1"))
    assert len(fake.asked[0]["q"]) == videos.MAX_TEXT


def test_what_was_found_is_kept_for_a_day(finder: YouTube, fake: FakeYouTube, clock: Clock) -> None:
    assert find(finder) == find(finder)
    assert len(fake.asked) == 1
    assert finder.left() == SEARCHES_A_DAY - 1
    clock.at += timedelta(days=1)
    find(finder)
    assert len(fake.asked) == 2


@pytest.mark.parametrize("artist", ["Nobody", "Karaoke"])
def test_that_nothing_fits_is_kept_too(finder: YouTube, fake: FakeYouTube, artist: str) -> None:
    track = Track("Fake Song", (artist,), SourceName.CATALOGUE, "1")
    assert [find(finder, track), find(finder, track)] == [None, None]
    assert len(fake.asked) == 1


def test_without_a_place_to_keep_them_answers_are_asked_again(
    fake: FakeYouTube, local_engine: Engine
) -> None:
    finder = YouTube(settings_from(fake.environ), local_engine)
    assert find(finder) == find(finder)
    assert len(fake.asked) == 2


def test_the_day_begins_at_midnight_in_california(finder: YouTube, clock: Clock) -> None:
    find(finder)
    clock.at = datetime(2026, 11, 21, 7, 59, 59, tzinfo=UTC)
    assert finder.left() == SEARCHES_A_DAY - 1
    clock.at += timedelta(seconds=1)
    assert finder.left() == SEARCHES_A_DAY


def test_a_spent_budget_sends_nothing(
    finder: YouTube, fake: FakeYouTube, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finder._quota, "limit", 2)
    for number in range(2):
        find(finder, Track(f"Fake Song {number}", ("Fake",), SourceName.CATALOGUE, "1"))
    with pytest.raises(QuotaExceeded, match="used up"):
        find(finder)
    assert len(fake.asked) == 2
    assert finder.left() == 0


def test_the_budget_is_googles_hundred_a_day() -> None:
    assert SEARCHES_A_DAY == 100


def test_after_googles_own_refusal_nobody_asks_before_the_next_day(
    finder: YouTube, fake: FakeYouTube, local_engine: Engine, clock: Clock
) -> None:
    fake.fault = "quota"
    with pytest.raises(QuotaExceeded):
        find(finder)
    fake.fault = None
    kept = ResponseCache(local_engine, now=clock)
    other = YouTube(settings_from(fake.environ), local_engine, kept, now=clock)
    with pytest.raises(QuotaExceeded):
        find(other)
    assert (len(fake.asked), other.left()) == (1, 0)
    clock.at += timedelta(days=1)
    assert find(other)


@pytest.mark.parametrize("fault", ["bad key", "bad key, old", "not allowed"])
def test_a_refused_key_is_not_tried_again(finder: YouTube, fake: FakeYouTube, fault: str) -> None:
    fake.fault = fault
    for _ in range(2):
        with pytest.raises(NotAuthorised):
            find(finder)
    assert len(fake.asked) == 1


def test_a_pause_is_kept(
    finder: YouTube, fake: FakeYouTube, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.fault = "too fast"
    for _ in range(2):
        with pytest.raises(RateLimited):
            find(finder)
    assert len(fake.asked) == 1
    fake.fault = None
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + PAUSE_S)
    assert find(finder)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_one_sentence_in_time_and_without_the_key(
    finder: YouTube, fake: FakeYouTube, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fault = fault
    patience_s = 0.4 if fault in SLOW else PATIENCE_S
    start = time.monotonic()
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceError) as caught:
        find(finder, patience_s=patience_s)
    assert time.monotonic() - start < patience_s + LATE_S
    assert type(caught.value) is EXPECTED.get(fault, Unavailable)
    said = str(caught.value)
    assert (said.count("."), said[-1]) == (1, ".")
    assert "YouTube" in said
    assert KEY not in said + caplog.text
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_network_may_give_up_before_the_deadline(
    finder: YouTube, fake: FakeYouTube, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT_S", 0.1)
    fake.fault = "stall"
    start = time.monotonic()
    with pytest.raises(Unavailable, match="in time"):
        find(finder)
    assert time.monotonic() - start < PATIENCE_S / 2


def test_where_nobody_listens_youtube_is_unavailable(local_engine: Engine) -> None:
    settings = settings_from({"YOUTUBE_API_KEY": KEY, "MOODRING_YOUTUBE_API": nobody_there()})
    with pytest.raises(Unavailable, match="could not be reached"):
        find(YouTube(settings, local_engine))


def test_no_thread_outlives_a_drip(finder: YouTube, fake: FakeYouTube) -> None:
    fake.fault = "drip of headers"
    before = set(threading.enumerate())
    with pytest.raises(Unavailable):
        find(finder, patience_s=0.4)
    ours = [t for t in set(threading.enumerate()) - before if t.name == "bulkhead"]
    for thread in ours:
        thread.join(1)
        assert not thread.is_alive()


def test_without_the_database_nothing_is_asked(fake: FakeYouTube, tmp_path: Path) -> None:
    with closing(open_catalogue(tmp_path)) as catalogue:
        with catalogue.engine.begin() as connection:
            Base.metadata.tables["allowances"].drop(connection)
        with pytest.raises(Unavailable):
            find(YouTube(settings_from(fake.environ), catalogue.engine))
    assert fake.asked == []


def test_the_fake_refuses_what_youtube_refuses(fake: FakeYouTube) -> None:
    import requests

    def status(**query: str) -> int:
        words = {"key": KEY, "part": "snippet", "q": "x", **query}
        return requests.get(f"{fake.base}/youtube/v3/search", words, timeout=5).status_code

    assert status() == 200
    assert {
        status(**bad)
        for bad in (
            {"key": "wrong"},
            {"part": "id"},
            {"videoCategoryId": "10"},
            {"regionCode": "Germany"},
            {"relevanceLanguage": "german"},
            {"maxResults": "51"},
            {"order by": "date"},
        )
    } == {400}
