"""State of this installation: what is chosen in the app, pauses of services, days of use."""

import json
import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from recommender.db.engine import database_errors, short_write
from recommender.db.tables import ChoiceRow
from recommender.deadline import Pause
from recommender.errors import SourceError
from recommender.text import utc_now

# A longer pause of a service was written while a clock was wrong.
MAX_PAUSE_S = 24 * 3600.0
_log = logging.getLogger(__name__)


def get_state(engine: Engine, name: str) -> str | None:
    """Return the value of a name; None when it was never set. Raises Unavailable."""
    with database_errors(), engine.connect() as connection:
        return connection.scalar(select(ChoiceRow.value).where(ChoiceRow.name == name))


def claim_state(engine: Engine, name: str, value: str) -> str:
    """Set the value of a name unless it has one, and return the one that it has.

    Processes that do so at once all get the same. Raises Unavailable.
    """
    kept = get_state(engine, name)
    if kept is not None:
        return kept
    with database_errors():
        try:
            with short_write(engine) as connection:
                connection.execute(insert(ChoiceRow), {"name": name, "value": value})
        except IntegrityError:
            kept = get_state(engine, name)
    return value if kept is None else kept


def swap_state(engine: Engine, name: str, before: str, value: str) -> bool:
    """Set the value of a name if it is still what it was; return whether it was set.

    Processes that do so at once succeed in one of them. Raises Unavailable.
    """
    changed = update(ChoiceRow).where(ChoiceRow.name == name, ChoiceRow.value == before)
    with database_errors(), short_write(engine) as connection:
        return connection.execute(changed.values(value=value)).rowcount == 1


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


class SharedPauses:
    """The pause of one service, in the database. On any error there it knows of none.

    Parameters
    ----------
    service : str, its name
    now : callable, returns the timezone-aware time
    """

    def __init__(
        self, engine: Engine, service: str, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._engine = engine
        self._name = f"pause-{service}"
        self._now = now

    def get(self) -> Pause | None:
        """Return the pause that still lasts."""
        try:
            kept = get_state(self._engine, self._name)
            until, is_quota, message = json.loads(kept or "null") or (0.0, False, "")
            seconds = float(until) - self._now().timestamp()
        except (SourceError, ValueError, TypeError) as error:
            _log.warning("kept pauses cannot be used: %s", type(error).__name__)
            return None
        return Pause(seconds, bool(is_quota), str(message)) if 0 < seconds <= MAX_PAUSE_S else None

    def put(self, pause: Pause) -> None:
        """Tell the other processes of a pause."""
        until = self._now().timestamp() + pause.seconds
        try:
            put_state(self._engine, self._name, json.dumps([until, pause.is_quota, pause.message]))
        except SourceError as error:
            _log.warning("a pause cannot be kept: %s", type(error).__name__)


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
