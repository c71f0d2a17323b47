"""Backup, restore, and migration, which makes a backup first.

A backup is one SQLite file, whatever the engine it is made from, and can be restored into any
engine. For recordings it holds tags, moods, corrections and file paths;
the audio files themselves, uploads included, are not part of it.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, IntegrityError

from recommender.db.backup_check import opened_backup, own_tables
from recommender.db.engine import write_transaction
from recommender.db.processes import AgreementRow, ReplicaRow
from recommender.db.schema import (
    PLACES,
    alembic_config,
    fill_places,
    known_revision,
    move_counter,
    revision_of,
)
from recommender.errors import BadBackup, Unavailable
from recommender.paths import FILE_MODE, make_private_folder

BACKUP_FOLDER = "backups"
# Backups made before migrations; the oldest is deleted.
KEPT_BACKUPS = 5
# Rows per batch when copying between two databases.
ROWS_AT_ONCE = 1000
OF_PROCESSES = frozenset({AgreementRow.__tablename__, ReplicaRow.__tablename__})
# Endings of a SQLite database and of its side files.
BESIDE = ("", "-wal", "-shm", "-journal")
_DAMAGE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def save(connection: sa.Connection, path: Path) -> None:
    """Write all tables into a new SQLite file, which gets its name once it is complete.

    Raises
    ------
    BadBackup
        When a file of this name exists.
    """
    if path.exists():
        raise BadBackup("backup-exists", file=path.name)
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


def restore(path: Path, engine: sa.Engine) -> None:
    """Replace the tables of a database by those of a backup.

    MariaDB cannot roll back DDL: there, a restore that is interrupted must be repeated.

    Raises
    ------
    BadBackup
        When the file is no backup, is damaged, holds invalid values, or was made by a newer version
        of Moodring.
    """
    with opened_backup(path) as (source, revision, tables), write_transaction(engine) as target:
        present = _file_of(target)
        if present and path.samefile(present):
            raise BadBackup("backup-is-database", file=path.name)
        _drop_all(target)
        command.upgrade(alembic_config(target), revision)
        try:
            _copy(source, tables, target)
        # Values that the target rejects; an unreachable target raises other errors.
        except (IntegrityError, DataError, ValueError, OverflowError) as error:
            raise BadBackup("backup-bad-values", file=path.name) from error


def migrate(connection: sa.Connection, data_dir: Path) -> None:
    """Migrate the schema to the newest revision, after a backup when there are tables.

    Parameters
    ----------
    connection : Connection, from `recommender.db.engine.write_transaction`
    data_dir : Path, parent of the backup folder

    Raises
    ------
    Unavailable
        When the database was made by a newer version of Moodring.
    """
    config = alembic_config(connection)
    now = revision_of(connection)
    if now == ScriptDirectory.from_config(config).get_current_head():
        return
    if now is not None and not known_revision(now):
        raise Unavailable("catalogue-newer")
    if sa.inspect(connection).get_table_names():
        _back_up(connection, data_dir / BACKUP_FOLDER, now or "0000")
    command.upgrade(config, "head")


def _back_up(connection: sa.Connection, folder: Path, revision: str) -> None:
    make_private_folder(folder)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    save(connection, folder / f"before-{stamp}-{revision}.db")
    for old in sorted(folder.glob("before-*.db"))[:-KEPT_BACKUPS]:
        old.unlink(missing_ok=True)


def put_damaged_aside(file: Path) -> Path | None:
    """Rename a damaged SQLite file and return its new path; None when it is not damaged.

    Its side files are renamed with it. `put_back` undoes this.
    """
    if not file.is_file() or not _is_damaged(file):
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    aside = file.with_name(f"{file.stem}-damaged-{stamp}{file.suffix}")
    _move(file, aside)
    return aside


def put_back(aside: Path, file: Path) -> None:
    """Rename a file that was put aside back to its own name."""
    for ending in BESIDE:
        file.with_name(file.name + ending).unlink(missing_ok=True)
    _move(aside, file)


def _move(file: Path, other: Path) -> None:
    for ending in BESIDE:
        one = file.with_name(file.name + ending)
        if one.exists():
            one.rename(other.with_name(other.name + ending))


def _is_damaged(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            foreign = "SELECT 1 FROM sqlite_master WHERE type IN ('view', 'trigger')"
            whole = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            return not whole or connection.execute(foreign).fetchone() is not None
    except UnicodeDecodeError:
        # SQLite quotes the damage in its message.
        return True
    except sqlite3.DatabaseError as error:
        # The low byte is the primary result code, the others extend it.
        if error.sqlite_errorcode & 255 in _DAMAGE:
            return True
        raise


def _file_of(connection: sa.Connection) -> str:
    """Return the path of a SQLite database; "" for a server."""
    if connection.dialect.name != "sqlite":
        return ""
    main = "SELECT file FROM pragma_database_list WHERE name = 'main'"
    return str(connection.exec_driver_sql(main).scalar_one())


def _save_pages(connection: sa.Connection, path: Path) -> None:
    """Copy page by page: about one second for a million songs."""
    file = _file_of(connection)
    # A separate connection, which does not see the writer's uncommitted changes.
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)


def _save_rows(connection: sa.Connection, path: Path) -> None:
    engine = sa.create_engine(URL.create("sqlite", database=str(path)))
    try:
        with engine.begin() as target:
            command.upgrade(alembic_config(target), revision_of(connection) or "base")
            _copy(connection, own_tables(connection), target)
    finally:
        engine.dispose()


def _drop_all(target: sa.Connection) -> None:
    if target.dialect.name == "sqlite":
        # Dropping an R*Tree drops its shadow tables, too.
        target.exec_driver_sql(f"DROP TABLE IF EXISTS {PLACES.name}")
    old = sa.MetaData()
    old.reflect(target)
    old.drop_all(target)


def _copy(source: sa.Connection, theirs: sa.MetaData, target: sa.Connection) -> None:
    """Copy the rows of all tables between two databases of the same revision.

    The tables of `OF_PROCESSES` stay behind: an agreement that was withdrawn since must not come
    back.

    Parameters
    ----------
    theirs : MetaData, the tables of the source
    """
    for table in own_tables(target).sorted_tables:
        if table.name in OF_PROCESSES:
            continue
        # Set on the statement: set on the connection, the option would stay.
        rows = source.execute(
            sa.select(theirs.tables[table.name]), execution_options={"yield_per": ROWS_AT_ONCE}
        )
        for part in rows.mappings().partitions(ROWS_AT_ONCE):
            target.execute(sa.insert(table), [dict(row) for row in part])
        if "id" in table.columns and isinstance(table.columns["id"].type, sa.Integer):
            move_counter(target, table)
    fill_places(target)
