"""A wrong clock deletes nothing of anybody's, the same on every engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from recommender.db.app_state import BELIEVED_AFTER_DAYS, EARLIEST_DAY, get_state, put_state
from recommender.db.response_cache import MAX_LIFETIME, ResponseCache
from recommender.db.tables import ImpressionRow, ListenerRow, MoodRow
from recommender.library.uploads import purge_orphans, upload_folder
from recommender.listeners.store import FORGOTTEN_AFTER_DAYS, Listeners, id_of
from recommender.taste import NOBODY, Verdict
from recommender.types import Mood, SourceName, Track

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

NOW = datetime(2026, 3, 14, 15, 9, 26, 0, UTC)
DAY = timedelta(days=1)
FUTURE, PAST = NOW + 500 * DAY, datetime(1970, 1, 1, 0, 1, 0, 0, UTC)
ME = id_of("me")
SONG = Track("Halo", ("Beyoncé",), SourceName.CATALOGUE, "halo", genre="pop", language="English")


def daily(since: datetime, days: int) -> list[datetime]:
    return [since + day * DAY for day in range(days)]


@dataclass
class Visits:
    """Listeners who come at the times that clocks show, each time another one, or the same."""

    listeners: Listeners
    strangers: int = 0

    def strangers_come(self, *times: datetime) -> None:
        for time in times:
            self.strangers += 1
            stranger = id_of(f"stranger {self.strangers}")
            self.listeners.judge(stranger, SONG, Verdict.LIKE, time)

    def visit(self, listener: str, time: datetime) -> None:
        self.listeners.keep_history(listener, time, keep=True)
        self.listeners.judge(listener, SONG, Verdict.LIKE, time)
        self.listeners.note_shown(listener, [SONG], time)
        self.listeners.note_mood(listener, Mood(0.8, 0.7), "happy", time)


def kept(engine: Engine, listener: str = ME) -> tuple[int, ...]:
    """How many rows there are of a listener, of their moods and of songs heard."""
    with engine.connect() as connection:
        return tuple(
            connection.scalar(select(func.count()).where(column == listener)) or 0
            for column in (ListenerRow.id, MoodRow.listener_id, ImpressionRow.listener_id)
        )


@pytest.fixture
def visits(engine: Engine) -> Visits:
    return Visits(Listeners(engine))


@pytest.mark.parametrize("before", [1, 40])
@pytest.mark.parametrize(
    "wrong",
    [
        [FUTURE],
        [FUTURE] * 10,
        daily(FUTURE, BELIEVED_AFTER_DAYS - 1),
        [PAST],
        [PAST, FUTURE, PAST],
        # A battery that fails again and again, with the right time in between.
        [time for day in range(9) for time in (FUTURE + day * DAY, NOW + day * DAY)],
    ],
    ids=["ahead", "many at once", "for days", "1970", "both", "again and again"],
)
def test_a_clock_that_was_wrong_for_strangers_deletes_nothing(
    visits: Visits, engine: Engine, tmp_path: Path, before: int, wrong: list[datetime]
) -> None:
    file = upload_folder(tmp_path, ME) / "dropped.wav"
    file.parent.mkdir(parents=True)
    file.touch()
    # Whoever came last so long ago must not pay for it either.
    visits.visit(ME, NOW - before * DAY)
    visits.strangers_come(*daily(NOW - before * DAY, before))
    visits.strangers_come(*wrong)
    assert kept(engine) == (1, 1, 1)
    visits.strangers_come(NOW + 10 * DAY)
    assert kept(engine) == (1, 1, 1)
    assert visits.listeners.known(ME, NOW).liked == {"halo"}
    assert purge_orphans(engine, tmp_path) == 0
    assert file.exists()


@pytest.mark.parametrize(("wrong", "moments"), [(FUTURE, 12), (PAST, 11)])
def test_a_clock_that_was_wrong_for_oneself_deletes_nothing_but_what_is_of_1970(
    visits: Visits, engine: Engine, wrong: datetime, moments: int
) -> None:
    for time in (*daily(NOW - 10 * DAY, 10), wrong, NOW):
        visits.visit(ME, time)
    visits.strangers_come(NOW, NOW + DAY)
    assert kept(engine) == (1, moments, moments)
    assert visits.listeners.known(ME, NOW).shown_days_ago == {"halo": 0}


def test_the_day_of_the_last_visit_never_goes_back(visits: Visits, engine: Engine) -> None:
    for time in (NOW, PAST, NOW - DAY):
        visits.visit(ME, time)
    with engine.connect() as connection:
        assert connection.scalar(select(ListenerRow.seen_on)) == NOW.date()


def test_who_came_while_the_clock_stood_in_1970_begins_when_it_is_right(
    visits: Visits, engine: Engine
) -> None:
    for time in daily(PAST, BELIEVED_AFTER_DAYS):
        visits.visit(ME, time)
    visits.strangers_come(*daily(NOW, FORGOTTEN_AFTER_DAYS // 10))
    assert kept(engine)[0] == 1


def test_a_machine_that_was_off_for_long_deletes_nothing_at_once(
    visits: Visits, engine: Engine
) -> None:
    visits.visit(ME, NOW)
    visits.strangers_come(*daily(NOW, 10), *daily(FUTURE, BELIEVED_AFTER_DAYS - 1))
    visits.visit(ME, FUTURE + BELIEVED_AFTER_DAYS * DAY)
    visits.strangers_come(*daily(FUTURE, 20))
    assert kept(engine)[0] == 1
    assert visits.listeners.known(ME, NOW).liked == {"halo"}


def test_in_daily_use_who_was_away_for_long_is_forgotten(visits: Visits, engine: Engine) -> None:
    visits.visit(ME, NOW)
    last = NOW + FORGOTTEN_AFTER_DAYS * DAY
    visits.strangers_come(*daily(last - 10 * DAY, 10 + BELIEVED_AFTER_DAYS))
    assert kept(engine)[0] == 1
    visits.strangers_come(last + BELIEVED_AFTER_DAYS * DAY)
    assert kept(engine) == (0, 0, 0)
    assert visits.listeners.known(ME, NOW) is NOBODY


def test_days_of_use_that_cannot_be_read_are_counted_anew(visits: Visits, engine: Engine) -> None:
    assert PAST.date() < EARLIEST_DAY
    visits.visit(ME, PAST)
    assert get_state(engine, "days-of-use") is None
    put_state(engine, "days-of-use", "yesterday")
    visits.visit(ME, NOW)
    assert get_state(engine, "days-of-use") == "2026-03-14"
    for time in daily(NOW, 30):
        visits.visit(ME, time)
    assert len((get_state(engine, "days-of-use") or "").split()) == BELIEVED_AFTER_DAYS


def test_an_answer_kept_by_a_clock_ahead_is_not_fresh_for_ever(engine: Engine) -> None:
    ResponseCache(engine, now=lambda: FUTURE).put(
        "youtube", {"song": "halo"}, "there", MAX_LIFETIME
    )
    assert ResponseCache(engine, now=lambda: FUTURE).get("youtube", {"song": "halo"}) == "there"
    assert ResponseCache(engine, now=lambda: NOW).get("youtube", {"song": "halo"}) is None
