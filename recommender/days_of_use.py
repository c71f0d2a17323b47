"""The days on which the app was in use: they, not the clock alone, tell how long ago something was.

Clocks go wrong: a board without a battery begins in 1970, and a wrong year may stand for an hour.
Whatever deletes by age goes by a day that was left behind for days, and not by today.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from recommender.tables import ChoiceRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

# A day is believed when it and later days, so many in all, were seen without the clock going back.
BELIEVED_AFTER_DAYS = 7
# Moodring is younger: a clock that shows an earlier day is wrong.
EARLIEST_DAY = date(2020, 1, 1)
_NAME = "days-of-use"
_ROW = ChoiceRow


def note_day(connection: Connection, today: date) -> None:
    """Note that the app is in use today; days after today, which a clock showed wrongly, go.

    connection : from `recommender.database.writing`
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
    """Return the first day that is not too old for what is kept for so many days.

    Returns
    -------
    None while nothing may be deleted: before `BELIEVED_AFTER_DAYS` days were seen.
    """
    seen = _days(_text(connection))
    return min(seen) - timedelta(days=days) if len(seen) >= BELIEVED_AFTER_DAYS else None


def _text(connection: Connection) -> str | None:
    return connection.scalar(select(_ROW.value).where(_ROW.name == _NAME))


def _days(text: str | None) -> list[date]:
    try:
        return [date.fromisoformat(day) for day in (text or "").split()]
    except ValueError:
        # Nothing is deleted until they were seen anew.
        return []
