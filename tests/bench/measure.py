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

ROOT = Path(__file__).parents[2]
# Enough for a median that an odd hiccup does not move, few enough for a minute in all.
ROUNDS = 15
WARM_UPS = 3
STARTS = 3
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


def cpu_ms(work: Callable[[], object]) -> float:
    """Median CPU time in ms of one call, over all threads of this process."""
    for _ in range(WARM_UPS):
        work()
    times = []
    for _ in range(ROUNDS):
        before = time.process_time()
        work()
        times.append((time.process_time() - before) * 1000)
    return statistics.median(times)


def start(detector: Path, fusion: Path) -> tuple[float, float | None]:
    """Median seconds until a new process could read a frame, and its memory then in MB.

    The memory is None where there is no /proc.
    """
    command = [sys.executable, "-c", START, str(detector), str(fusion)]
    seconds, memory = [], []
    for _ in range(STARTS):
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
