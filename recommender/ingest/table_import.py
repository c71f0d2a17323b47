"""Importing a table of songs: all of it or nothing.

The table is read twice: for the scales of its numbers, and for its songs, which wait in temporary
tables. One brief transaction puts them in the place of those that the same source had.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from tempfile import TemporaryFile
from typing import TextIO, cast

from sqlalchemy import Connection, Engine, select

from recommender.catalogue.writer import NewBatch, SongRecord
from recommender.db.engine import database_errors, write_lock, write_transaction
from recommender.db.tables import BatchRow
from recommender.errors import UnreadableTable
from recommender.ingest.cells import MAX_CELL, BadRow
from recommender.ingest.registry import ImportedFile, register
from recommender.ingest.scales import Survey
from recommender.ingest.song_tables import Layout, layout_of
from recommender.ingest.table_files import TableFile
from recommender.paths import FILE_MODE, absolute, make_private_folder
from recommender.text import guarded
from recommender.wording import Message, sentence

# Pages of a SQLite file in memory during an import; with the usual 2,000 it holds the lock longer.
CACHE_KB = 16_384
# Rows between two reports of progress.
ROWS_A_STEP = 5000
IMPORT_FOLDER = "imports"
# Version of the parser. Increase it when rows are read differently: unchanged tables are then
# imported again.
READING = 5
MOOD = ("valence", "energy")
BROKEN_ROW = Message("row-cells")
CUT = "…"


@dataclass(frozen=True, slots=True)
class TableImport:
    """Result of a table import.

    Attributes
    ----------
    songs : int, songs that the import has now
    placed : int, how many of them have a valence and an energy
    added, removed : int, songs added and removed
    repeated : int, rows whose song is in an earlier row
    bad : tuple of (line number, packed message), the rows that are not songs
    side_file : Path or None, a CSV file with the bad rows and their problems
    notes : tuple of Message, sentences about how the table was read, and what was left out
    unchanged : bool, whether the same table was imported before, so that nothing was done
    """

    songs: int
    placed: int = 0
    added: int = 0
    removed: int = 0
    repeated: int = 0
    bad: tuple[tuple[int, str], ...] = ()
    side_file: Path | None = None
    notes: tuple[Message, ...] = ()
    unchanged: bool = False


def import_table(
    path: Path,
    engine: Engine,
    data_dir: Path,
    *,
    source: str,
    mapping: Mapping[str, str] | None = None,
    language: str | None = None,
    progress: Callable[[int, int], object] = lambda _done, _all: None,
) -> TableImport:
    """Import a song table, replacing what the import had before, and register the file.

    Parameters
    ----------
    source : str, name of the import
    mapping, language : see `recommender.ingest.song_tables.layout_of`
    progress : callable (rows read, rows in all)

    Raises
    ------
    UnreadableTable
        When the file is not a table of songs, or none of its rows is a song.
    Unavailable
        When the database cannot be used.
    """
    imported = ImportedFile(source, "table", absolute(path), mapping or {}, language)
    version = _version(path, imported)
    with database_errors(), write_transaction(engine) as connection:
        if _is_known(connection, source, version):
            register(connection, imported)
            return TableImport(0, unchanged=True)
    table = TableFile(path, mapping)
    layout = layout_of(table.header, mapping=mapping, language=language)
    layout, total, notes = _survey(table, layout)
    side_file = data_dir / IMPORT_FOLDER / f"{_file_name(source)}-bad-rows.csv"
    make_private_folder(data_dir)
    with (
        database_errors(),
        own_connection(engine) as connection,
        TemporaryFile("w+", encoding="utf-8", newline="", dir=data_dir) as file,
    ):
        batch, bad = NewBatch(connection, source), BadRows(file)
        batch.add(_songs(table, layout, total, bad, progress))
        connection.commit()
        if not batch.songs:
            for line, problem in bad.told:
                raise UnreadableTable(
                    "table-no-song-first", line=line, problem=Message.unpacked(problem)
                )
            raise UnreadableTable("table-no-song")
        with write_lock(connection):
            # Another process may have read the table meanwhile.
            if _is_known(connection, source, version):
                return TableImport(0, unchanged=True)
            done = batch.put_in_place(version)
            register(connection, imported)
            bad.save(side_file)
    return TableImport(
        done.songs,
        batch.placed,
        done.added,
        done.removed,
        repeated=batch.repeated,
        bad=tuple(bad.told),
        side_file=side_file if bad.told else None,
        notes=(*notes, *bad.notes()),
    )


def _is_known(connection: Connection, source: str, version: str) -> bool:
    known = select(BatchRow.sha256).where(BatchRow.name == source)
    return connection.scalar(known) == version


def _version(path: Path, imported: ImportedFile) -> str:
    """Return a digest of a table and of the way in which it is read."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise UnreadableTable("table-unreadable", file=path.name) from error
    reading = [READING, dict(imported.mapping), imported.language]
    digest.update(json.dumps(reading, sort_keys=True).encode())
    return digest.hexdigest()


