"""The schema: its revisions, SQLite's index of places, and PostgreSQL's counters."""

from __future__ import annotations

import zlib

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Column,
    Connection,
    Double,
    Integer,
    MetaData,
    Table,
    delete,
    func,
    insert,
    select,
    text,
)

from recommender.db.tables import BatchRow, TrackRow

# SQLite's index of places, an R*Tree with the language as its third side. Its coordinates are
# 32-bit floats, so searches allow for rounding by SLACK.
PLACES = Table(
    "track_places",
    MetaData(),
    Column("id", Integer, primary_key=True),
    *(Column(name, Double) for name in ("v0", "v1", "e0", "e1", "l0", "l1")),
)
# Fractions of 1 with this denominator are exact in 32 bits.
LANGUAGE_NUMBERS = 1 << 24
ROWS_AT_ONCE = 5000


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for migrating over a connection."""
    config = Config()
    config.set_main_option("script_location", "recommender.db:migrations")
    config.attributes["connection"] = connection
    return config


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database; None when it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def known_revision(revision: str) -> bool:
    """Return whether this version of Moodring has a migration of this revision."""
    scripts = ScriptDirectory.from_config(alembic_config())
    return revision in {script.revision for script in scripts.walk_revisions()}


def language_number(language: str | None) -> float:
    """Return a language's coordinate in the R*Tree, 0..1; two languages may share one."""
    return zlib.crc32((language or "").encode()) % LANGUAGE_NUMBERS / LANGUAGE_NUMBERS


def fill_places(connection: Connection, source_id: int | None = None) -> None:
    """Add the tracks of a batch, or all, to SQLite's spatial index.

    The other engines maintain theirs by themselves.
    """
    if connection.dialect.name != "sqlite":
        return
    asked = select(TrackRow.id, TrackRow.valence / 2, TrackRow.energy, TrackRow.language).where(
        TrackRow.valence.is_not(None)
    )
    if source_id is not None:
        asked = asked.where(TrackRow.source_id == source_id)
    for part in connection.execute(asked).partitions(ROWS_AT_ONCE):
        rows = [
            {"id": number, "v0": half, "v1": half, "e0": energy, "e1": energy, "l0": at, "l1": at}
            for number, half, energy, language in part
            for at in (language_number(language),)
        ]
        connection.execute(insert(PLACES), rows)


def empty_places(connection: Connection, source_name: str) -> None:
    """Remove a batch's tracks from SQLite's spatial index, before they are deleted."""
    if connection.dialect.name == "sqlite":
        ids_of_batch = select(TrackRow.id).join(BatchRow).where(BatchRow.name == source_name)
        connection.execute(delete(PLACES).where(PLACES.c.id.in_(ids_of_batch)))


def move_counter(connection: Connection, table: Table) -> None:
    """Advance the id sequence past the explicit ids that were inserted.

    Only PostgreSQL needs this: its sequences do not follow explicit ids.
    """
    if connection.dialect.name == "postgresql":
        highest = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
        counter = func.pg_get_serial_sequence(text(f"'{table.name}'"), text("'id'"))
        connection.execute(select(func.setval(counter, highest, text("false"))))
