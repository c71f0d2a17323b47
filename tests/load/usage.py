"""What the server's process uses."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Usage:
    """At one moment.

    clock_s : when, on the monotonic clock
    cpu_s : CPU time so far, over all threads
    """

    clock_s: float
    cpu_s: float
    memory_mb: float
    threads: int

    def cores_since(self, earlier: Usage) -> float:
        """Return how many cores were busy, on average, since an earlier moment."""
        return (self.cpu_s - earlier.cpu_s) / (self.clock_s - earlier.clock_s)


def usage(pid: int) -> Usage:
    """Return what a process uses now."""
    process = psutil.Process(pid)
    with process.oneshot():
        times = process.cpu_times()
        memory = process.memory_info().rss / 1024 / 1024
        return Usage(time.monotonic(), times.user + times.system, memory, process.num_threads())
