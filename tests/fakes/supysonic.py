"""A real music server for the tests: supysonic from PyPI, in an environment of its own.

The environment is made once, from requirements-supysonic.txt, and kept in the user's cache folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import platformdirs

from tests.busy import LATE_S
from tests.e2e.driver import free_port
from tests.fakes.servers import START_PATIENCE_S, NoServer

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = Path(__file__).parents[2] / "requirements-supysonic.txt"
INSTALL_PATIENCE_S = 300
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


def environment() -> Path:
    """Return the folder of the environment, made when it is not there yet."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    folder = platformdirs.user_cache_path("moodring-tests") / f"supysonic-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        # Several workers may want it at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = folder / "complete"
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            uv = str(Path(sys.executable).with_name("uv"))
            _installed([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
            chosen = ["--quiet", "--require-hashes", "--only-binary", ":all:"]
            python = str(folder / "bin" / "python")
            _installed([uv, "pip", "install", *chosen, "--python", python, "-r", str(LOCK)])
            complete.touch()
    return folder


def _installed(command: list[str]) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=INSTALL_PATIENCE_S
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        # Files that are not the locked ones are no reason to skip a test.
        assert "hash" not in done.stderr.lower(), done.stderr
        raise NoServer(f"supysonic cannot be installed from PyPI: {said[-1].strip()}")


@contextmanager
def running(folder: Path, music: Path) -> Iterator[str]:
    """Start a server with the music of a folder, and give its address.

    folder : of its own, for its database and its log
    """
    python = environment() / "bin"
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
