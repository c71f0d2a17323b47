"""Looking into a server that runs: it says itself how its process is set."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

PATIENCE_S = 60
TOLD = "told.json"


def looked_into(folder: Path) -> dict[str, str]:
    """Return the environment of a server that can be looked into.

    folder : where it is to write what it says
    """
    kept = os.environ.get("PYTHONPATH")
    path = str(Path(__file__).with_name("path"))
    return {
        "PYTHONPATH": f"{path}{os.pathsep}{kept}" if kept else path,
        "TOLD": str(folder / TOLD),
    }


def told_by(server: subprocess.Popen[bytes], folder: Path) -> dict[str, Any]:
    """Ask a server how its process is set; see `path/sitecustomize.py`."""
    told = folder / TOLD
    told.unlink(missing_ok=True)
    server.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + PATIENCE_S
    while not told.exists():
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.05)
    return dict(json.loads(told.read_text(encoding="utf-8")))
