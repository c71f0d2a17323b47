"""Importing a table of songs: all of it or nothing, in batches, and on from where it broke off.

Rows are read into a waiting room in the database, a batch at a time, and outlive a broken program.
When the last has come, one transaction puts the songs in the place of those that the same source
had. Several processes may import the same table at once. Whoever adds to it finds out under the
lock of the one writer whether another was faster, and then reads on from where that one is.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from sys import intern
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, insert, select, update

from recommender.catalogue.writer import SongRecord, replace_batch
from recommender.db.engine import database_errors, write_transaction
from recommender.db.tables import BatchRow, ImportRow, StagedRow
from recommender.errors import UnreadableTable
from recommender.ingest.cells import MAX_CELL, BadRow
from recommender.ingest.registry import ImportedFile, register
from recommender.ingest.song_tables import layout_of, rows_of, scale_of
from recommender.paths import FILE_MODE, absolute, make_private_folder
from recommender.text import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection, Engine, Row

    from recommender.ingest.song_tables import Layout, Scale


# Rows in a batch: at most this many are read again after an interruption.
BATCH_ROWS = 5000
# Characters in a batch, which bounds memory when the rows are long.
BATCH_TEXT = 10_000_000
IMPORT_FOLDER = "imports"
# Version of the parser. Increase it when rows are read differently: unchanged tables are then
# imported again.
READING = 3


@dataclass(frozen=True, slots=True)
class TableImport:
    """Result of a table import.

    Attributes
    ----------
    songs : int, songs that the import has now
    added, removed : int, songs added and removed
    repeated : int, rows whose song is in an earlier row
    bad : tuple of (line number, problem), the rows that are not songs
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
    side_file = data_dir / IMPORT_FOLDER / f"{_file_name(source)}-bad-rows.csv"
    while True:
        layout, total = _survey(path, mapping, language)
        version = _version(path, layout)
        try:
            with database_errors():
                with write_transaction(engine) as connection:
                    known = select(BatchRow.sha256).where(BatchRow.name == source)
                    if connection.scalar(known) == version:
                        register(connection, imported)
                        return TableImport(0, unchanged=True)
                    staging = begin(connection, source, version)
                staging = _read(path, layout, engine, staging, total, progress)
                with write_transaction(engine) as connection:
                    return _finish(connection, staging, imported, side_file)
        except ConcurrentImport:
            continue  # the other process got further, so the loop ends


def _survey(
    path: Path, mapping: Mapping[str, str] | None, language: str | None
) -> tuple[Layout, int]:
    """Return the table's layout and its last line number."""
    _, header = next(rows_of(path, ()))
    if header is None:
        raise UnreadableTable(f"The table {path.name} has two columns of the same name.")
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


def _version(path: Path, layout: Layout) -> str:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise UnreadableTable(f"The file {path.name} cannot be read.") from error
    digest.update(json.dumps([READING, asdict(layout)], sort_keys=True, default=dict).encode())
    return digest.hexdigest()


def _read(
    path: Path,
    layout: Layout,
    engine: Engine,
    staging: Staging,
    total: int,
    progress: Callable[[int, int], object],
) -> Staging:
    """Stage the rows that are not staged yet."""
    every = rows_of(path, layout.columns.values())
    rows = (row for row in every if row[0] > max(staging.line, 1))
    while batch := _batch(rows):
        waiting = stage_rows(batch, layout)
        with write_transaction(engine) as connection:
            staging = add(connection, staging, waiting, line=batch[-1][0])
        progress(min(staging.line, total), total)
    return staging


def _batch(
    rows: Iterator[tuple[int, Mapping[str, str] | None]],
) -> list[tuple[int, Mapping[str, str] | None]]:
    batch, room = [], BATCH_TEXT
    for line, row in rows:
        batch.append((line, row))
        room -= sum(map(len, (row or {}).values()))
        if len(batch) == BATCH_ROWS or room <= 0:
            break
    return batch


def _finish(
    connection: Connection, staging: Staging, imported: ImportedFile, side_file: Path
) -> TableImport:
    check(connection, staging)
    good = count(connection, staging)
    if not good:
        raise UnreadableTable("No row of the table is a song; nothing was imported.")
    waiting = songs(connection, staging)
    done = replace_batch(connection, imported.source, staging.version, waiting)
    register(connection, imported)
    bad = _write_bad(side_file, bad_lines(connection, staging))
    end(connection, staging)
    return TableImport(
        done.songs,
        done.added,
        done.removed,
        repeated=good - done.songs,
        bad=bad,
        side_file=side_file if bad else None,
    )


def _write_bad(path: Path, rows: Iterator[BadLine]) -> tuple[tuple[int, str], ...]:
    """Write the bad rows to a CSV file; return their line numbers and problems."""
    path.unlink(missing_ok=True)
    first = next(rows, None)
    if first is None:
        return ()
    # A row with a wrong number of cells has no column names; a later row supplies them.
    before = [first]
    while not before[-1].cells and (following := next(rows, None)):
        before.append(following)
    names = list(before[-1].cells)
    bad = []
    make_private_folder(path.parent)
    path.touch(mode=FILE_MODE)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "problem", *map(guarded, names)])
        for row in chain(before, rows):
            texts = (row.problem, *(row.cells.get(name, "") for name in names))
            writer.writerow([row.line, *map(guarded, texts)])
            bad.append((row.line, intern(row.problem)))
    return tuple(bad)


