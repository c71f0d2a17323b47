"""Rate of frames that the whole process analyses, over the last two minutes."""

import threading
import time
from collections import Counter

KEPT_S = 120


class RateHistory:
    """Frame counts per second. Thread-safe.

    Attributes
    ----------
    total : int, frames since the start of the process
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[int] = Counter()
        self.total = 0

    def note(self) -> None:
        """Count one analysed frame."""
        second = int(time.monotonic())
        with self._lock:
            self._counts[second] += 1
            self.total += 1
            if len(self._counts) > KEPT_S + 1:
                del self._counts[min(self._counts)]

    def last(self) -> list[int]:
        """Return the counts of the last `KEPT_S` whole seconds, oldest first; [] without any."""
        now = int(time.monotonic())
        with self._lock:
            counts = [self._counts[second] for second in range(now - KEPT_S, now)]
        return counts if any(counts) else []


HISTORY = RateHistory()
