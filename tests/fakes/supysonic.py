"""A real music server for the tests: supysonic from PyPI, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.driver import free_port
from tests.fakes import servers
from tests.fakes.environments import environment

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
            cwd=folder,
            env=apart,
            check=True,
            capture_output=True,
            timeout=servers.START_PATIENCE_S,
        )
    port = free_port()
    serve = python / "supysonic-server"
    command = [serve, "-S", "waitress", "-h", "127.0.0.1", "-p", str(port)]
    with servers.running(command, folder, env=apart) as server:
        base = f"http://127.0.0.1:{port}"
        servers.wait_for_answer(f"{base}/rest/ping.view", server, folder)
        yield base
