"""Importing a table of songs: all of it or nothing, in batches, and on from where it broke off.

Rows are read into a waiting room in the database, a batch at a time. When the last has come, one
transaction puts the songs in the place of those that the same source had.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from recommender.database import answering, writing
from recommender.errors import UnreadableTable
from recommender.filling import NewSong, replace_songs
from recommender.song_tables import BadRow, layout_of, rows_of, scale_of
from recommender.tables import ImportRow, SourceRow, StagedRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from recommender.song_tables import Layout, Scale

# What is lost at most when the program is broken off.
BATCH_ROWS = 5000
IMPORT_FOLDER = "imports"
BROKEN_ROW = "has another number of cells than the header"


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    songs : how many the source has now
    repeated : rows whose song stood in an earlier row
    bad : lines and problems of the rows that are no songs
    side_file : where those rows lie, with their problems; None without any
    unchanged : the same table had been imported before, and nothing was done
    """

    songs: int
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
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Imported:
    """Import a table of songs in the place of what the source had.

    source : a name; the same one replaces what was imported under it
    mapping, language : as `recommender.song_tables.layout_of` takes them
    progress : called with the rows read so far, and with all of them

    Raises
    ------
    UnreadableTable
        When the file is no table of songs, or no row is a song.
    Unavailable
        When the database cannot be used.
    """
    layout, total = _survey(path, mapping, language)
    version = _version(path, layout)
    side_file = data_dir / IMPORT_FOLDER / f"{_file_name(source)}-bad-rows.csv"
    with answering():
        with writing(engine) as connection:
            known = select(SourceRow.sha256).where(SourceRow.name == source)
            if connection.scalar(known) == version:
                return Imported(0, unchanged=True)
            number, line = _begin(connection, source, version)
        rows = (row for row in rows_of(path) if row[0] > max(line, 1))
        done = line
        while batch := list(islice(rows, BATCH_ROWS)):
            staged = [_staged(number, *row, layout) for row in batch]
            done = batch[-1][0]
            with writing(engine) as connection:
                connection.execute(insert(StagedRow), staged)
                here = update(ImportRow).where(ImportRow.id == number)
                connection.execute(here.values(line=done))
            progress(min(done, total), total)
        with writing(engine) as connection:
            return _finish(connection, number, source, version, side_file)


def _survey(
    path: Path, mapping: Mapping[str, str] | None, language: str | None
) -> tuple[Layout, int]:
    """Return how the table is to be read, and its last line."""
    rows = rows_of(path)
    _, header = next(rows)
    if header is None:
        raise UnreadableTable(f"The table {path.name} has two columns of the same name.")
    layout = layout_of(list(header), mapping=mapping, language=language)
    extremes: dict[str, tuple[float, float]] = {}
    last = 1
    for line, row in rows:
        last = line
        for name in ("valence", "energy"):
            if row is not None and name in layout.columns:
                try:
                    value = float(row[layout.columns[name]])
                except ValueError:
                    continue
                if value == value:  # noqa: PLR0124 - a number that is none differs from itself
                    low, high = extremes.get(name, (value, value))
                    extremes[name] = min(low, value), max(high, value)
    scales: dict[str, Scale] = {name: scale_of(*ends) for name, ends in extremes.items()}
    return replace(layout, scales=scales), last


def _version(path: Path, layout: Layout) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(json.dumps(asdict(layout), sort_keys=True, default=dict).encode())
    return digest.hexdigest()


def _begin(connection: Connection, source: str, version: str) -> tuple[int, int]:
    """Return the number of the import, and the last line that waits already."""
    ours = ImportRow.source == source
    asked = select(ImportRow.id, ImportRow.version, ImportRow.line).where(ours)
    found = connection.execute(asked).one_or_none()
    if found is not None and found.version == version:
        return found.id, found.line
    connection.execute(delete(ImportRow).where(ours))
    connection.execute(insert(ImportRow), {"source": source, "version": version, "line": 1})
    return connection.execute(select(ImportRow.id).where(ours)).scalar_one(), 1


def _staged(
    number: int, line: int, row: Mapping[str, str] | None, layout: Layout
) -> dict[str, object]:
    content: dict[str, object] = dict(row or {})
    problem = BROKEN_ROW if row is None else None
    if row is not None:
        try:
            content = asdict(layout.song(row))
        except BadRow as error:
            problem = str(error)
    text = json.dumps(content, ensure_ascii=False)
    return {"import_id": number, "line": line, "problem": problem, "content": text}


def _finish(
    connection: Connection, number: int, source: str, version: str, side_file: Path
) -> Imported:
    ours = StagedRow.import_id == number
    bad = connection.execute(
        select(StagedRow.line, StagedRow.problem, StagedRow.content)
        .where(ours, StagedRow.problem.is_not(None))
        .order_by(StagedRow.line)
    ).all()
    good = connection.scalars(
        select(StagedRow.content).where(ours, StagedRow.problem.is_(None)).order_by(StagedRow.line)
    ).all()
    if not good:
        raise UnreadableTable("No row of the table is a song; nothing was imported.")
    songs = replace_songs(connection, source, version, _songs(good))
    connection.execute(delete(ImportRow).where(ImportRow.id == number))
    _write_bad(side_file, bad)
    return Imported(
        songs,
        repeated=len(good) - songs,
        bad=tuple((line, problem or "") for line, problem, _ in bad),
        side_file=side_file if bad else None,
    )


def _songs(contents: Iterable[str]) -> Iterator[NewSong]:
    for content in contents:
        fields = json.loads(content)
        yield NewSong(**{**fields, "artists": tuple(fields["artists"])})


def _write_bad(path: Path, bad: Iterable[tuple[int, str | None, str]]) -> None:
    rows = [(line, problem, json.loads(content)) for line, problem, content in bad]
    path.unlink(missing_ok=True)
    if not rows:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    names = max((list(cells) for _, _, cells in rows), key=len)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "problem", *names])
        writer.writerows(
            [line, problem, *(cells.get(name, "") for name in names)]
            for line, problem, cells in rows
        )


def _file_name(source: str) -> str:
    """Return a name for a file that is nobody else's, whatever the source is called."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in source)[:60]
    return f"{plain}-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
