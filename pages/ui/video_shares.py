"""Shares in the day's searches for videos, so that one visitor does not use up all of them."""

from __future__ import annotations

import threading
import time

# Of the hundred that YouTube gives an app a day.
SEARCHES_EACH = 30
DAY_S = 24 * 60 * 60.0
# A flood of browsers is counted as one from here on.
MAX_BROWSERS = 4096
_OTHERS = ""


class VideoShares:
    """Counts each browser's searches, from its first one on for a day, in memory.

    Any number of threads may use it at once. A browser is a word that no other browser can know;
    "" stands for all those that keep no cookies.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # When the first search was, and how many there were; the oldest first.
        self._used: dict[str, tuple[float, int]] = {}

    def spend(self, browser: str, now: float | None = None) -> bool:
        """Count one search if the browser has one left, and return whether it had.

        now : value of ``time.monotonic()``; None for the present
        """
        present = time.monotonic() if now is None else now
        with self._lock:
            for known, (began, _) in list(self._used.items()):
                if present - began < DAY_S:
                    break
                del self._used[known]
            who = browser if browser in self._used or len(self._used) < MAX_BROWSERS else _OTHERS
            began, used = self._used.get(who, (present, 0))
            if used >= SEARCHES_EACH:
                return False
            self._used[who] = (began, used + 1)
            return True


VIDEO_SHARES = VideoShares()
