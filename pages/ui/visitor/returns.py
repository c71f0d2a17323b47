"""Spotify's OAuth answers, kept between the redirect and the page that takes them.

They stay in the memory of this process for moments, keyed by browser.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A page takes its answer as soon as it opens; Spotify's codes live ten minutes.
LIFETIME_S = 120.0
# For all browsers together. A flood can only evict other answers: those visitors sign in again.
MAX_RETURNS = 1024


@dataclass(frozen=True, slots=True)
class Return:
    """An OAuth answer of Spotify; each field is "" where Spotify did not send it.

    Attributes
    ----------
    code : str, authorization code, to exchange for a token once
    state : str, identifies the pending sign-in
    error : str, OAuth's error code
    """

    code: str
    state: str
    error: str


class Returns:
    """The answers that wait for their pages. Thread-safe.

    Parameters
    ----------
    now : callable, returns the seconds of a monotonic clock
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        # Time of arrival, browser and answer; oldest first.
        self._waiting: deque[tuple[float, str, Return]] = deque(maxlen=MAX_RETURNS)

    def keep(self, browser: str, came: Return) -> None:
        """Keep an answer for the browser's next page."""
        with self._lock:
            self._waiting.append((self._now(), browser, came))

    def take(self, browser: str) -> Return | None:
        """Return the oldest answer of a browser, once; None without an answer."""
        with self._lock:
            while self._waiting and self._waiting[0][0] + LIFETIME_S < self._now():
                self._waiting.popleft()
            for one in self._waiting:
                if one[1] == browser:
                    self._waiting.remove(one)
                    return one[2]
        return None


RETURNS = Returns()
