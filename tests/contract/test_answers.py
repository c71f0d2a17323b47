"""Kept answers and choices, on every database."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select

from recommender.db import response_cache as module
from recommender.db.app_state import get_state, put_state
from recommender.db.engine import BUSY_SECONDS, make_engine, write_transaction
from recommender.db.response_cache import MAX_BYTES, MAX_LIFETIME, ResponseCache
from recommender.db.tables import Base, CachedAnswerRow
from recommender.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.fakes.clock import Clock

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
CHOOSERS, ROUNDS, PATIENCE_S = 4, 10, 30
REQUEST = {"words": "mood:häppy 🎵", "page": 0}
ANSWER = {"tracks": [{"title": "Ha\0lo \ud800", "art": None, "at": 0.5}]}


@pytest.fixture
def answers(engine: Engine, clock: Clock) -> ResponseCache:
    return ResponseCache(engine, now=clock)


def test_an_answer_is_given_again_until_it_expires(answers: ResponseCache, clock: Clock) -> None:
    assert answers.get("spotify", REQUEST) is None
    answers.put("spotify", REQUEST, ANSWER, HOUR)
    assert answers.get("spotify", dict(reversed(REQUEST.items()))) == ANSWER
    assert answers.get("spotify", {**REQUEST, "page": 1}) is None
    assert answers.get("other", REQUEST) is None
    clock.at += HOUR - SECOND
    assert answers.get("spotify", REQUEST) == ANSWER
    clock.at += SECOND
    assert answers.get("spotify", REQUEST) is None


def test_a_newer_answer_takes_the_place_of_the_older(answers: ResponseCache, clock: Clock) -> None:
    answers.put("spotify", REQUEST, "old", HOUR)
    clock.at += HOUR - SECOND
    answers.put("spotify", REQUEST, "new", HOUR)
    clock.at += HOUR - SECOND
    assert answers.get("spotify", REQUEST) == "new"


def test_no_answer_is_kept_for_over_a_day(answers: ResponseCache, clock: Clock) -> None:
    answers.put("spotify", REQUEST, ANSWER, 30 * MAX_LIFETIME)
    clock.at += MAX_LIFETIME - SECOND
    assert answers.get("spotify", REQUEST) == ANSWER
    clock.at += SECOND
    assert answers.get("spotify", REQUEST) is None


def test_times_are_kept_in_utc_whatever_the_clocks_zone(
    answers: ResponseCache, engine: Engine, clock: Clock
) -> None:
    answers.put("spotify", REQUEST, ANSWER, HOUR)
    with engine.connect() as connection:
        kept = connection.execute(select(CachedAnswerRow.asked_at, CachedAnswerRow.expires_at))
        naive = clock.at.replace(tzinfo=None)
        assert kept.one() == (naive, naive + HOUR)


def test_a_very_long_answer_is_not_kept(answers: ResponseCache) -> None:
    answers.put("spotify", REQUEST, "x" * (MAX_BYTES - 2), HOUR)
    assert answers.get("spotify", REQUEST) == "x" * (MAX_BYTES - 2)
    answers.put("spotify", {"page": 1}, "x" * (MAX_BYTES - 1), HOUR)
    assert answers.get("spotify", {"page": 1}) is None


def test_what_has_expired_is_deleted(engine: Engine, answers: ResponseCache, clock: Clock) -> None:
    for page, source in enumerate(["spotify", "spotify", "other"]):
        answers.put(source, {"page": page}, page, (page + 1) * HOUR)
    clock.at += HOUR
    assert (answers.drop_expired(), answers.drop_expired()) == (1, 0)
    assert answers.get("spotify", {"page": 1}) == 1
    assert answers.get("other", {"page": 2}) == 2
    clock.at += 2 * HOUR
    answers.put("spotify", REQUEST, ANSWER, HOUR)
    with engine.connect() as connection:
        kept = connection.scalars(select(CachedAnswerRow.source)).all()
    assert kept == ["spotify"], "nothing that has expired stays behind"


def all_of(answers: ResponseCache) -> list[Any]:
    answers.put("spotify", REQUEST, ANSWER, HOUR)
    return [
        answers.get("spotify", REQUEST),
        answers.drop_expired(),
    ]


def test_a_broken_database_breaks_no_search(
    answers: ResponseCache, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.begin() as connection:
        Base.metadata.tables["cached_answers"].drop(connection)
    with caplog.at_level(logging.WARNING):
        assert all_of(answers) == [None, 0]
    assert len(caplog.records) == 3
    assert "spotify" not in caplog.text, "the type alone is logged"


def test_a_row_that_is_no_json_breaks_no_search(
    answers: ResponseCache, engine: Engine, clock: Clock
) -> None:
    key = module._key("spotify", REQUEST)
    times = {
        "asked_at": clock.at.replace(tzinfo=None),
        "expires_at": (clock.at + HOUR).replace(tzinfo=None),
    }
    broken = {"key": key, "source": "spotify", "request": "{", "answer": "{", **times}
    with engine.begin() as connection:
        connection.execute(insert(CachedAnswerRow), broken)
    assert answers.get("spotify", REQUEST) is None


def test_a_server_that_is_gone_breaks_no_search(tmp_path: Path) -> None:
    engine = make_engine(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    assert all_of(ResponseCache(engine)) == [None, 0]


def test_no_search_waits_long_for_an_import(answers: ResponseCache, engine: Engine) -> None:
    # Only SQLite's file is locked as a whole.
    kept = engine.dialect.name != "sqlite"
    with write_transaction(engine):
        began = time.monotonic()
        answers.put("spotify", REQUEST, ANSWER, HOUR)
        assert time.monotonic() - began < BUSY_SECONDS / 2
        assert answers.get("spotify", REQUEST) == (ANSWER if kept else None)
    if not kept:
        with engine.connect() as connection:
            patience = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
        assert patience == 1000 * BUSY_SECONDS, "others are as patient as before"


def test_a_choice_is_kept_until_the_next(engine: Engine) -> None:
    assert get_state(engine, "weekly") is None
    for value in ("1", "0", "0", "ja ✓"):
        put_state(engine, "weekly", value)
        assert get_state(engine, "weekly") == value
    assert get_state(engine, "Weekly") is None


def test_several_who_choose_at_once_get_along(engine: Engine) -> None:
    together = Barrier(CHOOSERS)

    def choose(value: str) -> None:
        for number in range(ROUNDS):
            together.wait(PATIENCE_S)
            put_state(engine, f"choice {number}", value)

    with ThreadPoolExecutor(CHOOSERS) as choosers:
        list(choosers.map(choose, map(str, range(CHOOSERS))))
    assert all(get_state(engine, f"choice {number}") for number in range(ROUNDS))


def test_choices_of_a_broken_database_are_unavailable(engine: Engine) -> None:
    with engine.begin() as connection:
        Base.metadata.tables["choices"].drop(connection)
    with pytest.raises(Unavailable):
        get_state(engine, "weekly")
    with pytest.raises(Unavailable):
        put_state(engine, "weekly", "1")
