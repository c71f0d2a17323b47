"""Backup and restore. A backup is one SQLite file, whatever the database is.

It can be restored into any database: into the one that it came from, or from the file beside the
app into a server and back. Of recordings it holds the tags, moods and corrections, and where the
files lie; the files themselves, dropped ones too, are in no backup.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from alembic import command
from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    MetaData,
    create_engine,
    insert,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from recommender.database import alembic_config, known_revision, revision_of, writing
from recommender.errors import BadBackup
from recommender.filling import move_counter
from recommender.places import PLACES, fill_places
from recommender.private_files import FILE_MODE

if TYPE_CHECKING:
    from pathlib import Path

# Rows that travel at once between two databases.
ROWS_AT_ONCE = 1000
VERSION_TABLE = "alembic_version"


def save(connection: Connection, path: Path) -> None:
    """Write all tables into a new SQLite file; nobody sees it before it is whole.

    Raises
    ------
    BadBackup
        When there is a file of this name.
    """
    if path.exists():
        raise BadBackup(f"There is a file {path.name} already.")
    partial = path.with_name(f"{path.name}.part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=FILE_MODE)
    try:
        if connection.dialect.name == "sqlite":
            _save_pages(connection, partial)
        else:
            _save_rows(connection, partial)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def restore(path: Path, engine: Engine) -> None:
    """Put the tables of a backup in the place of those of a database.

    On MariaDB, where a change of a table cannot be taken back, a restore that breaks off leaves a
    database that has to be restored again.

    Raises
    ------
    BadBackup
        When the file is none, is damaged, or was made by a newer version of Moodring.
    """
    backup = _opened(path)
    try:
        with backup.connect() as source, writing(engine) as target:
            revision = _checked(source, path)
            _drop_all(target)
            command.upgrade(alembic_config(target), revision)
            _copy(source, target)
    finally:
        backup.dispose()


def _opened(path: Path) -> Engine:
    if not path.is_file():
        raise BadBackup(f"There is no file {path.name}.")
    address = URL.create(
        "sqlite", database=f"file:{path.resolve()}", query={"mode": "ro", "uri": "true"}
    )
    return create_engine(address)


def _checked(source: Connection, path: Path) -> str:
    try:
        if source.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
            raise BadBackup(f"The file {path.name} is damaged.")
        revision = revision_of(source)
    except DatabaseError as error:
        raise BadBackup(f"The file {path.name} is no backup.") from error
    if revision is None:
        raise BadBackup(f"The file {path.name} is no backup.")
    if not known_revision(revision):
        raise BadBackup(f"The file {path.name} was made by a newer version of Moodring.")
    return revision


def _save_pages(connection: Connection, path: Path) -> None:
    """Copy page by page: a second for a million songs."""
    main = "SELECT file FROM pragma_database_list WHERE name = 'main'"
    file = connection.exec_driver_sql(main).scalar_one()
    # A connection of its own, which sees what the writer has not changed yet.
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)


def _save_rows(connection: Connection, path: Path) -> None:
    engine = create_engine(URL.create("sqlite", database=str(path)))
    try:
        with engine.begin() as target:
            command.upgrade(alembic_config(target), revision_of(connection) or "base")
            _copy(connection, target)
    finally:
        engine.dispose()


def _drop_all(target: Connection) -> None:
    if target.dialect.name == "sqlite":
        # An R*Tree takes its own tables along.
        target.exec_driver_sql(f"DROP TABLE IF EXISTS {PLACES.name}")
    old = MetaData()
    old.reflect(target)
    old.drop_all(target)


def _tables(connection: Connection) -> MetaData:
    """Return the tables that hold something of their own: no version, no index."""
    tables = MetaData()
    tables.reflect(
        connection,
        only=lambda name, _: name != VERSION_TABLE and not name.startswith(PLACES.name),
    )
    return tables


def _copy(source: Connection, target: Connection) -> None:
    """Copy the rows of all tables between two databases of the same revision."""
    theirs, ours = _tables(source), _tables(target)
    for table in ours.sorted_tables:
        # Told to the statement: the connection would keep it for all that comes after.
        rows = source.execute(
            select(theirs.tables[table.name]), execution_options={"yield_per": ROWS_AT_ONCE}
        )
        for part in rows.mappings().partitions(ROWS_AT_ONCE):
            target.execute(insert(table), [dict(row) for row in part])
        if "id" in table.columns and isinstance(table.columns["id"].type, Integer):
            move_counter(target, table)
    fill_places(target)
