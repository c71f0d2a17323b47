"""Migrations of the database, with a backup first where there is something to lose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from recommender.db.backup import save
from recommender.db.engine import alembic_config, known_revision, revision_of
from recommender.errors import Unavailable
from recommender.paths import make_private_folder

if TYPE_CHECKING:
    from pathlib import Path

BACKUP_FOLDER = "backups"
# Backups made before migrations; the oldest is deleted.
KEPT_BACKUPS = 5


def migrate(connection: Connection, data_dir: Path) -> None:
    """Migrate the schema to the newest revision, after a backup when there are tables.

    Parameters
    ----------
    connection : Connection, from `recommender.db.engine.write_transaction`
    data_dir : Path, parent of the backup folder

    Raises
    ------
    Unavailable
        When the database was made by a newer version of Moodring.
    """
    config = alembic_config(connection)
    now = revision_of(connection)
    if now == ScriptDirectory.from_config(config).get_current_head():
        return
    if now is not None and not known_revision(now):
        raise Unavailable("The song catalogue was made by a newer version of Moodring.")
    if inspect(connection).get_table_names():
        _back_up(connection, data_dir / BACKUP_FOLDER, now or "0000")
    command.upgrade(config, "head")


def _back_up(connection: Connection, folder: Path, revision: str) -> None:
    make_private_folder(folder)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    save(connection, folder / f"before-{stamp}-{revision}.db")
    for old in sorted(folder.glob("before-*.db"))[:-KEPT_BACKUPS]:
        old.unlink(missing_ok=True)
