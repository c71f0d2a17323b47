"""The commands of ``python -m recommender``, one a module.

Each adds itself to the parser, with ``prepare``: it checks the options and returns what is to be
done with the settings. What that returns is the exit status.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from recommender.catalogue import open_catalogue
from recommender.database import answering, make_engine

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from recommender.settings import Settings

Subparsers: TypeAlias = "_SubParsersAction[ArgumentParser]"


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """Give the engine of the database, with its tables up to date.

    Raises
    ------
    SourceError
        When it cannot be used.
    """
    open_catalogue(settings.data_dir, url=settings.database_url).close()
    with answering():
        engine = make_engine(settings.data_dir, settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()
