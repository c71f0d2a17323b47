"""Things that processes share by the database: agreements, pauses, state, seats, one migration."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from recommender.db.app_state import (
    MAX_PAUSE_S,
    SharedPauses,
    claim_state,
    get_state,
    put_state,
    swap_state,
)
from recommender.db.backup import restore, save
from recommender.db.engine import make_engine, write_transaction
from recommender.db.processes import (
    FORGOTTEN_AFTER,
    LASTS,
    AgreementRow,
    Replicas,
    SharedAgreements,
)
from recommender.db.tables import Base, BatchRow, TrackRow
from recommender.deadline import CircuitBreaker, Pause
from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, Unavailable
from recommender.wiring import open_engine
from tests.e2e.driver import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AT_ONCE, PATIENCE_S = 3, 120
# Each says when it could begin, and begins when it is told to.
OPENING = """
import sys
from pathlib import Path
from recommender.wiring import open_engine
print("ready", flush=True)
sys.stdin.readline()
open_engine(Path(sys.argv[1]), url=sys.argv[2] or None).dispose()
"""


class Time:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def test_an_agreement_is_known_to_all_until_its_end(engine: Engine, time: Time) -> None:
    one, other = (SharedAgreements(engine, now=time) for _ in range(2))
    assert other.of("mine") is None
    ends_at = one.give("mine", "5")
    assert other.of("mine") == ("5", ends_at)
    assert other.of("theirs") is None
    assert other.standing({"mine", "theirs"}) == {"mine": ends_at}
    time.now += LASTS - SECOND
    assert other.of("mine") == ("5", ends_at)
    time.now += SECOND
    assert other.of("mine") is None
    assert other.standing({"mine"}) == {}
    one.give("next", "5")
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(AgreementRow)) == 1


def test_it_ends_for_all_when_it_is_withdrawn_and_a_new_one_is_another(
    engine: Engine, time: Time
) -> None:
    one, other = (SharedAgreements(engine, now=time) for _ in range(2))
    first = one.give("mine", "5")
    other.withdraw("mine")
    assert one.of("mine") is None
    time.now += SECOND
    assert other.give("mine", "6") != first
    assert one.of("mine") == ("6", first + 1000)


def test_many_browsers_are_looked_for_at_once(engine: Engine) -> None:
    shared = SharedAgreements(engine)
    shared.give("mine", "5")
    assert list(shared.standing([*map(str, range(1200)), "mine"])) == ["mine"]


def test_agreements_do_not_come_back_with_a_backup(engine: Engine, tmp_path: Path) -> None:
    shared = SharedAgreements(engine)
    shared.give("mine", "5")
    put_state(engine, "cookie-secret", "00")
    with engine.connect() as connection:
        save(connection, tmp_path / "kept.db")
    shared.withdraw("mine")
    restore(tmp_path / "kept.db", engine)
    assert shared.of("mine") is None
    assert get_state(engine, "cookie-secret") == "00"


def test_without_tables_one_kind_of_error_says_so(engine: Engine) -> None:
    shared = SharedAgreements(engine)
    Base.metadata.drop_all(engine)
    for ask in (
        lambda: shared.of("mine"),
        lambda: shared.give("mine", "5"),
        lambda: shared.withdraw("mine"),
        lambda: shared.standing({"mine"}),
    ):
        with pytest.raises(Unavailable):
            ask()
    pauses = SharedPauses(engine, "spotify")
    pauses.put(Pause(9.0, is_quota=False, message="spotify-pause"))
    assert pauses.get() is None


def test_processes_that_make_a_secret_at_once_get_the_same(engine: Engine) -> None:
    go = Barrier(AT_ONCE)

    def make(value: str) -> str:
        go.wait(PATIENCE_S)
        return claim_state(engine, "cookie-secret", value)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(make, map(str, range(AT_ONCE))))
    assert len(set(made)) == 1
    assert get_state(engine, "cookie-secret") == made[0]
    assert claim_state(engine, "cookie-secret", "late") == made[0]


def test_of_processes_that_change_a_value_at_once_one_succeeds(engine: Engine) -> None:
    put_state(engine, "claim", "")
    go = Barrier(AT_ONCE)

    def swap(value: str) -> bool:
        go.wait(PATIENCE_S)
        return swap_state(engine, "claim", "", value)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert sorted(pool.map(swap, map(str, range(AT_ONCE)))) == [False, False, True]


def breakers(engine: Engine, time: Time) -> tuple[CircuitBreaker, CircuitBreaker]:
    """Those of two processes."""
    one, other = (CircuitBreaker(5, 3600, SharedPauses(engine, "x", now=time)) for _ in range(2))
    return one, other


def test_a_pause_that_one_process_was_told_to_make_is_kept_by_all(
    engine: Engine, time: Time
) -> None:
    one, other = breakers(engine, time)
    other.check()
    one.record(RateLimited("spotify-pause", 90.0))
    with pytest.raises(RateLimited) as told:
        other.check()
    assert told.value.message.id == "spotify-pause"
    assert told.value.retry_after == pytest.approx(90, abs=1)
    time.now += timedelta(seconds=91)
    other.check()
    one.record(QuotaExceeded("spotify-quota"))
    with pytest.raises(QuotaExceeded):
        other.check()


def test_a_refused_key_is_each_process_own_matter(engine: Engine, time: Time) -> None:
    one, other = breakers(engine, time)
    one.record(NotAuthorised("spotify-bad-key"))
    other.check()
    with pytest.raises(NotAuthorised):
        one.check()


@pytest.mark.parametrize("kept", ["", "no JSON", "[]", '["x", 1, 2]', '[1e999, false, "x"]', "7"])
def test_what_is_no_pause_is_none(engine: Engine, kept: str) -> None:
    put_state(engine, "pause-x", kept)
    assert SharedPauses(engine, "x").get() is None


def test_a_pause_of_a_wrong_clock_is_none(engine: Engine, time: Time) -> None:
    pauses = SharedPauses(engine, "x", now=time)
    pauses.put(Pause(MAX_PAUSE_S, is_quota=False, message="spotify-pause"))
    assert pauses.get() is not None
    time.now -= SECOND
    assert pauses.get() is None


def test_processes_tell_one_another_how_many_seats_are_free(engine: Engine, time: Time) -> None:
    one, other = (Replicas(engine, name, now=time) for name in "ab")
    assert one.others() == {}
    one.tell(3)
    first = other.others()["a"]
    assert first.free == 3
    time.now += SECOND
    one.tell(2)
    second = other.others()["a"]
    assert (second.free, second.seen_at - first.seen_at) == (2, 1000)
    assert one.others() == {}
    other.tell(0)
    one.leave()
    assert other.others() == {}
    assert one.others()["b"].free == 0
    time.now += FORGOTTEN_AFTER + SECOND
    Replicas(engine, "c", now=time).tell(1)
    assert set(one.others()) == {"c"}


def test_of_three_processes_that_start_at_once_one_migrates(
    database: str | None, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    command = [sys.executable, "-c", OPENING, str(data_dir), database or ""]
    pipe = subprocess.PIPE
    starting = [
        subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for _ in range(AT_ONCE)
    ]
    for one in starting:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in starting:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    ends = [one.communicate(timeout=PATIENCE_S) for one in starting]
    assert [(one.returncode, said) for one, (_, said) in zip(starting, ends, strict=True)] == [
        (0, "")
    ] * AT_ONCE
    engine = make_engine(data_dir, database)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(BatchRow)) == 1
        songs = select(func.count(), func.count(TrackRow.key.distinct()))
        all_, different = connection.execute(songs.select_from(TrackRow)).one()
    engine.dispose()
    assert all_ == different > AT_ONCE


def test_a_start_waits_longer_for_another_than_a_visitor_does(
    database: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database is None:
        pytest.skip("SQLite's file has one patience for all")
    open_engine(tmp_path, url=database).dispose()
    monkeypatch.setattr("recommender.db.engine.BUSY_SECONDS", 0.1)
    engine = make_engine(tmp_path, database)
    with ThreadPoolExecutor() as threads, write_transaction(engine):
        starting = threads.submit(open_engine, tmp_path, url=database)
        with pytest.raises(TimeoutError):
            starting.result(0.5)
    starting.result(PATIENCE_S).dispose()
    engine.dispose()
