"""A quota of video searches per browser, so that no visitor uses up the app's daily quota."""

from __future__ import annotations

import threading
import time

# Out of the hundred a day that YouTube grants an app.
SEARCHES_EACH = 30
DAY_S = 24 * 60 * 60.0
# Browsers beyond this number share a single quota.
MAX_BROWSERS = 4096
_OTHERS = ""


class VideoShares:
    """Counter of each browser's searches in the day after its first, in memory. Thread-safe.

    Browsers are keyed by `pages.ui.browser.key`; "" stands for all browsers without cookies.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Time of the first search, and number of searches; oldest first.
        self._used: dict[str, tuple[float, int]] = {}

    def spend(self, browser: str, now: float | None = None) -> bool:
        """Count a search if the quota allows it, and return whether it does.

        Parameters
        ----------
        now : float or None, value of ``time.monotonic()``, None for the present
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
