"""Validation of a backup, which may come from anybody, before any table is replaced."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from recommender.db.schema import PLACES, alembic_config, known_revision
from recommender.errors import BadBackup

VERSION_TABLE = "alembic_version"
# Bytes of one value. MariaDB's MEDIUMTEXT holds fewer.
MAX_VALUE = 64 * 1024 * 1024
# typeof() results allowed for each column type; SQLite itself stores any value in any column.
_KINDS: tuple[tuple[type, tuple[str, ...]], ...] = (
    (sa.Boolean, ("integer",)),
    (sa.Integer, ("integer",)),
    (sa.Float, ("real", "integer")),
)


@contextmanager
def opened_backup(path: Path) -> Iterator[tuple[sa.Connection, str, sa.MetaData]]:
    """Yield a connection to a valid backup, its revision, and the tables of that revision.

    Nothing in the file is executed, and no file beside it is written.

    Raises
    ------
    BadBackup
        When the file is no backup, is damaged, or was made by a newer version of Moodring.
    """
    if not path.is_file():
        raise BadBackup("backup-missing", file=path.name)
    engine = sa.create_engine("sqlite://", creator=lambda: _connect(path), poolclass=StaticPool)
    try:
        try:
            with engine.connect() as source:
                revision = _checked(source, path)
                tables = tables_of(revision)
                for table in tables.sorted_tables:
                    _check_table(source, table, path)
        # SQLite quotes damage in its messages, and it may be no text.
        except (DatabaseError, sqlite3.Error, UnicodeDecodeError) as error:
            raise BadBackup("backup-no-backup", file=path.name) from error
        with engine.connect() as source:
            yield source, revision, tables
    finally:
        engine.dispose()


def own_tables(connection: sa.Connection) -> sa.MetaData:
    """Return the tables that hold data of ours, without version table and spatial index."""
    tables = sa.MetaData()
    tables.reflect(
        connection,
        only=lambda name, _: name != VERSION_TABLE and not name.startswith(PLACES.name),
    )
    return tables


@lru_cache
def tables_of(revision: str) -> sa.MetaData:
    """Return the tables of a revision."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            command.upgrade(alembic_config(connection), revision)
            return own_tables(connection)
    finally:
        engine.dispose()


def _connect(path: Path) -> sqlite3.Connection:
    log = path.with_name(f"{path.name}-wal")
    # A backup has no write-ahead log; a database that was copied by hand may have one.
    alone = "" if log.is_file() and log.stat().st_size else "&immutable=1"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro{alone}", uri=True, check_same_thread=False
    )
    try:
        # Invalid UTF-8 then raises an error about the value instead of one about the database.
        connection.text_factory = bytes.decode
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _checked(source: sa.Connection, path: Path) -> str:
    """Return the revision of a backup."""
    if source.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise BadBackup("backup-damaged", file=path.name)
    if not _is_table(source, VERSION_TABLE):
        raise BadBackup("backup-no-backup", file=path.name)
    asked = f"SELECT version_num FROM {VERSION_TABLE} LIMIT 2"  # noqa: S608 - a constant
    revisions = source.exec_driver_sql(asked).scalars().all()
    if len(revisions) != 1 or not isinstance(revisions[0], str):
        raise BadBackup("backup-no-backup", file=path.name)
    if not known_revision(revisions[0]):
        raise BadBackup("backup-newer", file=path.name)
    return revisions[0]


def _is_table(source: sa.Connection, name: str) -> bool:
    asked = sa.text(
        "SELECT count(*) FROM pragma_table_list"
        " WHERE schema = 'main' AND name = :name AND type = 'table'"
    )
    return bool(source.scalar(asked, {"name": name}) == 1)


def _check_table(source: sa.Connection, table: sa.Table, path: Path) -> None:
    asked = sa.text("SELECT name FROM pragma_table_xinfo(:name) WHERE hidden = 0")
    present = set(source.scalars(asked, {"name": table.name}))
    if not (_is_table(source, table.name) and present.issuperset(table.columns.keys())):
        raise BadBackup("backup-tables", file=path.name)
    wrong = " OR ".join(map(_wrong, table.columns))
    some = f'SELECT 1 FROM "{table.name}" WHERE {wrong} LIMIT 1'  # noqa: S608 - our names, no value
    if source.exec_driver_sql(some).first() is not None:
        raise BadBackup("backup-bad-values", file=path.name)
    # Reading reveals invalid texts, dates and times, and has to come before the restore: MariaDB
    # cannot roll the replaced tables back.
    try:
        for _ in source.execute(table.select()):
            pass
    except (ValueError, TypeError) as error:
        raise BadBackup("backup-bad-values", file=path.name) from error
    if source.exec_driver_sql(f'PRAGMA foreign_key_check("{table.name}")').first() is not None:
        raise BadBackup("backup-bad-values", file=path.name)


def _wrong(column: sa.Column[object]) -> str:
    """Return an SQL condition that holds for values that are invalid in a column."""
    kinds = next((names for kind, names in _KINDS if isinstance(column.type, kind)), ("text",))
    allowed = ", ".join(f"'{name}'" for name in (*kinds, *(["null"] if column.nullable else [])))
    wrong = f'typeof("{column.name}") NOT IN ({allowed})'
    if isinstance(column.type, sa.Boolean):
        wrong += f' OR "{column.name}" NOT IN (0, 1)'
    if isinstance(column.type, sa.String) and column.type.length:
        wrong += f' OR length("{column.name}") > {column.type.length}'
    return wrong
