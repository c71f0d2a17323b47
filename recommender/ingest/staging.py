"""The waiting room of imports: rows lie here until the last has come, and outlive a broken program.

Several processes may import the same table at once. Whoever adds to it finds out under the lock of
the one writer whether another was faster, and then reads on from where that one is.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select, update

from recommender.filling import NewSong
from recommender.ingest.cells import BadRow
from recommender.tables import ImportRow, StagedRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from recommender.ingest.song_tables import Layout

BROKEN_ROW = "has another number of cells than the header"


class Overtaken(Exception):
    """Another process has gone on with the import."""


@dataclass(frozen=True, slots=True)
class Staging:
    """An import that has begun; the fields are those of `ImportRow`."""

    id: int
    version: str
    line: int


class BadLine(NamedTuple):
    """A row that is no song.

    cells : as they were
    """

    line: int
    problem: str
    cells: Mapping[str, str]


def begin(connection: Connection, source: str, version: str) -> Staging:
    """Return the import of this version, as far as it has come; another version's goes."""
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
    """Return rows of a table as they are to wait."""
    return [_staged(line, row, layout) for line, row in rows]


def _staged(line: int, row: Mapping[str, str] | None, layout: Layout) -> dict[str, object]:
    content: dict[str, object] = dict(row or {})
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
    """Let rows wait, and return the import as it is then.

    line : the last of them

    Raises
    ------
    Overtaken
        When another process was faster; nothing is changed.
    """
    _check(connection, staging)
    connection.execute(insert(StagedRow), [{**row, "import_id": staging.id} for row in rows])
    connection.execute(update(ImportRow).where(ImportRow.id == staging.id).values(line=line))
    return replace(staging, line=line)


def take(connection: Connection, staging: Staging) -> tuple[list[str], list[BadLine]]:
    """Return what waits, songs as `songs` reads them and bad rows, in order; it waits no longer.

    Raises
    ------
    Overtaken
        When another process was faster; nothing is changed.
    """
    _check(connection, staging)
    asked = (
        select(StagedRow.line, StagedRow.problem, StagedRow.content)
        .where(StagedRow.import_id == staging.id)
        .order_by(StagedRow.line)
    )
    good, bad = [], []
    for line, problem, content in connection.execute(asked):
        if problem is None:
            good.append(content)
        else:
            bad.append(BadLine(line, problem, json.loads(content)))
    connection.execute(delete(ImportRow).where(ImportRow.id == staging.id))
    return good, bad


def songs(contents: Iterable[str]) -> Iterator[NewSong]:
    """Read songs that have waited."""
    for content in contents:
        fields = json.loads(content)
        lists = {name: tuple(fields[name]) for name in ("artists", "tags")}
        yield NewSong(**{**fields, **lists})


def _check(connection: Connection, staging: Staging) -> None:
    asked = select(ImportRow.version, ImportRow.line).where(ImportRow.id == staging.id)
    if connection.execute(asked).one_or_none() != (staging.version, staging.line):
        raise Overtaken
