"""What the catalogue holds, by where it came from, and how it goes again."""

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
    """The songs of one source.

    songs, placed : how many there are, and how many of them have a place in the plane
    path : of the file that they came from; None where there is none to be read again
    """

    source: str
    songs: int
    placed: int
    path: Path | None

    @property
    def shipped(self) -> bool:
        """Whether it came with the app, and always comes back."""
        return self.source == STARTER_SOURCE


def holdings(engine: Engine) -> list[Holding]:
    """Return all sources, the largest first.

    Raises
    ------
    Unavailable
        When the database cannot be used.
    """
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
    """Take sources out of the catalogue, and let a folder be looked through no more.

    Raises
    ------
    Unavailable
        When the database cannot be used.
    """
    with answering(), writing(engine) as connection:
        for source in sources:
            remove_songs(connection, source)
            connection.execute(delete(OriginRow).where(OriginRow.source == source))
        if folder is not None:
            connection.execute(delete(FolderRow).where(FolderRow.path == str(folder)))
