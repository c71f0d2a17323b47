"""CPU time of a piece of work, and what a fresh process needs to get ready."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from tests.bench.sizes import Sizes

ROOT = Path(__file__).parents[2]
START_PATIENCE_S = 60

# Everything that the app loads before it can read its first frame.
START = """
import sys
from pathlib import Path

from detectors.emotions import EmotionFusion
from detectors.faces import MtcnnDetector
from detectors.pipeline import Analyser

Analyser((MtcnnDetector(Path(sys.argv[1])), EmotionFusion(Path(sys.argv[2]))))
status = Path("/proc/self/status")
print(status.read_text().split("VmRSS:")[1].split()[0] if status.exists() else "")
"""


def cpu_ms(work: Callable[[], object], sizes: Sizes) -> float:
    """Median CPU time in ms of one call, over all threads of this process."""
    for _ in range(sizes.warm_ups):
        work()
    times = []
    for _ in range(sizes.rounds):
        before = time.process_time()
        work()
        times.append((time.process_time() - before) * 1000)
    return statistics.median(times)


def clip_cpu_ms(
    read: Callable[[int, NDArray[np.uint8]], object],
    clip: list[NDArray[np.uint8]],
    sizes: Sizes,
) -> float:
    """Mean CPU time in ms of a frame of the clip, over all threads of this process."""
    for number, frame in enumerate(clip[: sizes.warm_up_frames]):
        read(number, frame)
    before = time.process_time()
    for number, frame in enumerate(clip, sizes.warm_up_frames):
        read(number, frame)
    return (time.process_time() - before) / len(clip) * 1000


def start(detector: Path, fusion: Path, sizes: Sizes) -> tuple[float, float | None]:
    """Median seconds until a new process could read a frame, and its memory then in MB.

    The memory is None where there is no /proc.
    """
    command = [sys.executable, "-c", START, str(detector), str(fusion)]
    seconds, memory = [], []
    for _ in range(sizes.starts):
        before = time.perf_counter()
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=START_PATIENCE_S
        )
        seconds.append(time.perf_counter() - before)
        memory.append(done.stdout.strip())
    return (
        statistics.median(seconds),
        statistics.median(int(kib) / 1024 for kib in memory) if all(memory) else None,
    )
