"""Drive the real server with 1, 4, 8 and 16 visitors and print what each got: ``make load``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from detectors.conversion import converted_detector
from tests.e2e.driver import PROJECT, started_server
from tests.fakes.coturn import coturn
from tests.load import clip

SECONDS = 20
VISITORS = (1, 4, 8, 16)
# One visitor's camera gives all it can; many are asked for half of it.
RATE_ALONE, RATE = 30, 15
# Where WebRTC does not pass, a page sends no more.
PICTURES = 8
KINDS = ("webrtc", "pictures", "relay")
PATIENCE_S = 300


def drive(count: int, folder: Path, kind: str, seconds: int, pause_ms: int) -> dict[str, Any]:
    """Return what so many visitors at once got, and what they cost the server.

    kind : how their pictures come, one of `KINDS`
    """
    rate = PICTURES if kind == "pictures" else RATE_ALONE if count == 1 else RATE
    film = clip.write(folder / "clip.ivf", rate)
    with ExitStack() as stack:
        relay = stack.enter_context(coturn()).environ if kind == "relay" else {}
        started = started_server(folder, MOODRING_SHOW_RATE="1", **relay)
        base, server = stack.enter_context(started)
        arguments = [base, server.pid, film, kind, rate, count, seconds, pause_ms]
        command = [sys.executable, "-m", "tests.load.crowd", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, timeout=PATIENCE_S
        )
    return {"visitors": count, "rate": rate, **json.loads(done.stdout)}


def show(result: dict[str, Any]) -> None:
    """Print the result, with a line a visitor."""
    served = [got for got in result["got"] if "told" not in got]
    delays = [delay for got in served for delay in got["delays"]]
    void = "VOID: " if result["void"] else ""
    print(
        f"\n{void}{result['visitors']} visitor(s) at {result['rate']} frames a second, "
        f"{result['kind']}: server {result['cores']:.2f} cores, {result['memory_mb']:.0f} MB, "
        f"visitors {result['visitors_cores']:.2f} cores; "
        f"first page {result['page_s']:.1f} s, models {result['ready_s']:.1f} s more; "
        f"fewest analysed {min(got['analysed'] for got in served):.1f} a second; "
        f"face to mood p95 {np.percentile(delays, 95) if delays else np.nan:.2f} s "
        f"of {len(delays)} changes"
    )
    for number, got in enumerate(result["got"], 1):
        if "told" in got:
            print(f"  {number}: told “{got['told']}”")
        else:
            longest = max(got["delays"], default=np.nan)
            print(
                f"  {number}: {got['analysed']:.1f} analysed a second; "
                f"longest change {longest:.2f} s of {len(got['delays'])}"
            )


def main() -> int:
    """Run the load test."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--visitors", type=int, nargs="*", default=VISITORS)
    parser.add_argument("--kind", choices=KINDS, default=KINDS[0], help="how pictures come")
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument(
        "--pause-ms", type=int, default=0, help="stop the server for so long before the watching"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, an object a line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        converted_detector(Path(folder))
        for count in options.visitors:
            result = drive(count, Path(folder), options.kind, options.seconds, options.pause_ms)
            if options.json:
                print(json.dumps(result))
            else:
                show(result)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
