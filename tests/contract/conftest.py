"""The databases of the contract tests: SQLite, and real servers where they are installed."""

from __future__ import annotations

import shutil
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text

from recommender.db.engine import FILE_NAME, make_engine
from recommender.db.tables import Base
from recommender.wiring import open_catalogue
from tests.fakes.clock import Clock
from tests.fakes.servers import NoServer, mariadb, postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.catalogue.store import Catalogue


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
def database(server: str | None, tmp_path: Path) -> Iterator[str | None]:
    """The address of an empty database, None for a file that is not there yet."""
    if server is None:
        yield None
    else:
        with fresh_database(server, tmp_path) as url:
            yield url


@pytest.fixture(scope="session")
def one_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a starter table of one song, and the SQLite file that was filled from it."""
    folder = tmp_path_factory.mktemp("one-song")
    (folder / "starter.csv").write_text(
        "title,artist,language,year,genre,valence,energy,explicit,checked\n"
        "Halo,Beyoncé,English,2008,pop,0.75,0.60,0,memory\n",
        encoding="utf-8",
    )
    open_catalogue(folder, starter=folder / "starter.csv").close()
    return folder


@pytest.fixture(scope="session")
def template(server: str | None, one_song: Path) -> Iterator[str | None]:
    """The address of a database with that song on the server; None where none can be copied."""
    if server is None or make_url(server).drivername != "postgresql":
        yield None
    else:
        with fresh_database(server, one_song) as url:
            open_catalogue(one_song, url=url, starter=one_song / "starter.csv").close()
            yield url


@pytest.fixture
def with_tables(
    server: str | None, template: str | None, one_song: Path, tmp_path: Path
) -> Iterator[str | None]:
    """The address of a database that has its tables, and one song; None for SQLite's file.

    It is a copy: the migrations of each test would cost more than the test.
    """
    if server is None:
        shutil.copy(one_song / FILE_NAME, tmp_path)
        yield None
    else:
        with fresh_database(server, tmp_path, template) as url:
            yield url


@pytest.fixture
def catalogue(with_tables: str | None, one_song: Path, tmp_path: Path) -> Iterator[Catalogue]:
    """A catalogue of one song."""
    starter = one_song / "starter.csv"
    with closing(open_catalogue(tmp_path, url=with_tables, starter=starter)) as opened:
        yield opened


@contextmanager
def fresh_database(server: str, data_dir: Path, template: str | None = None) -> Iterator[str]:
    """Make a database on a server, empty or a copy of another, and drop it afterwards."""
    name = f"moodring_{uuid4().hex}"
    engine = make_engine(data_dir, server).execution_options(isolation_level="AUTOCOMMIT")
    copied = f" TEMPLATE {make_url(template).database}" if template else ""
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}{copied}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    forced = " WITH (FORCE)" if engine.dialect.name == "postgresql" else ""
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}{forced}"))
    engine.dispose()


@pytest.fixture
def engine(with_tables: str | None, tmp_path: Path, catalogue: Catalogue) -> Iterator[Engine]:
    """The engine of the same database."""
    assert catalogue
    made = make_engine(tmp_path, with_tables)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def local_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """SQLite's file, for the tests of a service that any database does for."""
    with closing(open_catalogue(tmp_path_factory.mktemp("data"))) as opened:
        yield opened.engine


@pytest.fixture
def local_engine(local_database: Engine) -> Engine:
    """The same, without the answers and allowances that an earlier test has left."""
    with local_database.begin() as connection:
        for name in ("allowances", "cached_answers"):
            connection.execute(Base.metadata.tables[name].delete())
    return local_database


@pytest.fixture
def clock() -> Clock:
    return Clock()
