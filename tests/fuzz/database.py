"""A database for what is brought into it: one file for all inputs of a process."""

from __future__ import annotations

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from sqlalchemy import select

from recommender.catalogue.store import Catalogue
from recommender.db.engine import database_errors, make_engine, write_transaction
from recommender.db.schema import alembic_config
from recommender.db.tables import TrackRow

if TYPE_CHECKING:
    from sqlalchemy import Engine

# Songs of each file that are looked at as they will be shown.
LOOKED_AT = 50


@cache
def data_folder() -> Path:
    """Return a folder that goes with the process."""
    folder = Path(mkdtemp(prefix="moodring-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def engine() -> Engine:
    """Return an engine whose database has its tables, and no songs."""
    from alembic import command

    made = make_engine(data_folder())
    with write_transaction(made) as connection:
        command.upgrade(alembic_config(connection), "head")
    return made


def look_at_songs(of: Engine) -> None:
    """Read songs of the database as the pages do."""
    with database_errors(), of.connect() as connection:
        keys = connection.scalars(select(TrackRow.key).limit(LOOKED_AT)).all()
    for track in Catalogue(of).tracks(keys):
        assert track.title.strip()
