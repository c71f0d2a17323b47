"""Backups: of a database that has something in each table, damaged in bytes and by SQL."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from alembic import command
from sqlalchemy import update

from recommender.catalogue.writer import SongRecord, replace_batch
from recommender.db.backup import put_damaged_aside, restore, save
from recommender.db.engine import database_errors, make_engine, write_transaction
from recommender.db.schema import alembic_config
from recommender.db.tables import RecordingRow
from recommender.errors import BadBackup, Unavailable
from recommender.library.recordings import OWNER, Recordings, Scope
from recommender.listeners.history import History
from recommender.listeners.store import Listeners, id_of
from recommender.taste import Verdict
from recommender.types import Mood
from recommender.wiring import open_engine
from tests.fakes.crafted import CRAFTED
from tests.fakes.library import keep_song
from tests.fakes.sources import fake_tracks
from tests.fuzz.database import data_folder, engine, look_at_songs
from tests.fuzz.kind import Kind
from tests.fuzz.mutation import changed

if TYPE_CHECKING:
    from random import Random

    from sqlalchemy import Engine

STARTER = (
    "title,artist,language,year,genre,valence,energy,explicit,checked\n"
    "Halo,Beyoncé,English,2008,pop,0.75,0.60,0,memory\n"
)
REVISIONS = ("0001", "0002", "0003", "0004", "head")
ME = id_of("fuzz")
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
# As SQL has them.
VALUES = (
    "NULL", "0", "-1", "2", "9223372036854775807", "-9223372036854775808", "0.5", "-1e308", "9e999",
    "''", "'x'", "'1'", "'[1'", "'[]'", "'{}'", "'null'", "'[0.1, 0.2, 0.3, 0.4]'", "'[1e999]'",
    "'2026-11-29'", "'2026-11-29 12:00:00.000000'", "'9999-99-99'", "'0000-00-00'", "'nan'",
    "x''", "x'ff'", "x'00'", "CAST(x'ff' AS TEXT)", "CAST(x'ed' AS TEXT)", "char(0)", "char(55296)",
    "printf('%.501c', 'x')", "printf('%.600c', 'x')", "printf('%.70000c', 'x')", "zeroblob(70000)",
    "'starter'", "'spotify'", "'like'", "'/etc/passwd'", "'../../x'",
)  # fmt: skip
STATEMENTS = (
    "UPDATE {table} SET {column} = {value}",
    "UPDATE {table} SET {column} = {value} WHERE rowid = 1",
    "UPDATE {table} SET {column} = (SELECT {other} FROM {table} LIMIT 1)",
    "INSERT INTO {table} SELECT * FROM {table}",
    "DELETE FROM {table}",
    "DROP TABLE {table}",
    "ALTER TABLE {table} DROP COLUMN {column}",
    "ALTER TABLE {table} RENAME COLUMN {column} TO other",
    "ALTER TABLE {table} ADD COLUMN more DEFAULT {value}",
    "CREATE TRIGGER t{number} AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",
    "CREATE VIEW v{number} AS SELECT {value} AS {column}",
    "CREATE INDEX i{number} ON {table} ({column})",
    "CREATE TABLE c{number} AS SELECT * FROM {table}",
    "PRAGMA user_version = 7",
    "REINDEX",
    "PRAGMA page_size = 1024; VACUUM",
    "PRAGMA auto_vacuum = 1; VACUUM",
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table} WHERE rowid = 2",
    "PRAGMA journal_mode = WAL",
    "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = '{table}'",
    "UPDATE sqlite_master SET sql = replace(sql, 'INTEGER', 'TEXT') WHERE name = '{table}'",
    "UPDATE sqlite_master SET sql = replace(sql, 'VARCHAR', 'BLOB') WHERE name = '{table}'",
    "UPDATE sqlite_master SET rootpage = rootpage + 1 WHERE name = '{table}'",
    "UPDATE sqlite_master SET name = 'x{number}', tbl_name = 'x{number}' WHERE name = '{table}'",
)


def samples() -> dict[str, bytes]:
    """Return a backup of each revision, the last one with something in each of its tables."""
    made = {}
    for revision in REVISIONS:
        with TemporaryDirectory() as name:
            folder = Path(name)
            of = make_engine(folder / "data")
            with write_transaction(of) as connection:
                command.upgrade(alembic_config(connection), revision)
            if revision == "head":
                fill(of)
            with write_transaction(of) as connection:
                save(connection, folder / "backup.db")
            of.dispose()
            made[f"{revision}.db"] = (folder / "backup.db").read_bytes()
    return made


def fill(of: Engine) -> None:
    """Put something of each kind into a database."""
    songs = [
        SongRecord(title=f"Söng {n}", artists=("A", "B"), valence=0.5, energy=0.5, tags=("x",))
        for n in range(4)
    ]
    with write_transaction(of) as connection:
        replace_batch(connection, "starter", "0", songs)
    listeners, (track, other) = Listeners(of), fake_tracks(2)
    listeners.keep_history(ME, NOW, keep=True)
    listeners.judge(ME, track, Verdict.LIKE, NOW)
    listeners.ban_artist(ME, other, NOW)
    listeners.note_shown(ME, [track, other], NOW)
    listeners.note_mood(ME, Mood(0.4, 0.6), "happy", NOW)
    for listener in (None, ME):
        keep_song(of, "Own", "Me", listener=listener, year=1999, genre="pop")
        keep_song(of, "Bad", "Me", listener=listener, problem="It cannot be read.")
    with write_transaction(of) as connection:
        # Always the same backup.
        connection.execute(update(RecordingRow).values(tagged_at=NOW.replace(tzinfo=None)))


def seeds() -> dict[str, bytes]:
    """Return backups that somebody made up."""
    whole = samples()["head.db"]
    made = {f"L9 {name} .db": crafted(whole, script) for name, script in CRAFTED.items()}
    return made | {"no database.db": b"no database" * 1000, "empty.db": b""}


def crafted(content: bytes, script: str) -> bytes:
    """Return a database after statements, as many of them as can be run."""
    with TemporaryDirectory() as name:
        path = Path(name) / "x.db"
        path.write_bytes(content)
        # Some are not allowed, or need what the one before has taken away.
        with closing(sqlite3.connect(path)) as file, suppress(sqlite3.Error):
            file.executescript(script)
        return path.read_bytes()


def change(content: bytes, rng: Random, kind: Kind) -> bytes:
    """Damage a backup by SQL; one that is no database any more, in its bytes."""
    with TemporaryDirectory() as name:
        path = Path(name) / "x.db"
        path.write_bytes(content)
        try:
            with closing(sqlite3.connect(path)) as file:
                columns = list(
                    file.execute(
                        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
                        " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
                    )
                )
        except (sqlite3.Error, UnicodeDecodeError):
            columns = []
    if not columns:
        return changed(content, rng, words=kind.words)
    script = ["PRAGMA ignore_check_constraints = ON", "PRAGMA writable_schema = ON"]
    for number in range(rng.choice([1, 1, 2, 4])):
        table, column = rng.choice(columns)
        script.append(
            rng.choice(STATEMENTS).format(
                table=table,
                column=column,
                other=rng.choice([other for of, other in columns if of == table]),
                value=rng.choice(VALUES),
                number=number,
            )
        )
    return crafted(content, ";".join(script))


def read(path: Path) -> str | None:
    """Restore a backup, and look at what was restored; and at the file as a database of ours."""
    copy = path.with_name("catalogue.db")
    shutil.copy(path, copy)
    with suppress(Unavailable), database_errors():
        aside = put_damaged_aside(copy)
        if aside is not None:
            aside.unlink()
    copy.unlink(missing_ok=True)
    try:
        restore(path, engine())
    except BadBackup as error:
        return str(error)
    said = None
    for look in (_open, look_at_songs, _look_at_recordings, _look_at_listener):
        try:
            look(engine())
        except Unavailable as error:
            said = str(error)
    return said


def _open(_: Engine) -> None:
    """Open the database as the app does, which brings it and the starter songs up to date."""
    starter = data_folder() / "starter.csv"
    starter.write_text(STARTER, encoding="utf-8")
    open_engine(data_folder(), starter=starter).dispose()


def _look_at_recordings(of: Engine) -> None:
    for scope in (OWNER, Scope(ME)):
        Recordings(of).of(scope)
        Recordings(of).problems(scope)


def _look_at_listener(of: Engine) -> None:
    Listeners(of).known(ME, NOW)
    history = History(of)
    history.moods(ME, NOW)
    history.most_opened(ME, 10)
    history.opinions(ME)
    history.banned_artists(ME)
    history.export(ME)


KIND = Kind(
    name="backups",
    samples=samples,
    bombs=seeds,
    read=read,
    budgets=("backup: one that somebody made up",),
    words=(b"\0" * 8, b"\xff" * 8, b"SQLite format 3\0", b"CREATE TABLE", b"NOT NULL", b"tracks"),
    change=change,
)
