"""What the owner of this copy has chosen in the app, a word for each name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from recommender.database import answering
from recommender.tables import ChoiceRow

if TYPE_CHECKING:
    from sqlalchemy import Engine


def get_choice(engine: Engine, name: str) -> str | None:
    """Return what was chosen last; None before.

    Raises
    ------
    Unavailable
        When the database cannot be used.
    """
    with answering(), engine.connect() as connection:
        return connection.scalar(select(ChoiceRow.value).where(ChoiceRow.name == name))


def set_choice(engine: Engine, name: str, value: str) -> None:
    """Keep a choice in the place of the last.

    Raises
    ------
    Unavailable
        When the database cannot be used.
    """
    with answering():
        try:
            _merge(engine, name, value)
        except IntegrityError:
            # Another process has made the row since ours looked for it.
            _merge(engine, name, value)


def _merge(engine: Engine, name: str, value: str) -> None:
    # Not under the lock of the one writer: nobody waits here for a long import on a server.
    with Session(engine.execution_options(writes=True)) as session, session.begin():
        session.merge(ChoiceRow(name=name, value=value))
