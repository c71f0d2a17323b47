"""Every way in which Spotify can fail: songs from elsewhere and one honest sentence, in time."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest

from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, SourceError, Unavailable
from recommender.service import SPOTIFY_BUDGET_S, TOTAL_BUDGET_S, Recommendation, recommend
from recommender.settings import settings_from
from recommender.spotify.queries import MAX_REQUESTS, MIN_REQUESTS
from recommender.spotify.source import SpotifySource
from recommender.types import Mood, Query, SourceName
from tests.busy import LATE_S
from tests.fakes.sources import ListSource, fake_tracks
from tests.fakes.spotify import CLIENT_SECRET, FAULTS, FakeSpotify, FaultPlan, nobody_there
from tests.said import notice_of

if TYPE_CHECKING:
    from collections.abc import Mapping

QUERY = Query(Mood(0.8, 0.7), "happy", count=6)
SLOW = {name for name in FAULTS if name.startswith(("stall", "drip"))}
# What only an answer with a token can get wrong.
OF_TOKENS = {name for name in FAULTS if name.startswith("token")}
# Stands for an address where nobody listens.
REFUSED = FaultPlan()

PLANS: Mapping[str, FaultPlan] = {
    **{f"search: {name}": FaultPlan(search=name) for name in FAULTS if name not in OF_TOKENS},
    **{f"token: {name}": FaultPlan(token=name) for name in FAULTS},
    "refused": REFUSED,
}

EXPECTED: Mapping[str, type[SourceError]] = {
    **{
        f"{where}: {name}": kind
        for where in ("search", "token")
        for name in FAULTS
        for start, kind in (
            ("401", NotAuthorised),
            ("403", NotAuthorised),
            ("429", RateLimited),
            ("quota", QuotaExceeded),
        )
        if name.startswith(start)
    },
    "token: bad client": NotAuthorised,
}


class Cell(NamedTuple):
    answer: Recommendation
    seconds: float
    again: SourceError | None
    asked_again: int


def run(plan: FaultPlan) -> Cell:
    """Ask once with the real budget, and a second time to see what was remembered."""
    with FakeSpotify(plan=plan) as fake:
        base = nobody_there() if plan is REFUSED else fake.base
        addresses = {"MOODRING_SPOTIFY_API": base, "MOODRING_SPOTIFY_ACCOUNTS": base}
        source = SpotifySource(settings_from({**fake.environ, **addresses}))
        start = time.monotonic()
        answer = recommend(QUERY, [source, ListSource(fake_tracks(9))])
        seconds = time.monotonic() - start
        asked = len(fake.asked)
        again = None
        try:
            source.search(QUERY, deadline=time.monotonic() + 0.3)
        except SourceError as error:
            again = error
        return Cell(answer, seconds, again, len(fake.asked) - asked)


@pytest.fixture(scope="module")
def cells() -> dict[str, Cell]:
    # The slow ones do nothing but wait, so they wait together; the rest come one by one, each
    # with the processor to itself.
    slow = [name for name, plan in PLANS.items() if SLOW & {plan.search, plan.token}]
    with ThreadPoolExecutor(len(slow)) as pool:
        done = dict(zip(slow, pool.map(run, [PLANS[name] for name in slow]), strict=True))
    return {**done, **{name: run(plan) for name, plan in PLANS.items() if name not in done}}


@pytest.mark.parametrize("name", PLANS)
def test_songs_come_from_elsewhere_and_that_is_said_within_three_seconds(
    cells: dict[str, Cell], name: str
) -> None:
    cell = cells[name]
    assert [tile.track.source for tile in cell.answer.tiles] == [SourceName.CATALOGUE] * 6
    notice = notice_of(cell.answer)
    assert notice.startswith(("Spotify ", "The allowance of this Spotify key "))
    assert notice.endswith(" These songs come from Moodring's own catalogue.")
    assert notice.count(".") == 2
    assert "http" not in notice
    assert TOTAL_BUDGET_S < 3
    assert cell.seconds < 3 + LATE_S


@pytest.mark.parametrize("name", PLANS)
def test_the_failure_is_called_by_its_name(cells: dict[str, Cell], name: str) -> None:
    assert type(cells[name].again) is EXPECTED.get(name, Unavailable)


@pytest.mark.parametrize("name", EXPECTED)
def test_after_a_refusal_nothing_more_is_asked(cells: dict[str, Cell], name: str) -> None:
    assert cells[name].asked_again == 0


@pytest.mark.parametrize("name", [name for name, plan in PLANS.items() if SLOW & {plan.search}])
def test_the_slow_ones_use_the_budget_up_and_no_more(cells: dict[str, Cell], name: str) -> None:
    assert cells[name].seconds > SPOTIFY_BUDGET_S - 0.2


def test_no_wire_and_no_thread_outlives_a_drip() -> None:
    with FakeSpotify(plan=FaultPlan(search="drip of headers")) as fake:
        source = SpotifySource(settings_from(fake.environ))
        before = {thread for thread in threading.enumerate() if thread.name == "bulkhead"}
        with pytest.raises(Unavailable):
            source.search(QUERY, deadline=time.monotonic() + 0.4)
        ours = {t for t in threading.enumerate() if t.name == "bulkhead"} - before
        for thread in ours:
            thread.join(1)
            assert not thread.is_alive()


def test_what_came_before_the_failure_is_kept() -> None:
    with FakeSpotify(plan=FaultPlan(search="stall", after=1)) as fake:
        source = SpotifySource(settings_from(fake.environ))
        start = time.monotonic()
        tracks = source.search(QUERY, deadline=start + 0.6)
        assert time.monotonic() - start < 0.6 + LATE_S
        assert len(tracks) == QUERY.count


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ("429 int", 20_000),
        ("429 date", 90),
        ("429 huge", 24 * 3600),
        ("429 negative", 5),
        ("429 absent", 5),
        ("429 nonsense", 5),
    ],
)
def test_a_pause_is_kept_as_long_as_asked(
    fault: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeSpotify(plan=FaultPlan(search=fault)) as fake:
        source = SpotifySource(settings_from(fake.environ))
        clock = time.monotonic
        with pytest.raises(RateLimited):
            source.search(QUERY, deadline=clock() + 5)
        asked = len(fake.searches)
        fake.plan = FaultPlan()
        with pytest.raises(RateLimited) as remembered:
            source.search(QUERY, deadline=clock() + 5)
        assert remembered.value.retry_after == pytest.approx(seconds, abs=2)
        assert len(fake.searches) == asked
        monkeypatch.setattr(time, "monotonic", lambda: clock() + seconds + 1)
        assert source.search(QUERY, deadline=time.monotonic() + 5)


def test_an_outage_is_not_held_against_spotify() -> None:
    with FakeSpotify(plan=FaultPlan(search="502")) as fake:
        source = SpotifySource(settings_from(fake.environ))
        with pytest.raises(Unavailable):
            source.search(QUERY, deadline=time.monotonic() + 5)
        fake.plan = FaultPlan()
        assert source.search(QUERY, deadline=time.monotonic() + 5)


def test_one_token_serves_many_searches() -> None:
    with FakeSpotify() as fake:
        source = SpotifySource(settings_from(fake.environ))
        for _ in range(3):
            assert source.search(QUERY, deadline=time.monotonic() + 5)
        assert len(fake.tokens) == 1


def test_every_search_says_its_market_and_keeps_to_ten() -> None:
    with FakeSpotify() as fake:
        source = SpotifySource(settings_from(fake.environ))
        query = Query(QUERY.target, "calm", languages=("Tamil", "Korean"), count=30)
        source.search(query, deadline=time.monotonic() + 5)
        assert {asked.query["market"] for asked in fake.searches} == {"IN", "KR"}
        assert {asked.query["limit"] for asked in fake.searches} == {"10"}
        assert MIN_REQUESTS <= len(fake.searches) <= MAX_REQUESTS


@pytest.mark.parametrize("plan", [FaultPlan(), FaultPlan(search="401"), FaultPlan(token="401")])
def test_neither_secret_nor_token_is_ever_logged(
    plan: FaultPlan, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with FakeSpotify(plan=plan) as fake:
        source = SpotifySource(settings_from(fake.environ))
        with contextlib.suppress(SourceError):
            source.search(QUERY, deadline=time.monotonic() + 5)
        headers = {asked.authorization.partition(" ")[2] for asked in fake.asked}
        for secret in (CLIENT_SECRET, *fake.tokens, *headers):
            assert secret not in caplog.text
