"""The schema: its revisions, SQLite's index of places, and PostgreSQL's counters."""

import sqlite3
import zlib
from typing import cast

import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from recommender.db.tables import TrackRow

# SQLite's index of places, an R*Tree with the language as its third side. Its coordinates are
# 32-bit floats, so searches allow for rounding by SLACK.
PLACES = sa.Table(
    "track_places",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Double) for name in ("v0", "v1", "e0", "e1", "l0", "l1")),
)
# Fractions of 1 with this denominator are exact in 32 bits.
LANGUAGE_NUMBERS = 1 << 24


def alembic_config(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's configuration for migrating over a connection."""
    config = Config()
    config.set_main_option("script_location", "recommender.db:migrations")
    config.attributes["connection"] = connection
    return config


def revision_of(connection: sa.Connection) -> str | None:
    """Return the revision of a database; None when it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def known_revision(revision: str) -> bool:
    """Return whether this version of Moodring has a migration of this revision."""
    scripts = ScriptDirectory.from_config(alembic_config())
    return revision in {script.revision for script in scripts.walk_revisions()}


def language_number(language: str | None) -> float:
    """Return a language's coordinate in the R*Tree, 0..1; two languages may share one."""
    return zlib.crc32((language or "").encode()) % LANGUAGE_NUMBERS / LANGUAGE_NUMBERS


def fill_places(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> None:
    """Add tracks, all or those that are asked for, to SQLite's spatial index.

    The other engines maintain theirs by themselves.
    """
    if connection.dialect.name != "sqlite":
        return
    file = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    file.create_function("language_number", 1, language_number, deterministic=True)
    half, at = TrackRow.valence / 2, sa.func.language_number(TrackRow.language)
    placed = sa.select(TrackRow.id, half, half, TrackRow.energy, TrackRow.energy, at, at)
    placed = placed.where(TrackRow.valence.is_not(None), *which)
    connection.execute(sa.insert(PLACES).from_select(PLACES.columns.keys(), placed))


def empty_places(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> bool:
    """Remove tracks from SQLite's spatial index before they are deleted; return whether all are.

    Where most of them go, a new index is made in a tenth of the time, and the others have to come
    back by `fill_places`.
    """
    if connection.dialect.name != "sqlite":
        return False
    going = sa.select(TrackRow.id).where(TrackRow.valence.is_not(None), *which)
    count, all_ = (
        connection.scalars(sa.select(sa.func.count()).select_from(ids.subquery())).one()
        for ids in (going, sa.select(PLACES.c.id))
    )
    if 2 * count <= all_:
        connection.execute(sa.delete(PLACES).where(PLACES.c.id.in_(going)))
        return False
    connection.exec_driver_sql(f"DROP TABLE {PLACES.name}")
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {PLACES.name} USING rtree({', '.join(PLACES.columns.keys())})"
    )
    return True


def move_counter(connection: sa.Connection, table: sa.Table) -> None:
    """Advance the id sequence past the explicit ids that were inserted.

    Only PostgreSQL needs this: its sequences do not follow explicit ids.
    """
    if connection.dialect.name == "postgresql":
        highest = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
        counter = sa.func.pg_get_serial_sequence(sa.text(f"'{table.name}'"), sa.text("'id'"))
        connection.execute(sa.select(sa.func.setval(counter, highest, sa.text("false"))))
