"""Lets a test see which files a process opens: it writes them down as it goes.

Python imports a module of this name at its start. The test puts a copy of this file into a folder
of its own and that folder on `PYTHONPATH`, which workers are given too, unlike the environment.
A process that may not be dumped tells of itself: nobody else may look.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

HERE = Path(__file__).parent
_opened = os.open(HERE / f"{os.getpid()}.opened", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def note(event: str, args: tuple[object, ...]) -> None:
    """Write down the path and the flags of what Python code opens."""
    if event == "open":
        path, _, flags = args
        if isinstance(path, int):
            # It was opened before.
            return
        name = os.fsdecode(path) if isinstance(path, bytes) else str(path)
        os.write(_opened, f"{json.dumps([name, flags])}\n".encode())


def tell(*_: object) -> None:
    """Write down how many bytes this process has had written to disks, by whatever code."""
    told = HERE / f"{os.getpid()}.io"
    part = told.with_suffix(".part")
    part.write_bytes(Path("/proc/self/io").read_bytes())
    part.replace(told)


if sys.platform == "linux":
    signal.signal(signal.SIGUSR1, tell)
sys.addaudithook(note)
