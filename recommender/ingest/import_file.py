"""Import of one file into the catalogue, table or playlist."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from recommender.ingest.playlists import PlaylistImport, import_playlist
from recommender.ingest.registry import source_of
from recommender.ingest.table_import import TableImport, import_table
from recommender.paths import absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.ingest.discovery import Kind

Result: TypeAlias = TableImport | PlaylistImport


def import_file(
    path: Path,
    kind: Kind,
    engine: Engine,
    data_dir: Path,
    *,
    folder: Path | None = None,
    mapping: Mapping[str, str] | None = None,
    language: str | None = None,
    progress: Callable[[int, int], object] = lambda _done, _all: None,
) -> Result:
    """Import the songs of a file, replacing those that it had before.

    Parameters
    ----------
    folder : Path or None, the imported folder in which the file was found
    mapping, language, progress
        For tables only: see `recommender.ingest.table_import.import_table`.

    Raises
    ------
    UnreadableTable
        When the file is not of its kind.
    Unavailable
        When the database cannot be used.
    """
    path = absolute(path)
    source = source_of(engine, path, kind, folder)
    if kind == "playlist":
        return import_playlist(path, engine, source=source)
    return import_table(
        path,
        engine,
        data_dir,
        source=source,
        mapping=mapping,
        language=language,
        progress=progress,
    )
