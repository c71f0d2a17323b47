"""A camera's page: the runs that it asks for, few, and whether its visitor has it before them.

The socket that tells the browser what is read (`pages.ui.web.live`) looks here ten times a second
whether the page has something to do; the page says at the end of each run what it waits for.
"""

import math
import threading
import time
from collections.abc import Callable

from recommender.dj import Settling, is_new
from recommender.types import Mood

# A phone that was locked for a minute finds its seat.
AWAY_S = 90.0


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


class Presence:
    """Whether a visitor has the page before them, as their browser tells.

    A phone that is locked or shows another app sends no pictures, and may close every connection;
    one that changes its network loses them all. Its camera is waited for a while: in its seat, and
    with what is left of its connection. Times are of `time.monotonic`; any thread may call.

    Attributes
    ----------
    is_open : bool or None, False once the page was closed, None while it has no socket of its own
        will, else True, also when a socket has broken off
    """

    def __init__(self) -> None:
        self.is_open: bool | None = None
        self._is_hidden = False
        self._left_at: float | None = None
        self._back_at = self._blind_at = -math.inf

    def leave(self, now: float) -> None:
        """Note that the page is hidden, or its camera paused by the device."""
        self._is_hidden = True
        self.lose(now)

    def come_back(self, now: float) -> None:
        """Note that the page is seen again."""
        self._is_hidden = False
        if self._left_at is not None:
            self._left_at, self._back_at = None, now

    def lose(self, now: float) -> None:
        """Note that the page is out of reach: a socket of its has broken off."""
        if self._left_at is None:
            self._left_at = now

    def find(self, now: float) -> None:
        """Note that the page is in reach, by a new socket."""
        self.is_open = True
        if not self._is_hidden:
            self.come_back(now)

    def detach(self) -> None:
        """Note that the page has closed its socket: it shows no camera any more."""
        self.is_open = None

    def close(self) -> None:
        """Note that the page has been closed."""
        self.is_open, self._left_at = False, None

    def note_blind(self, now: float) -> None:
        """Note that the page, which is in reach, has no picture to send."""
        self._blind_at = now

    def is_blind(self, last: float) -> bool:
        """Return whether the page has said so since a time."""
        return self._blind_at > last

    def is_away(self, now: float) -> bool:
        """Return whether the visitor is away, and still waited for."""
        left_at = self._left_at
        return left_at is not None and now - left_at <= AWAY_S

    def silence_s(self, last: float, now: float) -> float:
        """Return how long frames have been missing, in seconds; not while the visitor is away.

        Parameters
        ----------
        last : float, when the last frame came, or was first waited for
        """
        return 0.0 if self.is_away(now) else now - max(last, self._back_at)

    def awaits(self, last: float | None) -> bool:
        """Return whether no frame has come yet, or none since the visitor came back."""
        return last is None or last < self._back_at
