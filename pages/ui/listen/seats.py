"""Seats: each camera has one, from Start until its connection is closed or its pictures end.

There are as many as the machine carries (`capacity.py`), at most those of the settings.

A connection costs sockets and threads whether or not a picture comes. One without a picture is
therefore hung up after a while, few may be on their way at a time, and its seat is taken meanwhile.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from pages.ui.listen.capacity import MAX_CONNECTING, Capacity
from pages.ui.listen.frames import LiveReading
from pages.ui.listen.runs import AWAY_S

# A connection stands within two seconds, by a relay on a slow line within ten.
FIRST_FRAME_S = 20.0
# A browser itself gives up a silent connection after some five seconds, and its page then says that
# it has no picture in its place, or sends some. From a page that says nothing none is awaited for
# as long as from one that is hidden.
SILENCE_S = 15.0
WATCH_S = 1.0


@dataclass(slots=True, eq=False)
class Seat:
    """The seat of one camera, by one way.

    Attributes
    ----------
    since : float, when it was taken, value of ``time.monotonic()``
    hang_up : callable, closes the connection, or leaves the seat where there is none
    is_ending : bool, whether `hang_up` was called
    """

    live: LiveReading
    since: float
    hang_up: Callable[[], None]
    is_ending: bool = False

    def is_overdue(self, now: float) -> bool:
        """Return whether the page is closed, or no frame has come for too long.

        While the visitor is away, or their network is, the camera is waited for.
        """
        last, presence = self.live.last_frame, self.live.presence
        if presence.is_open is False:
            return True
        if last is None:
            # Nothing is lost with a camera that has never shown anything.
            return now - self.since > FIRST_FRAME_S
        return presence.silence_s(last, now) > (SILENCE_S if presence.is_blind(last) else AWAY_S)


class Seats:
    """The seats of the whole process. Any thread may ask.

    Parameters
    ----------
    capacity : Capacity, as long as nobody is in
    """

    def __init__(self, capacity: Capacity) -> None:
        self._lock = threading.Lock()
        self._first = self._capacity = capacity
        self._taken: dict[LiveReading, Seat] = {}
        self._watched = False

    def holds(self, live: LiveReading) -> bool:
        """Return whether a camera has a seat."""
        with self._lock:
            return live in self._taken

    def is_taken(self, seat: Seat) -> bool:
        """Return whether a seat is its camera's present one."""
        with self._lock:
            return self._taken.get(seat.live) is seat

    def counted(self, seats: int) -> tuple[int, int]:
        """Return how many seats are taken, and how many there are now.

        Parameters
        ----------
        seats : int, how many there are at most
        """
        with self._lock:
            return len(self._taken), min(seats, self._capacity.seats)

    def has_one_for(self, live: LiveReading, seats: int) -> bool:
        """Return whether a camera has a seat, or could take one now.

        Parameters
        ----------
        seats : int, how many there are at most
        """
        with self._lock:
            return live in self._taken or self._is_one_free(seats)

    def take(self, live: LiveReading, seats: int, hang_up: Callable[[], None]) -> Seat | None:
        """Take a seat, which a camera may do once; None when there is none.

        Parameters
        ----------
        seats : int, how many there are at most
        hang_up : callable, called in a thread of our own when no frame comes, returns at once
        """
        with self._lock:
            if live in self._taken or not self._is_one_free(seats):
                return None
            return self._given(live, hang_up)

    def pass_on(self, live: LiveReading, seats: int, hang_up: Callable[[], None]) -> Seat | None:
        """Pass a camera's seat on to its next way, and hang up the former connection.

        It is one seat all the time. A camera without one takes a free one; None when there is none,
        or the camera is being hung up.

        Parameters
        ----------
        seats : int, how many there are at most
        hang_up : callable, as in `take`
        """
        with self._lock:
            former = self._taken.get(live)
            free = self._is_one_free(seats) if former is None else not former.is_ending
            if not free:
                return None
            seat = self._given(live, hang_up)
        if former is not None:
            former.hang_up()
        return seat

    def _given(self, live: LiveReading, hang_up: Callable[[], None]) -> Seat:
        """Return a camera's new seat, and see that somebody looks after it."""
        seat = self._taken[live] = Seat(live, time.monotonic(), hang_up)
        if not self._watched:
            self._watched = True
            threading.Thread(target=self._watch, name="seats", daemon=True).start()
        return seat

    def leave(self, seat: Seat) -> None:
        """Give a seat back, when its connection is closed; any number of times."""
        with self._lock:
            if self._taken.get(seat.live) is seat:
                del self._taken[seat.live]

    def hang_up(self, live: LiveReading) -> None:
        """Hang up a camera's connection, if it has one, for good. Returns at once."""
        with self._lock:
            seat = self._taken.get(live)
            if seat is None or seat.is_ending:
                return
            seat.is_ending = True
        _end(seat)

    def _is_one_free(self, seats: int) -> bool:
        connecting = sum(one.last_frame is None for one in self._taken)
        free = len(self._taken) < min(seats, self._capacity.seats)
        return free and connecting < MAX_CONNECTING

    def _watch(self) -> None:
        while self._hang_up_overdue():
            time.sleep(WATCH_S)

    def _hang_up_overdue(self) -> bool:
        """Hang up where no frame has come for too long; return whether any seat is taken.

        What those who are in get decides how many more may come.
        """
        now = time.monotonic()
        with self._lock:
            if not self._taken:
                self._watched, self._capacity = False, self._first
                return False
            loads = [load for live in self._taken if (load := live.load) is not None]
            self._capacity = self._capacity.after(now, len(self._taken), loads)
            overdue = [
                seat for seat in self._taken.values() if not seat.is_ending and seat.is_overdue(now)
            ]
            for seat in overdue:
                seat.is_ending = True
        for seat in overdue:
            seat.live.never_came = seat.live.last_frame is None
            _end(seat)
        return True


def _end(seat: Seat) -> None:
    seat.live.is_over = True
    seat.hang_up()


SEATS = Seats(Capacity())
