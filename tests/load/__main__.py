"""Drive the real server with 1, 4, 8 and 9 visitors and print what each got: ``make load``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from detectors.conversion import converted_detector
from tests.e2e.driver import PROJECT, started_server
from tests.load import clip

SECONDS = 16.0
VISITORS = (1, 4, 8, 9)
TICKS_A_SECOND = 100
STAGGER_S = 1.0


def cpu_seconds(process: int) -> float:
    """Return the CPU time of a process so far, over all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def memory_mb(process: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def drive(count: int, folder: Path, seconds: float) -> dict[str, Any]:
    """Return what so many visitors at once got, and what it cost the server."""
    film = clip.write(folder / "clip.ivf")
    with started_server(folder, MOODRING_SHOW_RATE="1") as (base, server):
        process = server.pid
        command = [sys.executable, "-m", "tests.load.visitor", base, str(film)]
        visitors = []
        for index in range(count):
            # All measure at the same time: who came earlier stays longer.
            stay = seconds + (count - 1 - index) * STAGGER_S
            visitors.append(
                subprocess.Popen(
                    [*command, str(stay)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
                )
            )
            time.sleep(STAGGER_S)
        time.sleep(seconds / 4)
        before, start = cpu_seconds(process), time.monotonic()
        time.sleep(seconds / 2)
        cores = (cpu_seconds(process) - before) / (time.monotonic() - start)
        memory = memory_mb(process)
        got = [json.loads(visitor.communicate()[0] or "{}") for visitor in visitors]
    return {"visitors": count, "cores": cores, "memory_mb": memory, "got": got}


def show(result: dict[str, Any]) -> None:
    """Print the result as a line a visitor."""
    print(
        f"\n{result['visitors']} visitor(s): server {result['cores']:.2f} cores, "
        f"{result['memory_mb']:.0f} MB"
    )
    for number, got in enumerate(result["got"], 1):
        if "told" in got:
            print(f"  {number}: told “{got['told']}”")
        elif not got:
            print(f"  {number}: failed")
        else:
            delays = got["delays"] or [float("nan")]
            print(
                f"  {number}: {np.median(got['rates']):.1f} frames a second analysed, "
                f"{got['frames_back']:.1f} back; face to mood "
                f"{np.median(delays):.2f} s (longest {max(delays):.2f} of {len(got['delays'])})"
            )


def main() -> int:
    """Run the load test."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--visitors", type=int, nargs="*", default=VISITORS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        converted_detector(Path(folder))
        for count in options.visitors:
            show(drive(count, Path(folder), options.seconds))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
