"""Days of use: the record of days from which the age of stored data is computed.

Clocks go wrong: a board without a battery starts in 1970, and a wrong year may last for an hour.
Deletion by age therefore counts from a day that was confirmed by later days, not from today.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from recommender.db.tables import ChoiceRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Number of days of use, without the clock going back, that confirm the first of them.
BELIEVED_AFTER_DAYS = 7
# Moodring is younger: a clock that shows an earlier day is wrong.
EARLIEST_DAY = date(2020, 1, 1)
_NAME = "days-of-use"
_ROW = ChoiceRow


def note_day(connection: Connection, today: date) -> None:
    """Record that the app is in use today, and drop later days, which a wrong clock showed.

    Parameters
    ----------
    connection : Connection, from `recommender.db.engine.write_transaction`
    """
    if today < EARLIEST_DAY:
        return
    text = _text(connection)
    days = sorted({day for day in _days(text) if day < today} | {today})[-BELIEVED_AFTER_DAYS:]
    now = " ".join(map(str, days))
    if text is None:
        connection.execute(insert(_ROW), {"name": _NAME, "value": now})
    elif now != text:
        connection.execute(update(_ROW).where(_ROW.name == _NAME).values(value=now))


def oldest_kept(connection: Connection, days: int) -> date | None:
    """Return the first day within a retention period; None while nothing may be deleted.

    Nothing may be deleted before `BELIEVED_AFTER_DAYS` days of use are recorded.

    Parameters
    ----------
    days : int, the retention period
    """
    seen = _days(_text(connection))
    return min(seen) - timedelta(days=days) if len(seen) >= BELIEVED_AFTER_DAYS else None


def _text(connection: Connection) -> str | None:
    return connection.scalar(select(_ROW.value).where(_ROW.name == _NAME))


def _days(text: str | None) -> list[date]:
    try:
        return [date.fromisoformat(day) for day in (text or "").split()]
    except ValueError:
        # Nothing is deleted until enough days are recorded again.
        return []
