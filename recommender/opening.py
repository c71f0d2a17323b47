"""Opening of the database for the commands and the weekly refresh."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from recommender.catalogue import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from recommender.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """Yield the engine of the database, with the schema migrated.

    Raises
    ------
    SourceError
        When it cannot be used.
    """
    engine = open_engine(settings.data_dir, url=settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()
