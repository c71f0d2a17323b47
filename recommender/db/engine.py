"""The database: SQLite beside the app, or PostgreSQL, MariaDB or MySQL at an address.

Migrations, imports and refreshes take a lock, so that only one writer runs: on SQLite the file's
own, on the servers a named lock.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from recommender.db.causes import cause_of
from recommender.errors import Service, Unavailable
from recommender.paths import keep_private_database, make_private_folder

FILE_NAME = "catalogue.db"
DATABASE = Service("catalogue", late="unusable", unreachable="unusable", nonsense="broken-song")
# Up to this much of a SQLite file is mapped into memory: a search of a million songs reads hundreds
# of its pages, and a system call for each took a third of the time.
MAPPED_BYTES = 256 * 1024 * 1024
# Timeout for another writer, for example a process that fills the same file.
BUSY_SECONDS = 5.0
# Timeout on MariaDB for a process that starts while another one makes the tables and fills them. On
# PostgreSQL it waits as long as that takes.
OPENING_SECONDS = 120.0
# Timeout for optional writes: a request for songs waits with them.
BRIEF_SECONDS = 0.1
# Timeout for a free connection of the pool under heavy load.
POOL_SECONDS = 1.0
# Timeout for connecting to a server.
CONNECT_SECONDS = 3
_RETRY_SECONDS = 0.02
# Identify our lock on a server; the number spells "mood" in ASCII.
_LOCK_NUMBER, _LOCK_NAME = 0x6D6F6F64, "moodring"
_BRIEF_ON_POSTGRESQL = f"SET LOCAL lock_timeout = {round(1000 * BRIEF_SECONDS)}"
# Drivers that are installed with Moodring.
DRIVERS = {
    "postgresql": "postgresql+psycopg",
    # As Heroku and Render write it.
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    # SQLAlchemy detects which of the two servers it is.
    "mariadb": "mysql+pymysql",
}


@contextmanager
def database_errors() -> Iterator[None]:
    """Convert any database error to `Unavailable`, whose message is for the listener."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError, ValueError) as error:
        cause = cause_of(error)
        if cause is not None:
            raise Unavailable(cause) from error
        raise DATABASE.error_from(error) from error


def make_engine(data_dir: Path, url: str | None = None) -> Engine:
    """Return the engine for a server's address, or for the SQLite file in a folder (created)."""
    if url is None:
        make_private_folder(data_dir)
        return _sqlite_engine(data_dir / FILE_NAME)
    address = make_url(url)
    driver = DRIVERS.get(address.drivername, address.drivername)
    # In a database without an encoding (SQL_ASCII), psycopg would give bytes for texts.
    more = {"client_encoding": "utf8"} if driver == DRIVERS["postgresql"] else {}
    return create_engine(
        address.set(drivername=driver),
        connect_args={"connect_timeout": CONNECT_SECONDS, **more},
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=True,
    )


@contextmanager
def write_transaction(
    engine: Engine, *, brief: bool = False, opening: bool = False
) -> Iterator[Connection]:
    """Yield a connection that holds the writers' lock, in a transaction that ends with the block.

    Parameters
    ----------
    brief : bool, wait at most `BRIEF_SECONDS` for another writer; for optional writes
    opening : bool, wait up to `OPENING_SECONDS` on MariaDB; for a process that starts
    """
    with engine.connect() as connection, write_lock(connection, brief=brief, opening=opening):
        yield connection


@contextmanager
def write_lock(
    connection: Connection, *, brief: bool = False, opening: bool = False
) -> Iterator[None]:
    """Hold the writers' lock, in a transaction that ends with the block.

    Parameters
    ----------
    connection : Connection, not in a transaction
    brief, opening : see `write_transaction`
    """
    connection.execution_options(writes=True)
    named = connection.dialect.name == "mysql"
    if named:
        # GET_LOCK is held by the session: MariaDB commits implicitly at each DDL statement.
        wait_s = BRIEF_SECONDS if brief else OPENING_SECONDS if opening else BUSY_SECONDS
        seconds = {"name": _LOCK_NAME, "seconds": wait_s}
        got = connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), seconds)
        connection.commit()
        if got != 1:
            raise Unavailable("catalogue-busy")
    try:
        with _waiting_briefly(connection) if brief else nullcontext(), connection.begin():
            if connection.dialect.name == "postgresql":
                if brief:
                    connection.execute(text(_BRIEF_ON_POSTGRESQL))
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER}
                )
            yield
    finally:
        if named:
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _LOCK_NAME})
            connection.commit()


@contextmanager
def short_write(engine: Engine, *, brief: bool = False) -> Iterator[Connection]:
    """Yield a connection in a transaction for a few rows, without the writers' lock.

    On a server, an import may hold that lock for a minute.

    Parameters
    ----------
    brief : bool, wait on SQLite at most `BRIEF_SECONDS` for another writer; for optional writes
    """
    with (
        engine.execution_options(writes=True).connect() as connection,
        _waiting_briefly(connection) if brief else nullcontext(),
        connection.begin(),
    ):
        yield connection


@contextmanager
def _waiting_briefly(connection: Connection) -> Iterator[None]:
    """Limit the waits of a transaction on SQLite to `BRIEF_SECONDS`; no effect on other engines."""
    if connection.dialect.name != "sqlite":
        yield
        return
    file = cast("sqlite3.Connection", connection.connection.driver_connection)
    file.execute(f"PRAGMA busy_timeout = {round(1000 * BRIEF_SECONDS)}")
    try:
        yield
    finally:
        file.execute(f"PRAGMA busy_timeout = {round(1000 * BUSY_SECONDS)}")


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        creator=partial(_connect, path),
        pool_timeout=POOL_SECONDS,
    )

    # By default sqlite3 begins at the first write, after the reads that decided on it: two
    # processes could both see an empty catalogue and both fill it.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _connect(path: Path) -> sqlite3.Connection:
    # The pool gives a connection to one thread at a time, but not always to the same one.
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        keep_private_database(path)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        # Songs of a listener's lists leave no trace in the system's folder for temporary files.
        connection.execute("PRAGMA temp_store = MEMORY")
        _switch_to_wal(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, so that readers and the writer do not block each other.

    SQLite does not apply its busy timeout to this switch, so two first runs need the loop.
    """
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return
