"""Real servers for the tests: databases, private and thrown away, and how any program is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from recommender.db.engine import DRIVERS
from tests.e2e.driver import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

START_PATIENCE_S = 60
# PostgreSQL refuses to run as root.
UNPRIVILEGED = "nobody"


class NoServer(Exception):
    """The server's programs are not installed; the message says how to get them."""


@contextmanager
def postgresql() -> Iterator[str]:
    """Start PostgreSQL and return the address of an empty database."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path("/usr/local/bin")]
    initdb, postgres = (folders[-1] / name for name in ("initdb", "postgres"))
    if not initdb.exists():
        raise NoServer("install PostgreSQL (Debian: apt-get install postgresql)")
    with _folder() as (folder, user):
        data, port = folder / "data", free_port()
        trusting = [initdb, "-D", data, "-U", "moodring", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(trusting, user=user, check=True, capture_output=True)
        quick = ["-c", "fsync=off", "-c", f"unix_socket_directories={folder}"]
        command = [postgres, "-D", data, "-p", str(port), "-h", "127.0.0.1", *quick]
        with running(command, folder, user=user):
            yield _ready(f"postgresql://moodring@127.0.0.1:{port}/postgres", folder)


@contextmanager
def mariadb() -> Iterator[str]:
    """Start MariaDB and return the address of an empty database."""
    install, server = (shutil.which(name) for name in ("mariadb-install-db", "mariadbd"))
    if not (install and server):
        raise NoServer("install MariaDB (Debian: apt-get install mariadb-server)")
    with _folder() as (folder, user):
        data, port = folder / "data", free_port()
        made = [
            install,
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
        ]
        subprocess.run(made, user=user, check=True, capture_output=True)
        command = [
            server, "--no-defaults", f"--datadir={data}", f"--port={port}",
            "--bind-address=127.0.0.1", f"--socket={folder / 'socket'}",
            "--innodb-flush-log-at-trx-commit=0",
        ]  # fmt: skip
        with running(command, folder, user=user):
            yield _ready(f"mariadb://root@127.0.0.1:{port}/test", folder)


@contextmanager
def _folder() -> Iterator[tuple[Path, str | None]]:
    """A folder of its own that the server's user may write, and that user (None: our own)."""
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="moodring-server-"))
    if user is not None:
        shutil.chown(folder, user)
    try:
        yield folder, user
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(
    command: Sequence[Path | str],
    folder: Path,
    *,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a folder, in which it leaves its `log`, and end it."""
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, user=user, env=env, stdout=log, stderr=log, cwd=folder)
        try:
            yield server
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(5)


def _ready(address: str, folder: Path) -> str:
    url = make_url(address)
    engine = create_engine(url.set(drivername=DRIVERS[url.drivername]))
    deadline = time.monotonic() + START_PATIENCE_S
    while True:
        try:
            engine.connect().close()
        except SQLAlchemyError as error:
            if time.monotonic() > deadline:
                raise AssertionError((folder / "log").read_text(errors="replace")) from error
            time.sleep(0.1)
        else:
            engine.dispose()
            return address


def wait_for_answer(address: str, server: subprocess.Popen[bytes], folder: Path) -> None:
    """Return once a server answers, be it with a refusal; AssertionError with its log."""
    deadline = time.monotonic() + START_PATIENCE_S
    while True:
        try:
            urlopen(address, timeout=5).close()  # noqa: S310 - our own server
        except OSError as error:
            if isinstance(error, HTTPError) and error.code < HTTPStatus.INTERNAL_SERVER_ERROR:
                return
            if server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((folder / "log").read_text(errors="replace")) from error
            time.sleep(0.1)
        else:
            return