def _survey(table: TableFile, layout: Layout) -> tuple[Layout, int, list[Message]]:
    """Return the layout with scales, the last line's number, and sentences about the table."""
    moods = {name: layout.columns[name] for name in MOOD if name in layout.columns}
    survey, last = Survey(moods), 1
    for line, row in table.rows({*moods.values()}):
        last = line
        survey.add(row or {})
    found = survey.reading()
    notes = []
    if table.above > 0:
        notes.append(Message("table-above", {"rows": table.above}))
    if table.guessed is not None:
        notes.append(Message("playlist-encoding", {"encoding": table.guessed}))
    twice = {name for name, count in Counter(table.header).items() if count > 1}
    notes += (
        Message("table-first-column", {"column": name}) for name in sorted(twice & layout.needed)
    )
    for name, scale in found.scales.items():
        notes.append(Message(f"read-{name}", {"scale": Message(f"scale-{scale.name.casefold()}")}))
    for name, numbers in found.doubtful.items():
        if numbers is None:
            notes.append(Message(f"words-{name}"))
        else:
            low, high = (f"{number:g}" for number in numbers)
            notes.append(Message(f"doubt-{name}", {"low": low, "high": high}))
    return layout.with_scales(found), last, notes


def _songs(
    table: TableFile,
    layout: Layout,
    total: int,
    bad: BadRows,
    progress: Callable[[int, int], object],
) -> Iterator[SongRecord]:
    """Yield the songs of a table, and note the rows that are none."""
    line = 1
    for number, (line, row) in enumerate(table.rows(layout.needed, whole=True)):
        if number and number % ROWS_A_STEP == 0:
            progress(min(line, total), total)
        if row is None:
            bad.add(line, BROKEN_ROW, {})
            continue
        try:
            song = layout.song(row)
        except BadRow as error:
            bad.add(line, error.message, row)
            continue
        if song.year is None and (text := layout.lost_year(row)):
            bad.lose_year(line, text)
        yield song
    progress(min(line, total), total)


class BadRows:
    """The rows of a table that are not songs, or that lost something.

    Attributes
    ----------
    told : list of (line number, packed message)
    """

    def __init__(self, file: TextIO) -> None:
        self.told: list[tuple[int, str]] = []
        self._names: list[str] = []
        self._years, self._first_year = 0, (0, "")
        self._file, self._writer = file, csv.writer(file)

    def add(self, line: int, problem: Message, row: Mapping[str, str]) -> None:
        """Note a row, each cell cut after `MAX_CELL` characters; none for a broken row."""
        cells = (text if len(text) <= MAX_CELL else text[:MAX_CELL] + CUT for text in row.values())
        self._names = self._names or list(row)
        self._writer.writerow([line, guarded(sentence(problem)), *map(guarded, cells)])
        self.told.append((line, intern(problem.packed())))

    def lose_year(self, line: int, text: str) -> None:
        """Note a row whose year cannot be read."""
        self._first_year = self._first_year if self._years else (line, text[:40])
        self._years += 1

    def notes(self) -> list[Message]:
        """Return sentences about what was left out of songs."""
        line, text = self._first_year
        values = {"years": self._years, "line": line, "text": text}
        return [Message("table-years", values)] if self._years else []

    def save(self, path: Path) -> None:
        """Write a CSV file of the rows and their problems; with none, delete that of before."""
        path.unlink(missing_ok=True)
        if not self.told:
            return
        make_private_folder(path.parent)
        path.touch(mode=FILE_MODE)
        self._file.seek(0)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(["line", "problem", *map(guarded, self._names)])
            shutil.copyfileobj(self._file, file)


@contextmanager
def own_connection(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that is closed afterwards; its temporary tables lie on the disk."""
    with engine.connect() as connection:
        connection.detach()
        if connection.dialect.name == "sqlite":
            # An import may hold millions of songs. This cannot be changed in a transaction.
            file = cast("sqlite3.Connection", connection.connection.dbapi_connection)
            file.execute("PRAGMA temp_store = FILE")
            connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KB}")
            connection.commit()
        yield connection


def _file_name(source: str) -> str:
    """Return a file name that is unique to an import, whatever its name."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in source)[:60]
    return f"{plain}-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
