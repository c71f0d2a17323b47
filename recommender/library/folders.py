"""Register of the owner's watched music folders.

All functions raise `Unavailable` when the database cannot be used, and `UnreadableTable` for a path
that is not valid UTF-8.
"""

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
    """Register a folder, unless it is registered."""
    folder = str(absolute(path))
    with answering(), writing(engine) as connection:
        known = select(WatchedFolderRow.id).where(WatchedFolderRow.path == folder)
        if connection.scalar(known) is None:
            connection.execute(insert(WatchedFolderRow), {"path": folder})


def unwatch(engine: Engine, path: Path) -> None:
    """Unregister a folder; its recordings stay."""
    folder = str(absolute(path))
    with answering(), writing(engine) as connection:
        connection.execute(delete(WatchedFolderRow).where(WatchedFolderRow.path == folder))


def forget(engine: Engine, path: Path) -> None:
    """Unregister a folder and delete its recordings with their corrections; the files stay.

    Recordings that also lie in another watched folder stay, too.
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
    """Return the watched folders, sorted."""
    with answering(), engine.connect() as connection:
        return sorted(Path(path) for path in connection.scalars(select(WatchedFolderRow.path)))
