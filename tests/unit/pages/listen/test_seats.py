"""Seats for cameras' connections: how many, until when, and who is hung up."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from pages.ui.listen import seats
from pages.ui.listen.capacity import (
    CLOSE_AFTER_S,
    FIRST_SEATS,
    MAX_CONNECTING,
    OPEN_AFTER_S,
    SPARE,
    Capacity,
    Load,
)
from pages.ui.listen.frames import LiveReading
from pages.ui.listen.runs import AWAY_S
from pages.ui.listen.seats import FIRST_FRAME_S, SILENCE_S, Seat, Seats
from recommender.settings import MAX_VISITORS
from tests.busy import LATE_S
from tests.fakes.clock import Seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 30.0


class Rooms:
    """The seats, visitors who take them, and who of them was hung up."""

    def __init__(self, clock: Seconds, first_seats: int = 1000) -> None:
        self.seats, self.clock = Seats(Capacity(first_seats)), clock
        self.hung_up: list[LiveReading] = []

    def come(self, live: LiveReading | None = None, count: int = MAX_VISITORS) -> Seat | None:
        visitor = LiveReading() if live is None else live
        return self.seats.take(visitor, count, lambda: self.hung_up.append(visitor))

    def show(self, seat: Seat | None) -> LiveReading:
        """Let a frame come."""
        assert seat is not None
        seat.live._last_frame = self.clock.now
        return seat.live

    def wait(self, seconds: float, blind: LiveReading) -> None:
        """Let time pass, at whose end a page says that it has no picture."""
        self.clock.now += seconds
        blind.presence.note_blind(self.clock.now)

    def await_hung_up(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while len(self.hung_up) < count:
            assert time.monotonic() < deadline, "nobody is hung up"
            time.sleep(0.001)


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rooms]:
    clock = Seconds()
    monkeypatch.setattr(seats, "time", clock)
    made = Rooms(clock)
    yield made
    for seat in list(made.seats._taken.values()):
        made.seats.leave(seat)
    deadline = time.monotonic() + PATIENCE_S
    while made.seats._watched:
        assert time.monotonic() < deadline, "the thread goes on without a seat to look after"
        time.sleep(0.001)


def test_one_camera_more_finds_no_seat_until_one_is_left(rooms: Rooms) -> None:
    taken = []
    for _ in range(MAX_VISITORS):
        taken.append(rooms.come())
        rooms.show(taken[-1])
    newcomer = LiveReading()
    assert not rooms.seats.has_one_for(newcomer, MAX_VISITORS)
    assert rooms.come(newcomer) is None
    assert taken[0] is not None
    assert rooms.seats.has_one_for(taken[0].live, MAX_VISITORS), "who is in stays in"
    rooms.seats.leave(taken[0])
    assert not rooms.seats.holds(taken[0].live)
    assert rooms.seats.has_one_for(newcomer, MAX_VISITORS)
    assert rooms.come(newcomer) is not None
    assert rooms.seats.holds(newcomer)


def test_they_are_counted(rooms: Rooms) -> None:
    assert rooms.seats.counted(3) == (0, 3)
    rooms.show(rooms.come())
    assert rooms.seats.counted(3) == (1, 3)
    assert Rooms(rooms.clock, first_seats=2).seats.counted(3) == (0, 2)


def test_there_are_as_many_as_the_machine_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = Rooms(Seconds(), FIRST_SEATS)
    monkeypatch.setattr(seats, "time", rooms.clock)
    loads: dict[LiveReading, Load] = {}
    monkeypatch.setattr(LiveReading, "load", property(loads.get))

    def free_seats(seconds: float) -> int:
        """Return how many there are after so long."""
        rooms.clock.now += seconds
        rooms.seats._hang_up_overdue()
        taken, least = len(rooms.seats._taken), rooms.seats._capacity.seats
        assert rooms.seats.has_one_for(LiveReading(), 100) == (taken < least)
        assert not rooms.seats.has_one_for(LiveReading(), taken), (
            "the settings say how many at most"
        )
        return least - taken

    # Its own thread looks, too, at a clock that stands still meanwhile.
    lives = [rooms.show(rooms.come()) for _ in range(FIRST_SEATS)]
    assert rooms.come() is None
    assert [free_seats(OPEN_AFTER_S) for _ in range(5)][-1] == SPARE
    loads |= {live: Load(15, 1) for live in lives[:1]}
    assert [free_seats(CLOSE_AFTER_S) for _ in range(2)][-1] == 0
    for seat in list(rooms.seats._taken.values()):
        rooms.seats.leave(seat)
    rooms.seats._hang_up_overdue()
    assert rooms.seats._capacity == Capacity(), "the next ones find it as the first did"


def test_few_connections_are_without_a_picture_at_a_time(rooms: Rooms) -> None:
    taken = [rooms.come(count=100) for _ in range(12)]
    assert [seat is not None for seat in taken].count(True) == MAX_CONNECTING
    rooms.show(taken[0])
    assert rooms.come(count=100) is not None
    assert rooms.come(count=100) is None


def test_a_camera_has_one_connection(rooms: Rooms) -> None:
    live = LiveReading()
    seat = rooms.come(live)
    assert seat is not None
    assert rooms.come(live) is None
    rooms.seats.leave(seat)
    again = rooms.come(live)
    assert again is not None
    # An old connection that is closed late does not leave the new one's.
    rooms.seats.leave(seat)
    assert rooms.seats.holds(live)


def test_a_seat_passes_to_the_next_way_and_is_one_seat_all_the_time(rooms: Rooms) -> None:
    seat = rooms.come(count=1)
    live = rooms.show(seat)
    passed = rooms.seats.pass_on(live, 1, lambda: rooms.hung_up.append(live))
    assert passed is not None
    assert rooms.hung_up == [live], "the connection"
    assert not live.is_over
    assert rooms.come(count=1) is None
    assert seat is not None
    rooms.seats.leave(seat)
    assert rooms.seats.holds(live)
    # Pictures that stop lose it as frames do.
    rooms.wait(SILENCE_S + 0.1, live)
    rooms.await_hung_up(2)
    assert live.is_over
    assert rooms.seats.pass_on(live, 1, lambda: None) is None, "it is on its way out"
    rooms.seats.leave(passed)
    again = rooms.seats.pass_on(live, 1, lambda: None)
    assert again is not None, "a free one"
    assert rooms.seats.pass_on(LiveReading(), 1, lambda: None) is None


def test_a_connection_without_a_first_frame_is_hung_up_once(rooms: Rooms) -> None:
    seat = rooms.come()
    assert seat is not None
    rooms.clock.now += FIRST_FRAME_S
    watching = rooms.come()
    assert watching is not None
    rooms.show(watching)
    rooms.clock.now += 0.1
    rooms.await_hung_up(1)
    assert rooms.hung_up == [seat.live]
    assert seat.live.never_came
    # Its seat is taken until it is closed.
    assert rooms.seats.holds(seat.live)
    rooms.clock.now += 1
    rooms.seats.leave(seat)
    rooms.wait(SILENCE_S, watching.live)
    rooms.await_hung_up(2)
    assert rooms.hung_up == [seat.live, watching.live]
    assert not watching.live.never_came


def test_frames_keep_a_connection(rooms: Rooms) -> None:
    seat, other = rooms.come(), rooms.come()
    for _ in range(10):
        rooms.show(seat)
        rooms.show(other)
        rooms.clock.now += SILENCE_S - 0.1
    rooms.show(seat)
    assert other is not None
    rooms.wait(0.2, other.live)
    rooms.await_hung_up(1)
    assert rooms.hung_up == [other.live]


def test_a_visitor_who_is_away_finds_the_seat_for_a_while(rooms: Rooms) -> None:
    stays, leaves = rooms.show(rooms.come(count=2)), rooms.show(rooms.come(count=2))
    leaves.presence.leave(rooms.clock.now)
    rooms.wait(AWAY_S, stays)
    rooms.await_hung_up(1)
    assert rooms.hung_up == [stays]
    # After the return there is as much patience as before, and no more.
    leaves.presence.come_back(rooms.clock.now)
    rooms.clock.now += SILENCE_S
    leaves.presence.note_blind(rooms.clock.now)
    assert not rooms.seats._taken[leaves].is_overdue(rooms.clock.now)
    leaves.presence.leave(rooms.clock.now)
    leaves.presence.leave(rooms.clock.now + AWAY_S)
    rooms.clock.now += AWAY_S + 0.1
    rooms.await_hung_up(2)
    assert rooms.hung_up == [stays, leaves]


def test_a_page_that_is_out_of_reach_is_waited_for_and_a_closed_one_is_not(rooms: Rooms) -> None:
    seat, closed = rooms.come(), rooms.come()
    assert seat is not None
    assert closed is not None
    for one in (seat, closed):
        rooms.show(one).presence.find(rooms.clock.now)
    closed.live.presence.lose(rooms.clock.now)
    closed.live.presence.close()
    rooms.await_hung_up(1)
    assert rooms.hung_up == [closed.live]
    # Nothing is heard of the page, though its socket is not known to be broken.
    rooms.clock.now += AWAY_S
    assert not seat.is_overdue(rooms.clock.now)
    presence = seat.live.presence
    presence.lose(rooms.clock.now)
    rooms.clock.now += AWAY_S
    assert presence.is_away(rooms.clock.now)
    presence.find(rooms.clock.now)
    assert not presence.is_away(rooms.clock.now)
    assert not seat.is_overdue(rooms.clock.now), "its frames have yet to come"
    # A hidden page with a new socket is still hidden.
    presence.leave(rooms.clock.now)
    presence.find(rooms.clock.now)
    assert presence.is_away(rooms.clock.now)
    rooms.clock.now += AWAY_S + 0.1
    rooms.await_hung_up(2)
    assert rooms.hung_up == [closed.live, seat.live]


def test_a_camera_is_hung_up_at_once_when_its_tab_closes(rooms: Rooms) -> None:
    seat = rooms.come()
    assert seat is not None
    for live in (seat.live, seat.live, LiveReading()):
        rooms.seats.hang_up(live)
    assert rooms.hung_up == [seat.live]


def test_the_thread_ends_with_the_last_seat_and_begins_with_the_next(rooms: Rooms) -> None:
    for turn in range(3):
        seat = rooms.come()
        assert seat is not None
        assert sum(thread.name == "seats" for thread in threading.enumerate()) >= 1
        rooms.seats.leave(seat)
        deadline = time.monotonic() + PATIENCE_S
        while rooms.seats._watched:
            assert time.monotonic() < deadline, f"turn {turn}"
            time.sleep(0.001)


def test_many_who_come_at_once_do_not_take_more_than_there_are(rooms: Rooms) -> None:
    gate, taken = threading.Barrier(16), []

    def come() -> None:
        gate.wait(PATIENCE_S)
        taken.append(rooms.come(count=3))

    threads = [threading.Thread(target=come) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S + LATE_S)
    assert [seat is not None for seat in taken].count(True) == 3
