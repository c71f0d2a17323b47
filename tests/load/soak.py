"""Visitors that come and go: ``make soak`` (`python -m tests.load.soak --visits 20`).

Each opens the page, lets its camera run for a moment, and closes the tab without a word. Afterwards
the server's threads, memory and CPU must be back where they were.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from detectors.conversion import converted_detector
from tests.e2e.driver import started_server
from tests.load import clip
from tests.load.__main__ import cpu_seconds, memory_mb
from tests.load.page import Page
from tests.load.visitor import PATIENCE_S, Camera, connect

if TYPE_CHECKING:
    from collections.abc import Sequence

VISITS = 20
STAY_S = 2.0
# Within so long after the last one left, everything is to be as before.
QUIET_AFTER_S = 5.0
# The first visits load the models and fill the caches.
WARM_UP_VISITS = 3


def threads(process: int) -> int:
    """Return how many threads a process has."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("Threads:")[1].split()[0])


async def come_and_go(base: str, packets: Sequence[av.Packet]) -> None:
    """Open the page, let the camera run for a moment, close the tab."""
    async with Page(base) as page:
        await page.until(lambda page: "agree" in page.buttons, PATIENCE_S)
        await page.press("agree")
        await page.until(lambda page: page.camera is not None, PATIENCE_S)
        peer = await connect(page, Camera(packets), [])
        await page.until(lambda page: page.label in clip.LABELS, PATIENCE_S)
        await asyncio.sleep(STAY_S)
    await peer.close()


def state(process: int) -> dict[str, float]:
    """Return threads, memory in MB, and the share of a core that is used over a second."""
    before = cpu_seconds(process)
    time.sleep(1)
    return {
        "threads": threads(process),
        "memory_mb": memory_mb(process),
        "cores": cpu_seconds(process) - before,
    }


def soak(folder: Path, visits: int) -> dict[str, Any]:
    """Return the server's state after the first visits, and after all of them."""
    film = clip.write(folder / "clip.ivf")
    with av.open(str(film)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    with started_server(folder) as (base, server):
        for _ in range(WARM_UP_VISITS):
            asyncio.run(come_and_go(base, packets))
        time.sleep(QUIET_AFTER_S)
        before = state(server.pid)
        for _ in range(visits):
            asyncio.run(come_and_go(base, packets))
        time.sleep(QUIET_AFTER_S - 1)
        return {"visits": visits, "before": before, "after": state(server.pid)}


def main() -> int:
    """Run the soak test."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.soak", description=__doc__)
    parser.add_argument("--visits", type=int, default=VISITS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        converted_detector(Path(folder))
        sys.stdout.write(json.dumps(soak(Path(folder), options.visits), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
