"""The folders of the owner's music that are looked through again and again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from recommender.database import answering, writing
from recommender.ingest.files import absolute
from recommender.library.finding import is_below
from recommender.library.scope import OWNER
from recommender.tables import RecordingRow, WatchedFolderRow

if TYPE_CHECKING:
    from sqlalchemy import Engine


def watch(engine: Engine, path: Path) -> None:
    """Remember a folder, once.

    Raises
    ------
    UnreadableTable
        When its name is no text.
    Unavailable
        When the database cannot be used.
    """
    folder = str(absolute(path))
    with answering(), writing(engine) as connection:
        known = select(WatchedFolderRow.id).where(WatchedFolderRow.path == folder)
        if connection.scalar(known) is None:
            connection.execute(insert(WatchedFolderRow), {"path": folder})


def unwatch(engine: Engine, path: Path) -> None:
    """Forget a folder. Its recordings stay."""
    folder = str(absolute(path))
    with answering(), writing(engine) as connection:
        connection.execute(delete(WatchedFolderRow).where(WatchedFolderRow.path == folder))


def forget(engine: Engine, path: Path) -> None:
    """Forget a folder with its recordings and what was said of them; the files stay.

    What another remembered folder holds as well stays, too.
    """
    unwatch(engine, path)
    others = watched(engine)
    with answering(), writing(engine) as connection:
        rows = connection.execute(
            select(RecordingRow.key, RecordingRow.path).where(OWNER.condition())
        )
        gone = [
            {"gone": key}
            for key, where in rows
            if is_below(Path(where), [absolute(path)]) and not is_below(Path(where), others)
        ]
        if gone:
            connection.execute(
                delete(RecordingRow).where(RecordingRow.key == bindparam("gone")), gone
            )


def watched(engine: Engine) -> list[Path]:
    """Return the folders that are remembered, sorted."""
    with answering(), engine.connect() as connection:
        return sorted(Path(path) for path in connection.scalars(select(WatchedFolderRow.path)))
