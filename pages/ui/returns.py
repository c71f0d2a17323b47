"""Answers of Spotify's sign-in, between the redirect that brings them and the page that takes them.

They lie in this process's memory for moments, each under the browser that it came by.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A page asks for its answer as soon as it is there; a code of Spotify's lives ten minutes.
LIFETIME_S = 120.0
# Of all browsers together. A flood drives out others' answers, and they sign in again.
MAX_RETURNS = 1024


@dataclass(frozen=True, slots=True)
class Return:
    """One answer of the sign-in; each part is "" where Spotify did not send it.

    code : to be changed for a token, once
    state : which sign-in it belongs to
    error : why there is none, in OAuth's words
    """

    code: str
    state: str
    error: str


class Returns:
    """The answers that wait for their pages. Any number of threads may use it at once.

    now : returns seconds of a clock that never goes back
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        # The oldest first: when it came, by which browser.
        self._waiting: deque[tuple[float, str, Return]] = deque(maxlen=MAX_RETURNS)

    def keep(self, browser: str, came: Return) -> None:
        """Keep an answer for the browser's next page."""
        with self._lock:
            self._waiting.append((self._now(), browser, came))

    def take(self, browser: str) -> Return | None:
        """Return the oldest answer of a browser, once; None when there is none."""
        with self._lock:
            while self._waiting and self._waiting[0][0] + LIFETIME_S < self._now():
                self._waiting.popleft()
            for one in self._waiting:
                if one[1] == browser:
                    self._waiting.remove(one)
                    return one[2]
        return None


RETURNS = Returns()
