"""So many visitors at once, in a process of their own.

``python -m tests.load.crowd BASE SERVER_PID CLIP KIND RATE COUNT SECONDS PAUSE_MS`` lets them come
one after the other, stops the server for a moment, watches them all for so long, and prints what
each got, what it cost the server and what this process itself took, as one JSON object. It is void
when that is so much that the server would have felt it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.load import clip
from tests.load.usage import usage
from tests.load.visitor import Visitor

# Time to settle after the last one came: the page still loads songs for the first mood.
SETTLE_S = 3.0
# Within so long after a pause, all is to be as before.
RECOVERY_S = 6.0
# Seats open one by one where many come.
SEAT_S = 10.0
# Visitors who take more would hold up the server whose cores they share.
MAX_OWN_CORES = 0.4


async def crowd(
    base: str,
    server: int,
    film: Path,
    kind: str,
    rate: int,
    count: int,
    seconds: float,
    pause_ms: int,
) -> dict[str, Any]:
    """Return what each visitor got, and what they cost the server.

    kind : how their pictures come, "webrtc", "pictures" or "relay"
    """
    packets = clip.packets(film)
    pictures = clip.pictures(film, rate) if kind == "pictures" else ()
    visitors = [
        Visitor(base, packets, rate, pictures, relayed=kind == "relay", waits_s=SEAT_S)
        for _ in range(count)
    ]
    for visitor in visitors:
        await visitor.come()
    await asyncio.sleep(SETTLE_S)
    if pause_ms:
        os.kill(server, signal.SIGSTOP)
        await asyncio.sleep(pause_ms / 1000)
        os.kill(server, signal.SIGCONT)
        await asyncio.sleep(RECOVERY_S)
    before, before_own = usage(server), usage(os.getpid())
    got = await asyncio.gather(*(visitor.watch(seconds) for visitor in visitors))
    after, after_own = usage(server), usage(os.getpid())
    own = after_own.cores_since(before_own)
    for visitor in visitors:
        await visitor.leave()
    return {
        "cores": after.cores_since(before),
        "visitors_cores": own,
        "void": own > MAX_OWN_CORES,
        "memory_mb": after.memory_mb,
        "kind": visitors[0].page.way,
        "page_s": visitors[0].page_s,
        "ready_s": visitors[0].ready_s,
        "got": got,
    }


if __name__ == "__main__":
    address, pid, path, way, *numbers = sys.argv[1:]
    result = asyncio.run(crowd(address, int(pid), Path(path), way, *map(int, numbers)))
    sys.stdout.write(json.dumps(result) + "\n")
