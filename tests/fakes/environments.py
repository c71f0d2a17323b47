"""Environments of their own for servers from PyPI and for ours, which the tests start.

Each is made once, from a lock file with hashes, and kept in the user's cache folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs

from tests.fakes.servers import NoServer

INSTALL_PATIENCE_S = 300


def environment(lock: Path, base: str = sys.executable) -> Path:
    """Return the folder of an environment with what a lock file names; NoServer without it.

    base : the Python that it is made with
    """
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    name = lock.stem if base == sys.executable else f"{lock.stem}-{Path(base).name}"
    folder = platformdirs.user_cache_path("moodring-tests") / f"{name}-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as held:
        # Several workers may want it at once.
        fcntl.flock(held, fcntl.LOCK_EX)
        complete = folder / "complete"
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            uv = str(Path(sys.executable).with_name("uv"))
            _run([uv, "venv", "--quiet", "--python", base, str(folder)], lock)
            chosen = ["--quiet", "--require-hashes", "--only-binary", ":all:"]
            python = str(folder / "bin" / "python")
            _run([uv, "pip", "install", *chosen, "--python", python, "-r", str(lock)], lock)
            complete.touch()
    return folder


def _run(command: list[str], lock: Path) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=INSTALL_PATIENCE_S
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        # Files that are not the locked ones are no reason to skip a test.
        assert "hash" not in done.stderr.lower(), done.stderr
        raise NoServer(f"{lock.name} cannot be installed from PyPI: {said[-1].strip()}")
