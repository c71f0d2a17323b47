"""Summary of the catalogue by import, and removal of imports.

Both functions raise `Unavailable` when the database cannot be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from recommender.catalogue import STARTER_SOURCE
from recommender.database import answering, writing
from recommender.filling import remove_songs
from recommender.tables import FolderRow, OriginRow, SourceRow, TrackRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Holding:
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


def holdings(engine: Engine) -> list[Holding]:
    """Return all imports, those with the most songs first."""
    songs = func.count(TrackRow.id)
    asked = (
        select(SourceRow.name, songs, func.count(TrackRow.valence), OriginRow.path)
        .outerjoin(TrackRow, TrackRow.source_id == SourceRow.id)
        .outerjoin(OriginRow, OriginRow.source == SourceRow.name)
        .group_by(SourceRow.name, OriginRow.path)
        .order_by(songs.desc(), SourceRow.name)
    )
    with answering(), engine.connect() as connection:
        return [
            Holding(name, count, placed, None if path is None else Path(path))
            for name, count, placed, path in connection.execute(asked)
        ]


def remove(engine: Engine, sources: Iterable[str], folder: Path | None = None) -> None:
    """Remove imports from the catalogue, and exclude a folder from later refreshes."""
    with answering(), writing(engine) as connection:
        for source in sources:
            remove_songs(connection, source)
            connection.execute(delete(OriginRow).where(OriginRow.source == source))
        if folder is not None:
            connection.execute(delete(FolderRow).where(FolderRow.path == str(folder)))
