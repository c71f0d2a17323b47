"""Key-value settings of this installation that are chosen in the app.

Both functions raise `recommender.errors.Unavailable` when the database cannot be used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from recommender.db.engine import database_errors
from recommender.db.tables import ChoiceRow

if TYPE_CHECKING:
    from sqlalchemy import Engine


def get_state(engine: Engine, name: str) -> str | None:
    """Return the value of a name; None when it was never set."""
    with database_errors(), engine.connect() as connection:
        return connection.scalar(select(ChoiceRow.value).where(ChoiceRow.name == name))


def put_state(engine: Engine, name: str, value: str) -> None:
    """Set the value of a name."""
    with database_errors():
        try:
            _merge(engine, name, value)
        except IntegrityError:
            # Another process has inserted the row in the meantime.
            _merge(engine, name, value)


def _merge(engine: Engine, name: str, value: str) -> None:
    # Without the writers' lock: a long import on a server must not delay this.
    with Session(engine.execution_options(writes=True)) as session, session.begin():
        session.merge(ChoiceRow(name=name, value=value))
