"""Imports on record: their origins, so that they can be repeated, and what they brought."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine, delete, func, insert, select

from recommender.catalogue.store import STARTER_SOURCE
from recommender.catalogue.writer import remove_batch
from recommender.db.engine import database_errors, write_transaction
from recommender.db.tables import BatchRow, FolderRow, OriginRow, TrackRow
from recommender.ingest.discovery import ENDINGS, MORE_ENDINGS, Kind
from recommender.types import MAX_TEXT_LENGTH

DIGEST_DIGITS = 8
_TABLES = tuple(end for end, kind in {**ENDINGS, **MORE_ENDINGS}.items() if kind == "table")


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """An imported file; the fields are those of `OriginRow`."""

    source: str
    kind: Kind
    path: Path
    mapping: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None


def register(connection: Connection, file: ImportedFile) -> None:
    """Register a file in place of the previous file of the same import.

    Parameters
    ----------
    connection : Connection, from `recommender.db.engine.write_transaction`
    """
    row = {
        "source": file.source,
        "kind": file.kind,
        "path": str(file.path),
        "mapping": json.dumps(dict(file.mapping)),
        "language": file.language,
    }
    connection.execute(delete(OriginRow).where(OriginRow.source == file.source))
    connection.execute(insert(OriginRow), row)


def imported_files(engine: Engine) -> list[ImportedFile]:
    """Return all imported files, tables first, as `recommender.ingest.discovery.files_in` does."""
    asked = select(
        OriginRow.source, OriginRow.kind, OriginRow.path, OriginRow.mapping, OriginRow.language
    )
    with database_errors(), engine.connect() as connection:
        found = [
            ImportedFile(source, cast("Kind", kind), Path(path), json.loads(mapping), language)
            for source, kind, path, mapping, language in connection.execute(asked)
        ]
    return sorted(found, key=lambda file: (file.kind != "table", file.path))


def register_folder(engine: Engine, folder: Path) -> None:
    """Register a folder for refreshes, unless it is registered."""
    with database_errors(), write_transaction(engine) as connection:
        known = connection.scalars(select(FolderRow.path)).all()
        if str(folder) not in known:
            connection.execute(insert(FolderRow), {"path": str(folder)})


def registered_folders(engine: Engine) -> list[Path]:
    """Return the registered folders."""
    with database_errors(), engine.connect() as connection:
        return [Path(path) for path in connection.scalars(select(FolderRow.path)).all()]


def source_of(engine: Engine, path: Path, kind: Kind, folder: Path | None = None) -> str:
    """Return the name of a file's import, present or future.

    A registered file keeps its name. A new file from a folder gets a unique name; a new file that
    was named explicitly replaces an import of the same name.

    Parameters
    ----------
    path : Path, absolute
    folder : Path or None, the imported folder in which the file was found
    """
    with database_errors(), engine.connect() as connection:
        same = select(OriginRow.source).where(OriginRow.path == str(path))
        known = connection.scalar(same.order_by(OriginRow.source).limit(1))
        if known is not None:
            return known
        name = plain_name(path, kind) if folder is None else name_in(folder, path)
        taken = select(OriginRow.path).where(OriginRow.source == name)
        if folder is not None and connection.scalar(taken) is not None:
            return _longer(name, path)
    return _longer(name, path) if name == STARTER_SOURCE or len(name) > MAX_TEXT_LENGTH else name


def plain_name(path: Path, kind: Kind) -> str:
    """Return the import name of a file outside any folder: its name without extensions."""
    if kind == "playlist":
        return f"playlist {path.stem}"
    name = path.name
    while name.endswith(_TABLES):
        name = name.rpartition(".")[0]
    return name or path.name


def name_in(folder: Path, path: Path) -> str:
    """Return the import name of a file from a folder: its path relative to the folder's parent."""
    return f"{folder.name}/{path.relative_to(folder).as_posix()}"


def _longer(name: str, path: Path) -> str:
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:DIGEST_DIGITS]
    return f"{name[-(MAX_TEXT_LENGTH - DIGEST_DIGITS - 1) :]} {digest}"


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """Summary of the songs of one import.

    Attributes
    ----------
    songs : int
    placed : int, how many of the songs have a valence and an energy
    path : Path or None, the imported file; None when it cannot be imported again
    """

    source: str
    songs: int
    placed: int
    path: Path | None

    @property
    def shipped(self) -> bool:
        """True for the starter table, which is restored after a removal."""
        return self.source == STARTER_SOURCE


def batch_summaries(engine: Engine) -> list[BatchSummary]:
    """Return all imports, those with the most songs first."""
    songs = func.count(TrackRow.id)
    asked = (
        select(BatchRow.name, songs, func.count(TrackRow.valence), OriginRow.path)
        .outerjoin(TrackRow, TrackRow.source_id == BatchRow.id)
        .outerjoin(OriginRow, OriginRow.source == BatchRow.name)
        .group_by(BatchRow.name, OriginRow.path)
        .order_by(songs.desc(), BatchRow.name)
    )
    with database_errors(), engine.connect() as connection:
        return [
            BatchSummary(name, count, placed, None if path is None else Path(path))
            for name, count, placed, path in connection.execute(asked)
        ]


def remove(engine: Engine, sources: Iterable[str], folder: Path | None = None) -> None:
    """Remove imports from the catalogue, and exclude a folder from later refreshes."""
    with database_errors(), write_transaction(engine) as connection:
        for source in sources:
            remove_batch(connection, source)
            connection.execute(delete(OriginRow).where(OriginRow.source == source))
        if folder is not None:
            connection.execute(delete(FolderRow).where(FolderRow.path == str(folder)))
