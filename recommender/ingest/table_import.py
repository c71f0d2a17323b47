"""Importing a table of songs: all of it or nothing.

The table is read twice: for the scales of its numbers, and for its songs, which wait in temporary
tables. One brief transaction puts them in the place of those that the same source had.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from sys import intern
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from sqlalchemy import select

from recommender.catalogue.writer import NewBatch
from recommender.db.engine import database_errors, write_lock, write_transaction
from recommender.db.tables import BatchRow
from recommender.errors import UnreadableTable
from recommender.ingest.cells import MAX_CELL, BadRow
from recommender.ingest.registry import ImportedFile, register
from recommender.ingest.song_tables import layout_of, rows_of, scale_of
from recommender.paths import FILE_MODE, absolute, make_private_folder
from recommender.text import guarded
from recommender.wording import Message, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    from sqlalchemy import Connection, Engine

    from recommender.catalogue.writer import SongRecord
    from recommender.ingest.song_tables import Layout, Scale


# Pages of a SQLite file in memory during an import; with the usual 2,000 it holds the lock longer.
CACHE_KB = 32_768
# Rows between two reports of progress.
ROWS_A_STEP = 5000
IMPORT_FOLDER = "imports"
# Version of the parser. Increase it when rows are read differently: unchanged tables are then
# imported again.
READING = 4
BROKEN_ROW = Message("row-cells")
CUT = "…"


@dataclass(frozen=True, slots=True)
class TableImport:
    """Result of a table import.

    Attributes
    ----------
    songs : int, songs that the import has now
    added, removed : int, songs added and removed
    repeated : int, rows whose song is in an earlier row
    bad : tuple of (line number, packed message), the rows that are not songs
    side_file : Path or None, a CSV file with the bad rows and their problems
    unchanged : bool, whether the same table was imported before, so that nothing was done
    """

    songs: int
    added: int = 0
    removed: int = 0
    repeated: int = 0
    bad: tuple[tuple[int, str], ...] = ()
    side_file: Path | None = None
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
        if connection.scalar(select(BatchRow.sha256).where(BatchRow.name == source)) == version:
            register(connection, imported)
            return TableImport(0, unchanged=True)
    layout, total = _survey(path, mapping, language)
    side_file = data_dir / IMPORT_FOLDER / f"{_file_name(source)}-bad-rows.csv"
    make_private_folder(data_dir)
    with (
        database_errors(),
        _own_connection(engine) as connection,
        TemporaryFile("w+", encoding="utf-8", newline="", dir=data_dir) as file,
    ):
        batch, bad = NewBatch(connection, source), BadRows(file)
        batch.add(_songs(path, layout, total, bad, progress))
        connection.commit()
        if not batch.songs:
            raise UnreadableTable("table-no-song")
        with write_lock(connection):
            done = batch.put_in_place(version)
            register(connection, imported)
            bad.save(side_file)
    return TableImport(
        done.songs,
        done.added,
        done.removed,
        repeated=batch.repeated,
        bad=tuple(bad.told),
        side_file=side_file if bad.told else None,
    )


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


def _survey(
    path: Path, mapping: Mapping[str, str] | None, language: str | None
) -> tuple[Layout, int]:
    """Return the table's layout and its last line number."""
    _, header = next(rows_of(path, ()))
    if header is None:
        raise UnreadableTable("table-same-names", file=path.name)
    layout = layout_of(list(header), mapping=mapping, language=language)
    extremes: dict[str, tuple[float, float]] = {}
    last = 1
    for line, row in islice(rows_of(path, layout.columns.values()), 1, None):
        last = line
        for name in ("valence", "energy"):
            if row is not None and name in layout.columns:
                try:
                    value = float(row[layout.columns[name]])
                except ValueError:
                    continue
                if value == value:  # noqa: PLR0124 - NaN differs from itself
                    low, high = extremes.get(name, (value, value))
                    extremes[name] = min(low, value), max(high, value)
    scales: dict[str, Scale] = {name: scale_of(*ends) for name, ends in extremes.items()}
    return replace(layout, scales=scales), last


def _songs(
    path: Path, layout: Layout, total: int, bad: BadRows, progress: Callable[[int, int], object]
) -> Iterator[SongRecord]:
    """Yield the songs of a table, and note the rows that are none."""
    line = 1
    for number, (line, row) in enumerate(islice(rows_of(path, layout.columns.values()), 1, None)):
        if number and number % ROWS_A_STEP == 0:
            progress(min(line, total), total)
        if row is None:
            bad.add(line, BROKEN_ROW, {})
            continue
        try:
            song = layout.song(row)
        except BadRow as error:
            bad.add(line, error.message, row)
        else:
            yield song
    progress(min(line, total), total)


class BadRows:
    """The rows of a table that are not songs.

    Attributes
    ----------
    told : list of (line number, packed message)
    """

    def __init__(self, file: TextIO) -> None:
        self.told: list[tuple[int, str]] = []
        self._names: list[str] = []
        self._file, self._writer = file, csv.writer(file)

    def add(self, line: int, problem: Message, row: Mapping[str, str]) -> None:
        """Note a row, each cell cut after `MAX_CELL` characters; none for a broken row."""
        cells = (text if len(text) <= MAX_CELL else text[:MAX_CELL] + CUT for text in row.values())
        self._names = self._names or list(row)
        self._writer.writerow([line, guarded(sentence(problem)), *map(guarded, cells)])
        self.told.append((line, intern(problem.packed())))

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
def _own_connection(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that is closed afterwards, and its temporary tables with it."""
    with engine.connect() as connection:
        connection.detach()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KB}")
            connection.commit()
        yield connection


def _file_name(source: str) -> str:
    """Return a file name that is unique to an import, whatever its name."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in source)[:60]
    return f"{plain}-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
