"""Calls that may hang, side by side."""

from __future__ import annotations

import threading
import time

import pytest

from recommender.deadline import run_all_with_deadline, run_with_deadline
from tests.busy import LATE_S

SOON_S = 5.0


def test_calls_run_at_the_same_time() -> None:
    together = threading.Barrier(3)
    outcomes = run_all_with_deadline(time.monotonic() + SOON_S, [lambda: together.wait(SOON_S)] * 3)
    assert sorted(outcome() for _, outcome in outcomes) == [0, 1, 2]


def test_outcomes_come_as_they_are_ready_with_their_places() -> None:
    second_is_there = threading.Event()

    def first() -> str:
        second_is_there.wait(SOON_S)
        return "first"

    places = []
    for place, outcome in run_all_with_deadline(
        time.monotonic() + SOON_S, [first, lambda: "second"]
    ):
        places.append((place, outcome()))
        second_is_there.set()
    assert places == [(1, "second"), (0, "first")]


def test_what_is_late_has_an_outcome_too_and_the_others_keep_theirs() -> None:
    never = threading.Event()

    def fail() -> str:
        raise LookupError("mine")

    calls = [lambda: str(never.wait(SOON_S)), fail, lambda: "done"]
    start = time.monotonic()
    outcomes = dict(run_all_with_deadline(start + 0.2, calls))
    assert time.monotonic() - start < 1 + LATE_S
    never.set()
    assert outcomes[2]() == "done"
    with pytest.raises(LookupError, match="mine"):
        outcomes[1]()
    with pytest.raises(TimeoutError):
        outcomes[0]()


def test_after_the_deadline_nothing_begins() -> None:
    begun = threading.Event()
    outcomes = run_all_with_deadline(time.monotonic() - 1, [begun.set, begun.set])
    assert [place for place, _ in outcomes] == [0, 1]
    assert not begun.is_set()


def test_the_end_of_a_thread_is_an_error_of_its_call_alone() -> None:
    def end() -> None:
        raise SystemExit

    with pytest.raises(RuntimeError, match="SystemExit"):
        run_with_deadline(time.monotonic() + SOON_S, end)
