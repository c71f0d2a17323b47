"""Memory and CPU time that reading one input takes, with an end to it."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
# Resets the peak, as proc(5) says.
PEAK = "5"
# Above the limit, so that what is over it is seen and told before the process is ended.
MORE_S, MORE_BYTES = 3, 2 * 1024**3
HAS_PROC = STATUS.exists()


@dataclass(slots=True)
class Took:
    """Memory and CPU time that were taken; to be read after the block.

    cpu_s : seconds, over all threads
    memory_mb : at the peak, above what the process had before; 0 where there is no /proc
    """

    cpu_s: float = 0.0
    memory_mb: float = 0.0


def memory_mb(which: str) -> float:
    """Return a line of Linux' account of this process, "VmRSS" or "VmHWM"."""
    if not HAS_PROC:
        return 0.0
    return int(STATUS.read_text().split(f"{which}:")[1].split()[0]) / 1024


def give_back() -> None:
    """Give memory back that is free, so that what is taken next is seen."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


@contextmanager
def watched(cpu_s: float, most_mb: float) -> Iterator[Took]:
    """End this process when the block takes far more than it may.

    cpu_s, most_mb : what the block may take
    """
    took, before_mb = Took(), memory_mb("VmRSS")
    if HAS_PROC:
        CLEAR.write_text(PEAK)
    if sys.platform == "linux":
        # The signal comes even within a decoder, and ends the process.
        soon = int(time.process_time() + cpu_s) + MORE_S
        resource.setrlimit(resource.RLIMIT_CPU, (soon, resource.RLIM_INFINITY))
        room = int((memory_mb("VmSize") + most_mb) * 1024**2) + MORE_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))
    began = time.process_time()
    try:
        yield took
    finally:
        took.cpu_s = time.process_time() - began
        took.memory_mb = memory_mb("VmHWM") - before_mb