def _file_name(source: str) -> str:
    """Return a file name that is unique to an import, whatever its name."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in source)[:60]
    return f"{plain}-{hashlib.sha256(source.encode()).hexdigest()[:8]}"


BROKEN_ROW = "has another number of cells than the header"
# Rows fetched at once; a bad row may take a megabyte.
SONGS_AT_ONCE = 1000
BAD_AT_ONCE = 20
CUT = "…"


class ConcurrentImport(Exception):
    """Another process has continued the import."""


@dataclass(frozen=True, slots=True)
class Staging:
    """An unfinished import; the fields are those of `ImportRow`."""

    id: int
    version: str
    line: int


class BadLine(NamedTuple):
    """A row that is not a song.

    Attributes
    ----------
    cells : mapping of column to text, each cut after `MAX_CELL` characters
    """

    line: int
    problem: str
    cells: Mapping[str, str]


def begin(connection: Connection, source: str, version: str) -> Staging:
    """Return the import of this version, new or resumed; drop that of another version."""
    of_batch = ImportRow.source == source
    asked = select(ImportRow.id, ImportRow.version, ImportRow.line).where(of_batch)
    found = connection.execute(asked).one_or_none()
    if found is not None and found.version == version:
        return Staging(found.id, version, found.line)
    connection.execute(delete(ImportRow).where(of_batch))
    connection.execute(insert(ImportRow), {"source": source, "version": version, "line": 1})
    return Staging(connection.scalars(select(ImportRow.id).where(of_batch)).one(), version, 1)


def stage_rows(
    rows: Iterable[tuple[int, Mapping[str, str] | None]], layout: Layout
) -> list[dict[str, object]]:
    """Translate rows of a table to rows of the staging table."""
    return [_staged_row(line, row, layout) for line, row in rows]


def _staged_row(line: int, row: Mapping[str, str] | None, layout: Layout) -> dict[str, object]:
    content: dict[str, object] = {
        name: text if len(text) <= MAX_CELL else text[:MAX_CELL] + CUT
        for name, text in (row or {}).items()
    }
    problem = BROKEN_ROW if row is None else None
    if row is not None:
        try:
            content = asdict(layout.song(row))
        except BadRow as error:
            problem = str(error)
    text = json.dumps(content, ensure_ascii=False)
    return {"line": line, "problem": problem, "content": text}


def add(
    connection: Connection, staging: Staging, rows: Sequence[dict[str, object]], line: int
) -> Staging:
    """Stage rows and return the import's new state.

    Parameters
    ----------
    line : int, the last of the rows

    Raises
    ------
    ConcurrentImport
        When another process got further; nothing is changed.
    """
    check(connection, staging)
    connection.execute(insert(StagedRow), [{**row, "import_id": staging.id} for row in rows])
    connection.execute(update(ImportRow).where(ImportRow.id == staging.id).values(line=line))
    return replace(staging, line=line)


def check(connection: Connection, staging: Staging) -> None:
    """Raise `ConcurrentImport` when another process got further."""
    asked = select(ImportRow.version, ImportRow.line).where(ImportRow.id == staging.id)
    if connection.execute(asked).one_or_none() != (staging.version, staging.line):
        raise ConcurrentImport


def count(connection: Connection, staging: Staging) -> int:
    """Return the number of staged songs."""
    asked = select(func.count()).where(
        StagedRow.import_id == staging.id, StagedRow.problem.is_(None)
    )
    return connection.execute(asked).scalar_one()


def songs(connection: Connection, staging: Staging) -> Iterator[SongRecord]:
    """Yield the staged songs in order; the connection stays usable meanwhile."""
    for row in _waiting(connection, staging, StagedRow.problem.is_(None), SONGS_AT_ONCE):
        fields = json.loads(row.content)
        lists = {name: tuple(fields[name]) for name in ("artists", "tags")}
        yield SongRecord(**{**fields, **lists})


def bad_lines(connection: Connection, staging: Staging) -> Iterator[BadLine]:
    """Yield the staged bad rows in order."""
    for row in _waiting(connection, staging, StagedRow.problem.is_not(None), BAD_AT_ONCE):
        yield BadLine(row.line, row.problem, json.loads(row.content))


def end(connection: Connection, staging: Staging) -> None:
    """Delete an import's staged rows."""
    connection.execute(delete(ImportRow).where(ImportRow.id == staging.id))


def _waiting(
    connection: Connection, staging: Staging, which: ColumnElement[bool], at_once: int
) -> Iterator[Row[int, str | None, str]]:
    line = 0
    asked = select(StagedRow.line, StagedRow.problem, StagedRow.content)
    while True:
        of_batch = (StagedRow.import_id == staging.id, StagedRow.line > line, which)
        rows = connection.execute(
            asked.where(*of_batch).order_by(StagedRow.line).limit(at_once)
        ).all()
        yield from rows
        if len(rows) < at_once:
            return
        line = rows[-1].line
