"""Staging table for resumable imports: rows stay here until the table has been read.

Several processes may import the same table at once. Each checks under the write lock whether
another got further, and then continues from there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, insert, select, update

from recommender.filling import NewSong
from recommender.ingest.cells import MAX_CELL, BadRow
from recommender.tables import ImportRow, StagedRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from recommender.ingest.song_tables import Layout

BROKEN_ROW = "has another number of cells than the header"
# Rows fetched at once; a bad row may take a megabyte.
SONGS_AT_ONCE = 1000
BAD_AT_ONCE = 20
CUT = "…"


class Overtaken(Exception):
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
    ours = ImportRow.source == source
    asked = select(ImportRow.id, ImportRow.version, ImportRow.line).where(ours)
    found = connection.execute(asked).one_or_none()
    if found is not None and found.version == version:
        return Staging(found.id, version, found.line)
    connection.execute(delete(ImportRow).where(ours))
    connection.execute(insert(ImportRow), {"source": source, "version": version, "line": 1})
    return Staging(connection.scalars(select(ImportRow.id).where(ours)).one(), version, 1)


def staged(
    rows: Iterable[tuple[int, Mapping[str, str] | None]], layout: Layout
) -> list[dict[str, object]]:
    """Translate rows of a table to rows of the staging table."""
    return [_staged(line, row, layout) for line, row in rows]


def _staged(line: int, row: Mapping[str, str] | None, layout: Layout) -> dict[str, object]:
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
    Overtaken
        When another process got further; nothing is changed.
    """
    check(connection, staging)
    connection.execute(insert(StagedRow), [{**row, "import_id": staging.id} for row in rows])
    connection.execute(update(ImportRow).where(ImportRow.id == staging.id).values(line=line))
    return replace(staging, line=line)


def check(connection: Connection, staging: Staging) -> None:
    """Raise `Overtaken` when another process got further."""
    asked = select(ImportRow.version, ImportRow.line).where(ImportRow.id == staging.id)
    if connection.execute(asked).one_or_none() != (staging.version, staging.line):
        raise Overtaken


def count(connection: Connection, staging: Staging) -> int:
    """Return the number of staged songs."""
    asked = select(func.count()).where(
        StagedRow.import_id == staging.id, StagedRow.problem.is_(None)
    )
    return connection.execute(asked).scalar_one()


def songs(connection: Connection, staging: Staging) -> Iterator[NewSong]:
    """Yield the staged songs in order; the connection stays usable meanwhile."""
    for row in _waiting(connection, staging, StagedRow.problem.is_(None), SONGS_AT_ONCE):
        fields = json.loads(row.content)
        lists = {name: tuple(fields[name]) for name in ("artists", "tags")}
        yield NewSong(**{**fields, **lists})


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
        ours = (StagedRow.import_id == staging.id, StagedRow.line > line, which)
        rows = connection.execute(asked.where(*ours).order_by(StagedRow.line).limit(at_once)).all()
        yield from rows
        if len(rows) < at_once:
            return
        line = rows[-1].line
