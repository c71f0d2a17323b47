"""A remote source's daily quota, counted in the database for all processes together.

Every method raises `recommender.errors.Unavailable` when the database cannot be used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from recommender.db.engine import database_errors
from recommender.db.tables import AllowanceRow

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import date

    from sqlalchemy import Connection, Engine

_ROW = AllowanceRow


class DailyQuota:
    """A daily quota of requests. Any number of threads and processes may count at once.

    Parameters
    ----------
    source : str, the source that the requests go to
    limit : int, requests a day
    """

    def __init__(self, engine: Engine, source: str, limit: int) -> None:
        self._engine = engine
        self._source = source
        self.limit = limit

    def left(self, day: date) -> int:
        """Return the number of requests left on a day."""
        asked = select(_ROW.used).where(_ROW.source == self._source, _ROW.day == day)
        with database_errors(), self._engine.connect() as connection:
            used = connection.scalar(asked)
        return max(0, self.limit - (used or 0))

    def spend(self, day: date) -> bool:
        """Count one request and return True, or return False when the quota is used up."""
        with database_errors():
            if self._count(day):
                return True
            self._make_row(day)
            return self._count(day)

    def exhaust(self, day: date) -> None:
        """Mark the quota as used up: other programs may use the same API key."""
        with database_errors():
            self._make_row(day)
            with self._writing() as connection:
                connection.execute(
                    update(_ROW).where(_ROW.source == self._source).values(day=day, used=self.limit)
                )

    def _count(self, day: date) -> bool:
        same_day = _ROW.day == day
        statement = (
            update(_ROW)
            .where(_ROW.source == self._source, or_(~same_day, _ROW.used < self.limit))
            # In this order: MariaDB assigns a column before it evaluates the next.
            .ordered_values((_ROW.used, case((same_day, _ROW.used + 1), else_=1)), (_ROW.day, day))
        )
        with self._writing() as connection:
            return connection.execute(statement).rowcount == 1

    def _make_row(self, day: date) -> None:
        try:
            with self._writing() as connection:
                row = {"source": self._source, "day": day, "used": 0}
                connection.execute(insert(_ROW), row)
        except IntegrityError:
            # The row exists already, or another process created it first.
            return

    def _writing(self) -> AbstractContextManager[Connection]:
        # Without the writers' lock: a long import on a server must not delay this.
        return self._engine.execution_options(writes=True).begin()
