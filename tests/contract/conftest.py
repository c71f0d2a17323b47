"""The databases of the contract tests: SQLite, and real servers where they are installed."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import MetaData

from recommender.catalogue import open_catalogue
from recommender.database import make_engine
from tests.fakes.servers import NoServer, mariadb, postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.catalogue import Catalogue


@contextmanager
def sqlite() -> Iterator[None]:
    """No server: the file in the data folder."""
    yield None


@pytest.fixture(
    scope="session",
    # MariaDB's turn comes in `make test-slow`; one real server is always asked.
    params=[sqlite, postgresql, pytest.param(mariadb, marks=pytest.mark.slow)],
    ids=lambda one: one.__name__,
)
def server(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The address of a running server, None for SQLite."""
    start: Callable[[], AbstractContextManager[str | None]] = request.param
    try:
        with start() as url:
            yield url
    except NoServer as error:
        pytest.skip(str(error))


@pytest.fixture
def database(server: str | None, tmp_path: Path) -> str | None:
    """The address of an empty database, None for a file that is not there yet."""
    if server is not None:
        engine = make_engine(tmp_path, server)
        with engine.begin() as connection:
            tables = MetaData()
            tables.reflect(connection)
            tables.drop_all(connection)
        engine.dispose()
    return server


@pytest.fixture
def catalogue(database: str | None, tmp_path: Path) -> Iterator[Catalogue]:
    """A catalogue of one song."""
    starter = tmp_path / "starter.csv"
    starter.write_text(
        "title,artist,language,year,genre,valence,energy,explicit,checked\n"
        "Halo,Beyoncé,English,2008,pop,0.75,0.60,0,memory\n",
        encoding="utf-8",
    )
    with closing(open_catalogue(tmp_path, url=database, starter=starter)) as opened:
        yield opened


@pytest.fixture
def engine(database: str | None, tmp_path: Path, catalogue: Catalogue) -> Iterator[Engine]:
    """The engine of the same database."""
    assert catalogue
    made = make_engine(tmp_path, database)
    yield made
    made.dispose()
