"""Visitors that come and go, crowds, and one that stays: ``make soak``.

Twenty open the page, let their cameras run for a moment, and close the tab without a word: threads,
memory and CPU must be back within five seconds. Sixteen come at once, twenty times, and no stream
may break off. One stays for half an hour: memory must not grow. At last the server is told to stop
while the camera runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.driver import started_server
from tests.load import clip
from tests.load.crowd import crowd
from tests.load.usage import usage
from tests.load.visitor import SILENCE_S, Visitor

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    import av

VISITS = 20
MINUTES = 30.0
RATE = 15
STAY_S = 2.0
# Within so long after the last one left, everything is to be as before.
QUIET_AFTER_S = 5.0
# The first visits load the models and fill the caches.
WARM_UP_VISITS = 3
CROWDS = 20
VISITORS = 16
CROWD_S = 20
SAMPLE_EVERY_S = 60.0
EXIT_PATIENCE_S = 20.0


async def come_and_go(base: str, packets: Sequence[av.Packet]) -> None:
    """Open the page, let the camera run for a moment, close the tab."""
    visitor = Visitor(base, packets, RATE)
    await visitor.come()
    await asyncio.sleep(STAY_S)
    await visitor.leave(politely=False)


def at_rest(pid: int) -> dict[str, float]:
    """Return threads and memory, and the share of a core that is used over a second."""
    before = usage(pid)
    time.sleep(1)
    after = usage(pid)
    return {**asdict(after), "cores": after.cores_since(before)}


def visits(base: str, pid: int, packets: Sequence[av.Packet], count: int) -> dict[str, Any]:
    """Return what the server uses before and after so many visits."""
    for _ in range(WARM_UP_VISITS):
        asyncio.run(come_and_go(base, packets))
    time.sleep(QUIET_AFTER_S)
    before = at_rest(pid)
    for _ in range(count):
        asyncio.run(come_and_go(base, packets))
    # The last one has been gone for the silence already, and the look itself takes a second.
    time.sleep(QUIET_AFTER_S - SILENCE_S - 1)
    return {"visits": count, "before": before, "after": at_rest(pid)}


def crowds(
    base: str, pid: int, film: Path, count: int, visitors: int, seconds: int
) -> list[dict[str, Any]]:
    """Return how many of so many crowds were served, each, and whose streams went on to the end."""
    courses = []
    for _ in range(count):
        came = asyncio.run(crowd(base, pid, film, "webrtc", RATE, visitors, seconds, 0))
        served = [got for got in came["got"] if "told" not in got]
        alive = [got for got in served if got["way"] == "webrtc" and got["analysed"]]
        fewest = min(got["analysed"] for got in served)
        courses.append({"served": len(served), "alive": len(alive), "fewest": round(fewest, 1)})
        # Twenty take half an hour: what is known shall not wait for the last.
        sys.stderr.write(f"{json.dumps(courses[-1])}\n")
        time.sleep(QUIET_AFTER_S)
    return courses


async def long_visit(
    base: str, server: subprocess.Popen[bytes], packets: Sequence[av.Packet], minutes: float
) -> dict[str, Any]:
    """Return the memory minute by minute, and how long the server took to stop after that."""
    visitor = Visitor(base, packets, RATE)
    await visitor.come()
    memory, end = [], time.monotonic() + minutes * 60
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(SAMPLE_EVERY_S, left))
        memory.append(round(usage(server.pid).memory_mb, 1))
    asked = time.monotonic()
    server.send_signal(signal.SIGINT)
    await asyncio.to_thread(server.wait, EXIT_PATIENCE_S)
    exit_s = time.monotonic() - asked
    await visitor.leave(politely=False)
    return {"memory_mb": memory, "exit_s": exit_s}


def soak(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return what came of the visits, of so many crowds, and of the one that stayed."""
    film = clip.write(folder / "clip.ivf", RATE)
    packets = clip.packets(film)
    with started_server(folder, MOODRING_SHOW_RATE="1") as (base, server):
        came = visits(base, server.pid, packets, options.visits) if options.visits else {}
        together = crowds(base, server.pid, film, options.crowds, options.visitors, options.seconds)
        stayed = asyncio.run(long_visit(base, server, packets, options.minutes))
        return {**came, "crowds": together, "stayed": stayed}


def main() -> int:
    """Run the soak test."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.soak", description=__doc__)
    parser.add_argument("--visits", type=int, default=VISITS)
    parser.add_argument("--crowds", type=int, default=CROWDS)
    parser.add_argument("--visitors", type=int, default=VISITORS, help="of each crowd")
    parser.add_argument("--seconds", type=int, default=CROWD_S, help="that each crowd stays")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(options, Path(folder))
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
