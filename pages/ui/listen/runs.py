"""Runs of the page that a camera asks for: few, because ring and word are drawn without any.

The socket that tells the browser what is read (`pages.ui.web.live`) looks here ten times a second
whether the page has something to do; the page says at the end of each run what it waits for.
"""

import threading
import time
from collections.abc import Callable

from recommender.dj import Settling, is_new
from recommender.types import Mood


class Runs:
    """Counts the runs that one camera has asked for. Thread-safe.

    Parameters
    ----------
    clock : callable, returns the seconds of a monotonic clock
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0
        self._settling = Settling()
        self._settled: Mood | None = None
        self._awaits_mood = True
        self._dj = False
        # The settled mood that a run was last asked for or has seen.
        self._told: Mood | None = None
        self._diary_at: float | None = None
        self._problem = ""

    @property
    def count(self) -> int:
        """How many were asked for so far."""
        with self._lock:
            return self._count

    @property
    def settled(self) -> bool:
        """Whether the mood last read has settled."""
        with self._lock:
            return self._settled is not None

    def expect(self, *, mood: bool, dj: bool, diary_in_s: float | None) -> None:
        """Say at the end of a run for what the next one is wanted.

        Parameters
        ----------
        mood : bool, whether the first sure mood is awaited
        dj : bool, whether each new mood that has settled is
        diary_in_s : float or None, seconds until a sure mood is to be kept, None for never
        """
        with self._lock:
            self._awaits_mood = mood
            if dj and not self._dj:
                self._told = self._settled
            self._dj = dj
            self._diary_at = None if diary_in_s is None else self._clock() + diary_in_s

    def look(self, mood: Mood | None, problem: str) -> int:
        """Take what is read now, and return how many runs were asked for so far.

        Parameters
        ----------
        mood : Mood or None, None while none is sure
        problem : str, names why nothing can be read, "" while nothing is wrong
        """
        with self._lock:
            now = self._clock()
            self._settled = mood if self._settling.add(mood, now) else None
            if self._is_wanted(mood, problem, now):
                self._count += 1
            return self._count

    def _is_wanted(self, mood: Mood | None, problem: str, now: float) -> bool:
        wanted = problem != self._problem
        self._problem = problem
        if mood is not None and self._awaits_mood:
            self._awaits_mood, wanted = False, True
        if mood is not None and self._diary_at is not None and now >= self._diary_at:
            self._diary_at, wanted = None, True
        settled = self._settled if self._dj else None
        if settled is not None and (self._told is None or is_new(settled, self._told)):
            self._told, wanted = settled, True
        return wanted
