"""Lets a test look into a server: on SIGUSR1 it writes what its BLAS libraries run on.

Python imports a module of this name at its start; the test puts this folder on `PYTHONPATH`, and
names the file in `TOLD`.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path


def tell(*_: object) -> None:
    """Write what `threadpoolctl.threadpool_info` says."""
    from threadpoolctl import threadpool_info

    told = Path(os.environ["TOLD"])
    part = told.with_suffix(".part")
    part.write_text(json.dumps(threadpool_info()), encoding="utf-8")
    part.replace(told)


signal.signal(signal.SIGUSR1, tell)
