"""Seats that follow what the machine can do, on machines that can do so and so much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.listen.capacity import (
    CLOSE_AFTER_S,
    FIRST_SEATS,
    ILL_PER_S,
    OPEN_AFTER_S,
    SPARE,
    WELL_PER_S,
    Capacity,
    Load,
)

WELL, BETWEEN, ILL = Load(15, WELL_PER_S), Load(15, ILL_PER_S), Load(15, ILL_PER_S - 0.1)
LOOKS = st.lists(
    st.tuples(st.floats(0.1, 5), st.lists(st.sampled_from([WELL, BETWEEN, ILL]), min_size=1)),
    max_size=40,
)


@pytest.mark.parametrize(
    ("load", "is_well", "is_ill"),
    [
        (Load(30, 9), True, False),
        (Load(30, 7), False, False),
        (Load(30, 5), False, True),
        (Load(4, 4), True, False),
        (Load(4, 3), False, False),
        (Load(4, 2), False, True),
    ],
)
def test_a_camera_is_well_by_what_it_sends(load: Load, is_well: bool, is_ill: bool) -> None:
    assert (load.is_well, load.is_ill) == (is_well, is_ill)


@given(looks=LOOKS)
def test_seats_open_one_by_one_and_close_to_those_who_are_in(
    looks: list[tuple[float, list[Load]]],
) -> None:
    capacity, now, opened = Capacity(), 0.0, 0.0
    for passed, loads in looks:
        now += passed
        taken = min(len(loads), capacity.seats)
        before, capacity = capacity.seats, capacity.after(now, taken, loads)
        assert capacity.seats >= taken, "nobody is sent away"
        if capacity.seats > before:
            assert capacity.seats == before + 1
            assert capacity.seats <= taken + SPARE
            assert all(load.is_well for load in loads)
            assert now - opened >= OPEN_AFTER_S
            opened = now
        elif capacity.seats < before:
            assert capacity.seats == taken
            assert any(load.is_ill for load in loads)


def crowd(machine: float, seconds: int, asked: float) -> list[Capacity]:
    """What each second brings where everybody wants in; the machine analyses so many a second."""
    capacity, taken, course = Capacity(), 0, []
    for second in range(seconds):
        taken = max(taken, capacity.seats)
        load = Load(asked, min(asked, machine / taken))
        capacity = capacity.after(float(second), taken, [load] * taken)
        course.append(capacity)
    return course


@given(machine=st.floats(ILL_PER_S * FIRST_SEATS, 400), asked=st.floats(10, 30))
def test_as_many_come_as_the_machine_carries_and_then_it_is_quiet(
    machine: float, asked: float
) -> None:
    course = crowd(machine, 400, asked)
    seats = [capacity.seats for capacity in course]
    # The one that came when all were well may bring them below that, not below the other mark.
    assert machine / seats[-1] >= min(ILL_PER_S, WELL_PER_S * FIRST_SEATS / (FIRST_SEATS + 1))
    assert machine / (seats[-1] + 1) < WELL_PER_S * (1 + 1 / seats[-1])
    assert seats == sorted(seats)
    assert seats[-100:] == [seats[-1]] * 100


def test_a_machine_that_is_slow_for_a_moment_keeps_its_seats() -> None:
    capacity = Capacity(8)
    for second in range(10):
        slow = second % 4 < CLOSE_AFTER_S
        capacity = capacity.after(float(second), 5, [ILL if slow else BETWEEN])
        assert capacity.seats == 8
    for second in range(10, 15):
        capacity = capacity.after(float(second), 5, [WELL, ILL])
    assert capacity.seats == 5
    # Who leaves makes no room while those who stay have too little.
    assert capacity.after(15.0, 4, [ILL]).seats == 4
    for second in range(16, 22):
        capacity = capacity.after(float(second), 4, [WELL])
    assert capacity.seats == 4 + SPARE


def test_newcomers_alone_open_seats() -> None:
    capacity = Capacity().after(0.0, FIRST_SEATS, []).after(OPEN_AFTER_S, FIRST_SEATS, [])
    assert capacity.seats == FIRST_SEATS + 1
