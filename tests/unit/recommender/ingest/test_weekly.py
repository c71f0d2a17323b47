"""The weekly refresh, by a clock that the test moves."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from recommender.db.app_state import put_state
from recommender.db.engine import make_engine
from recommender.db.tables import Base
from recommender.errors import Unavailable
from recommender.ingest.refresh_report import Refreshed, last_report, save_report
from recommender.ingest.weekly import (
    CHECK_S,
    CLAIM_LASTS,
    FIRST_CHECK_S,
    PERIOD,
    WEEKLY,
    WeeklyRefresh,
    start_weekly_refresh,
)
from recommender.settings import Settings
from recommender.wiring import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PATIENCE_S = 10


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(tmp_path)
    Base.metadata.create_all(made)
    yield made
    made.dispose()


def weekly(engine: Engine, run: Callable[[Engine], object], now: datetime = START) -> WeeklyRefresh:
    @contextmanager
    def opened() -> Iterator[Engine]:
        yield engine

    return WeeklyRefresh(run, opened, now=lambda: now)


@pytest.mark.parametrize(
    ("choice", "last", "due"),
    [
        (None, None, False),
        ("0", None, False),
        ("1", None, True),
        ("1", START - PERIOD, False),
        ("1", START - PERIOD - SECOND, True),
        ("0", START - PERIOD - SECOND, False),
        ("1", START + PERIOD + SECOND, True),
    ],
)
def test_it_refreshes_when_it_is_wanted_and_a_week_has_passed(
    engine: Engine, choice: str | None, last: datetime | None, *, due: bool
) -> None:
    if choice is not None:
        put_state(engine, WEEKLY, choice)
    if last is not None:
        save_report(engine, Refreshed(last, ()))
    ran: list[Engine] = []
    weekly(engine, ran.append).look()
    assert ran == ([engine] if due else [])


def test_of_several_processes_one_refreshes(engine: Engine) -> None:
    put_state(engine, WEEKLY, "1")
    ran: list[str] = []

    def refresh(engine: Engine) -> None:
        ran.append("first")
        weekly(engine, lambda _: ran.append("second")).look()
        weekly(engine, lambda _: ran.append("late"), START + CLAIM_LASTS - SECOND).look()
        save_report(engine, Refreshed(START, ()))

    weekly(engine, refresh).look()
    weekly(engine, lambda _: ran.append("after")).look()
    assert ran == ["first"]


def test_a_process_that_was_killed_keeps_the_others_out_for_a_time(engine: Engine) -> None:
    put_state(engine, WEEKLY, "1")
    ran: list[str] = []

    def end(_: Engine) -> None:
        weekly(engine, lambda _: ran.append("next"), START + CLAIM_LASTS).look()

    weekly(engine, end).look()
    assert ran == ["next"]


def test_it_looks_every_hour_whatever_fails(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[float] = []
    ended = threading.Event()

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 4:
            ended.set()
        return len(waits) == 4

    @contextmanager
    def broken() -> Iterator[Engine]:
        if len(waits) == 2:
            raise Unavailable("secret")
        yield engine

    def fail(_: Engine) -> None:
        raise ZeroDivisionError("secret")

    put_state(engine, WEEKLY, "1")
    with caplog.at_level(logging.WARNING):
        scheduled = WeeklyRefresh(fail, broken, now=lambda: START, wait=wait)
        scheduled.start()
        assert ended.wait(PATIENCE_S)
        scheduled.stop()
    assert waits == [FIRST_CHECK_S, CHECK_S, CHECK_S, CHECK_S]
    said = [record.getMessage().rpartition(" ")[2] for record in caplog.records]
    assert said == ["ZeroDivisionError", "Unavailable", "ZeroDivisionError"]
    assert "secret" not in caplog.text


def test_it_stops_at_once(engine: Engine) -> None:
    scheduled = weekly(engine, lambda _: None)
    scheduled.start()
    scheduled.stop()
    assert not scheduled._thread.is_alive()
    scheduled.stop()


def test_starting_it_opens_nothing_and_its_look_refreshes(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    scheduled = start_weekly_refresh(Settings(data_dir=data_dir), opened)
    try:
        assert not data_dir.exists()
        scheduled.look()
        made = make_engine(data_dir)
        assert last_report(made) is None
        put_state(made, WEEKLY, "1")
        scheduled.look()
        report = last_report(made)
        made.dispose()
    finally:
        scheduled.stop()
    assert report is not None
    assert report.lines == ("Nothing to refresh yet.",)
