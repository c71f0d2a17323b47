"""A Dask cluster on this machine, each part a process of its own, as on many machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster.

    address : of the scheduler
    """

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def dask_cluster(folder: Path, workers: int = 2, **environment: str) -> Iterator[Cluster]:
    """Give a cluster of workers with one thread each; all end with the block.

    environment : of all its processes, beside ours
    """
    folder.mkdir(exist_ok=True)
    file = folder / "scheduler.json"
    with ExitStack() as stack:

        def start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
            log = stack.enter_context((folder / f"{module}.log").open("ab"))
            quiet = {"DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "1m"}
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **quiet, **environment},
                stdout=log,
                stderr=log,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        scheduler = start(
            "dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--dashboard-address",
            "127.0.0.1:0",
            "--scheduler-file",
            str(file),
        )
        give_up = time.monotonic() + PATIENCE_S
        while not (file.exists() and file.read_text()):
            assert scheduler.poll() is None
            assert time.monotonic() < give_up, "the scheduler does not start"
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        started = [
            start(
                "dask_worker",
                address,
                "--nthreads",
                "1",
                "--no-nanny",
                "--no-dashboard",
                "--name",
                f"worker-{number}",
                "--local-directory",
                str(folder),
            )
            for number in range(workers)
        ]
        yield Cluster(address, scheduler, started)
