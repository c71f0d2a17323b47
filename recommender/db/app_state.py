"""State of this installation: settings that are chosen in the app, and the days of its use."""

from datetime import date, timedelta

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from recommender.db.engine import database_errors, short_write
from recommender.db.tables import ChoiceRow


def get_state(engine: Engine, name: str) -> str | None:
    """Return the value of a name; None when it was never set. Raises Unavailable."""
    with database_errors(), engine.connect() as connection:
        return connection.scalar(select(ChoiceRow.value).where(ChoiceRow.name == name))


def put_state(engine: Engine, name: str, value: str) -> None:
    """Set the value of a name. Raises Unavailable."""
    with database_errors():
        try:
            _put(engine, name, value)
        except IntegrityError:
            # Another process has inserted the row in the meantime.
            _put(engine, name, value)


def _put(engine: Engine, name: str, value: str) -> None:
    with short_write(engine) as connection:
        _replace(connection, name, value)


def _replace(connection: Connection, name: str, value: str) -> None:
    of_name = ChoiceRow.name == name
    # Asked first: an update of no row locks a gap on MariaDB, and two such writers each other.
    if connection.scalar(select(ChoiceRow.name).where(of_name)) is None:
        connection.execute(insert(ChoiceRow), {"name": name, "value": value})
    else:
        connection.execute(update(ChoiceRow).where(of_name).values(value=value))


# Clocks go wrong: a board without a battery starts in 1970, and a wrong year may last for an hour.
# Deletion by age therefore counts from a day that was confirmed by later days, not from today.
# Number of days of use, without the clock going back, that confirm the first of them.
BELIEVED_AFTER_DAYS = 7
# Moodring is younger: a clock that shows an earlier day is wrong.
EARLIEST_DAY = date(2020, 1, 1)
_DAYS_OF_USE = "days-of-use"


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
    if now != text:
        _replace(connection, _DAYS_OF_USE, now)


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
    return connection.scalar(select(ChoiceRow.value).where(ChoiceRow.name == _DAYS_OF_USE))


def _days(text: str | None) -> list[date]:
    try:
        return [date.fromisoformat(day) for day in (text or "").split()]
    except ValueError:
        # Nothing is deleted until enough days are recorded again.
        return []
