"""A remote source's daily allowance, counted in the database for all processes together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from recommender.database import answering
from recommender.tables import AllowanceRow

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import date

    from sqlalchemy import Connection, Engine

_ROW = AllowanceRow


class Allowance:
    """So many requests a day. Any number of threads and processes may count at once.

    source : whose requests
    limit : how many a day
    """

    def __init__(self, engine: Engine, source: str, limit: int) -> None:
        self._engine = engine
        self._source = source
        self.limit = limit

    def left(self, day: date) -> int:
        """Return how many requests are left on a day.

        Raises
        ------
        Unavailable
            When the database cannot be used.
        """
        asked = select(_ROW.used).where(_ROW.source == self._source, _ROW.day == day)
        with answering(), self._engine.connect() as connection:
            used = connection.scalar(asked)
        return max(0, self.limit - (used or 0))

    def spend(self, day: date) -> bool:
        """Count one request if one is left, and return whether one was.

        Raises
        ------
        Unavailable
            When the database cannot be used.
        """
        with answering():
            if self._count(day):
                return True
            self._make_row(day)
            return self._count(day)

    def exhaust(self, day: date) -> None:
        """Note that nothing is left on a day: others use the same account.

        Raises
        ------
        Unavailable
            When the database cannot be used.
        """
        with answering():
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
            # In this order: MariaDB sets a column before it looks at the next.
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
            # It is there already, or another process was faster.
            return

    def _writing(self) -> AbstractContextManager[Connection]:
        # Not under the lock of the one writer: nobody waits here for a long import on a server.
        return self._engine.execution_options(writes=True).begin()
