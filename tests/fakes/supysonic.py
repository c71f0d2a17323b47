"""A real music server for the tests: supysonic from PyPI, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from tests.busy import LATE_S
from tests.e2e.driver import free_port
from tests.fakes.environments import environment
from tests.fakes.servers import START_PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = Path(__file__).parents[2] / "requirements-supysonic.txt"
USER, PASSWORD = "alice", "secret wörd"
SETTINGS = """
[base]
database_uri = sqlite:///{folder}/supysonic.db
[webapp]
cache_dir = {folder}/cache
mount_webui = no
[daemon]
socket = {folder}/socket
run_watcher = no
"""


@contextmanager
def running(folder: Path, music: Path) -> Iterator[str]:
    """Start a server with the music of a folder, and give its address.

    folder : of its own, for its database and its log
    """
    python = environment(LOCK) / "bin"
    (folder / "supysonic.conf").write_text(SETTINGS.format(folder=folder), encoding="utf-8")
    # It looks for its settings at home and in the present folder.
    apart = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
    for words in (
        ("user", "add", USER, "-p", PASSWORD),
        ("folder", "add", "Music", str(music)),
        ("folder", "scan", "--foreground", "Music"),
    ):
        subprocess.run(
            [python / "supysonic-cli", *words],
            cwd=folder, env=apart, check=True, capture_output=True, timeout=START_PATIENCE_S,
        )  # fmt: skip
    port = free_port()
    serve = str(python / "supysonic-server")
    command = [serve, "-S", "waitress", "-h", "127.0.0.1", "-p", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=apart, stdout=log, stderr=log)
        try:
            _wait_for(port, folder / "log", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(LATE_S)


def _wait_for(port: int, log: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_PATIENCE_S
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/rest/ping.view", timeout=5).close()
        except (URLError, OSError) as error:
            if isinstance(error, URLError) and getattr(error, "code", None):
                return
            gone = server.poll() is not None
            if gone or time.monotonic() > deadline:
                raise AssertionError(log.read_text(errors="replace")) from error
            time.sleep(0.1)
        else:
            return
