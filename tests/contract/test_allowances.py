"""A daily allowance, counted on every database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from recommender.db.engine import make_engine
from recommender.db.tables import Base
from recommender.errors import Unavailable
from recommender.youtube.videos import DailyQuota

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

TODAY = date(2026, 11, 20)
TOMORROW = TODAY + timedelta(days=1)
SPENDERS, ROUNDS, PATIENCE_S = 4, 15, 30


def test_no_more_than_the_limit_is_given_on_a_day(engine: Engine) -> None:
    quota = DailyQuota(engine, "youtube", 3)
    assert quota.left(TODAY) == 3
    assert [quota.spend(TODAY) for _ in range(5)] == [True, True, True, False, False]
    assert quota.left(TODAY) == 0


def test_the_next_day_begins_anew(engine: Engine) -> None:
    quota = DailyQuota(engine, "youtube", 2)
    assert [quota.spend(TODAY) for _ in range(3)] == [True, True, False]
    assert quota.left(TOMORROW) == 2
    assert [quota.spend(TOMORROW) for _ in range(3)] == [True, True, False]


def test_each_source_has_its_own(engine: Engine) -> None:
    assert DailyQuota(engine, "youtube", 1).spend(TODAY)
    assert DailyQuota(engine, "other", 1).spend(TODAY)
    assert not DailyQuota(engine, "youtube", 1).spend(TODAY)


@pytest.mark.parametrize("before", [0, 1])
def test_what_others_have_used_up_is_used_up(engine: Engine, before: int) -> None:
    quota = DailyQuota(engine, "youtube", 2)
    for _ in range(before):
        quota.spend(TODAY)
    quota.exhaust(TODAY)
    assert (quota.left(TODAY), quota.spend(TODAY)) == (0, False)
    assert quota.spend(TOMORROW)


def test_several_who_count_at_once_lose_nothing(engine: Engine) -> None:
    limit = SPENDERS * ROUNDS - 7
    together = Barrier(SPENDERS)

    def spend(_: int) -> int:
        quota, given = DailyQuota(engine, "youtube", limit), 0
        for _ in range(ROUNDS):
            together.wait(PATIENCE_S)
            given += quota.spend(TODAY)
        return given

    with ThreadPoolExecutor(SPENDERS) as spenders:
        assert sum(spenders.map(spend, range(SPENDERS))) == limit
    assert DailyQuota(engine, "youtube", limit + 1).left(TODAY) == 1


def test_without_a_database_nothing_is_given(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        Base.metadata.tables["allowances"].drop(connection)
    gone = make_engine(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    for quota in (DailyQuota(engine, "youtube", 9), DailyQuota(gone, "youtube", 9)):
        with pytest.raises(Unavailable):
            quota.spend(TODAY)
        with pytest.raises(Unavailable):
            quota.left(TODAY)
        with pytest.raises(Unavailable):
            quota.exhaust(TODAY)
