"""The cost of a press on "Find songs" for the server: ``python -m tests.load.presses``.

A visitor whose camera runs presses again and again; what the camera alone took before is taken off.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.driver import started_server
from tests.load import clip
from tests.load.crowd import SETTLE_S
from tests.load.usage import usage
from tests.load.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Sequence

    import av

PRESSES, EVERY_S = 20, 1.0
RATE = 15
BUTTON = "play-my-mood"


async def press(
    base: str, server: int, packets: Sequence[av.Packet], presses: int
) -> dict[str, float]:
    """Return the CPU time that a press takes, in milliseconds, and the memory in MB."""
    visitor = Visitor(base, packets, RATE)
    await visitor.come()
    await asyncio.sleep(SETTLE_S)
    begun = usage(server)
    await asyncio.sleep(presses * EVERY_S)
    watched = usage(server)
    for _ in range(presses):
        await visitor.page.press(BUTTON)
        await asyncio.sleep(EVERY_S)
    pressed = usage(server)
    await visitor.leave()
    alone = watched.cores_since(begun) * (pressed.clock_s - watched.clock_s)
    press_s = (pressed.cpu_s - watched.cpu_s - alone) / presses
    return {"press_ms": 1000 * press_s, "memory_mb": pressed.memory_mb}


def main() -> int:
    """Measure, and print it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.presses", description=__doc__)
    parser.add_argument("--presses", type=int, default=PRESSES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packets = clip.packets(clip.write(folder / "clip.ivf", RATE))
        with started_server(folder) as (base, server):
            print(json.dumps(asyncio.run(press(base, server.pid, packets, options.presses))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
