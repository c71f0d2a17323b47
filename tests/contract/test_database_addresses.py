"""Databases as hosts make them, and addresses that lead nowhere: each has its sentence."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text

from recommender.__main__ import main
from recommender.db.engine import make_engine
from recommender.errors import Unavailable
from recommender.wiring import open_catalogue
from tests.fakes.servers import mariadb, postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

PASSWORD = "canary"
STARTER = (
    "title,artist,language,year,genre,valence,energy,explicit,checked\n"
    "{title},Beyoncé,English,2008,pop,0.75,0.60,0,memory\n"
)


# SQLite has no address.
on_servers = pytest.mark.parametrize(
    "server",
    [postgresql, pytest.param(mariadb, marks=pytest.mark.slow)],
    indirect=True,
    ids=lambda one: one.__name__,
)
on_postgresql = pytest.mark.parametrize("server", [postgresql], indirect=True, ids=["postgresql"])


@pytest.fixture
def address(server: str) -> str:
    return server


@contextmanager
def administering(address: str, folder: Path) -> Iterator[Connection]:
    engine = make_engine(folder, address)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def user(address: str, tmp_path: Path) -> Iterator[str]:
    """The address of a user whose password the server asks for."""
    name = f"user_{uuid4().hex[:8]}"
    with administering(address, tmp_path) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'"))
            before = demand_password(connection, name)
        else:
            connection.execute(text(f"CREATE USER {name} IDENTIFIED BY '{PASSWORD}'"))
            before = None
    url = make_url(address).set(username=name, password=PASSWORD)
    yield url.render_as_string(hide_password=False)
    with administering(address, tmp_path) as connection:
        if before is None:
            connection.execute(text(f"DROP USER {name}"))
        else:
            write_rules(connection, before)
            connection.execute(text(f"DROP ROLE {name}"))


def demand_password(connection: Connection, name: str) -> str:
    """Let PostgreSQL ask one user for a password, and return the rules that it had before."""
    before = connection.scalar(text("SELECT pg_read_file(current_setting('hba_file'))"))
    write_rules(connection, f"host all {name} 127.0.0.1/32 scram-sha-256\n{before}")
    return str(before)


def write_rules(connection: Connection, rules: str) -> None:
    """Replace PostgreSQL's rules of who may come in; a connection made now obeys them."""
    path = connection.scalar(text("SHOW hba_file"))
    connection.execute(text("CREATE TEMPORARY TABLE rules (number serial, line text)"))
    for line in filter(str.strip, rules.splitlines()):
        connection.execute(text("INSERT INTO rules (line) VALUES (:line)"), {"line": line})
    ordered = "SELECT line FROM rules ORDER BY number"
    connection.exec_driver_sql(f"COPY ({ordered}) TO '{path}' (DELIMITER E'\\x01')")
    connection.execute(text("DROP TABLE rules"))
    loaded = connection.scalar(text("SELECT pg_conf_load_time()"))
    connection.execute(text("SELECT pg_reload_conf()"))
    while connection.scalar(text("SELECT pg_conf_load_time()")) == loaded:
        pass


def changed(address: str, **parts: object) -> str:
    return make_url(address).set(**parts).render_as_string(hide_password=False)  # type: ignore[arg-type]


@on_servers
def test_a_wrong_password_and_no_such_database_are_told(
    user: str, address: str, tmp_path: Path
) -> None:
    wrong = changed(user, password=f"{PASSWORD}-wrong")
    with pytest.raises(Unavailable, match="does not let this user in") as caught:
        open_catalogue(tmp_path, url=wrong)
    assert PASSWORD not in str(caught.value)
    with pytest.raises(Unavailable, match="no database of this name"):
        open_catalogue(tmp_path, url=changed(address, database="none_such"))
    with pytest.raises(Unavailable, match="cannot be reached"):
        open_catalogue(tmp_path, url=changed(user, port=1))


@on_postgresql
def test_encryption_that_the_server_lacks_is_told(address: str, tmp_path: Path) -> None:
    url = changed(address, query={"sslmode": "require"})
    with pytest.raises(Unavailable, match="does not agree to the encryption"):
        open_catalogue(tmp_path, url=url)


COMMANDS = (
    ("songs", "--emotion", "happy"),
    ("import", "table.csv"),
    ("playlist", "list.m3u"),
    ("refresh",),
    ("tag", "."),
    ("backup", "backup.db"),
)


@on_servers
def test_each_command_tells_the_cause_and_fails(
    user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOODRING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MOODRING_DATABASE_URL", changed(user, password=f"{PASSWORD}-wrong"))
    for command in COMMANDS:
        assert main(command) == 1, command
        said = capsys.readouterr()
        assert said.out == ""
        assert "the server does not let this user in with this password" in said.err, command
        assert said.err.count("\n") == 1
        assert PASSWORD not in said.err


@contextmanager
def encoded(address: str, folder: Path, encoding: str) -> Iterator[str]:
    """Make a database in another encoding than UTF-8, and drop it afterwards."""
    name = f"moodring_{uuid4().hex}"
    made = f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    with administering(address, folder) as connection:
        connection.execute(text(f"CREATE DATABASE {name} {made}"))
    yield changed(address, database=name)
    with administering(address, folder) as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@on_postgresql
@pytest.mark.parametrize(
    ("encoding", "title"), [("SQL_ASCII", "வணக்கம்"), ("LATIN1", "Águas"), ("SQL_ASCII", "Halo")]
)
def test_a_database_of_another_encoding_keeps_what_it_can(
    address: str, tmp_path: Path, encoding: str, title: str
) -> None:
    starter = tmp_path / "starter.csv"
    starter.write_text(STARTER.format(title=title), encoding="utf-8")
    with encoded(address, tmp_path, encoding) as url:
        for _ in range(2):
            with closing(open_catalogue(tmp_path, url=url, starter=starter)) as catalogue:
                assert catalogue.artists() == ["Beyoncé"]
                assert catalogue.languages() == ["English"]


@on_postgresql
def test_letters_that_a_database_lacks_are_told(address: str, tmp_path: Path) -> None:
    starter = tmp_path / "starter.csv"
    starter.write_text(STARTER.format(title="வணக்கம்"), encoding="utf-8")
    with (
        encoded(address, tmp_path, "LATIN1") as url,
        pytest.raises(Unavailable, match="create it with the encoding UTF8"),
    ):
        open_catalogue(tmp_path, url=url, starter=starter)


@on_postgresql
def test_the_short_name_of_postgresql_is_known(address: str, tmp_path: Path) -> None:
    engine = make_engine(tmp_path, address.replace("postgresql://", "postgres://"))
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW client_encoding")) == "UTF8"
    engine.dispose()
