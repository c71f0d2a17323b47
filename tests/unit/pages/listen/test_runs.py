"""When a camera asks for a run of the page, and when it does not."""

from __future__ import annotations

import pytest

from pages.ui.listen.runs import Runs
from recommender.dj import STEADY_S
from recommender.types import Mood

HAPPY, CALM = Mood(0.8, 0.75), Mood(0.5, 0.2)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def watch(runs: Runs, clock: Clock, mood: Mood | None, seconds: float) -> int:
    """Let a mood be read for so long; return how many runs are asked for in all."""
    for _ in range(round(seconds * 10)):
        clock.now += 0.1
        runs.look(mood, "")
    return runs.count


def test_the_first_sure_mood_asks_for_one_run(clock: Clock) -> None:
    runs = Runs(clock)
    assert watch(runs, clock, None, 3) == 0
    assert watch(runs, clock, HAPPY, 20) == 1
    runs.expect(mood=False, dj=False, diary_in_s=None)
    assert watch(runs, clock, CALM, 20) == 1
    # A press that found no mood awaits the next.
    runs.expect(mood=True, dj=False, diary_in_s=None)
    assert watch(runs, clock, CALM, 1) == 2


def test_the_dj_is_asked_for_each_new_mood_that_has_settled(clock: Clock) -> None:
    runs = Runs(clock)
    runs.expect(mood=False, dj=False, diary_in_s=None)
    assert watch(runs, clock, HAPPY, STEADY_S + 1) == 0
    assert runs.settled
    runs.expect(mood=False, dj=True, diary_in_s=None)
    assert watch(runs, clock, HAPPY, STEADY_S) == 0
    assert watch(runs, clock, CALM, STEADY_S - 1) == 0
    assert not runs.settled
    assert watch(runs, clock, CALM, 20) == 1
    runs.expect(mood=False, dj=True, diary_in_s=None)
    assert watch(runs, clock, CALM, 20) == 1
    assert watch(runs, clock, HAPPY, 20) == 2


def test_a_mood_is_kept_in_the_diary_when_it_is_due(clock: Clock) -> None:
    runs = Runs(clock)
    runs.expect(mood=False, dj=False, diary_in_s=60)
    assert watch(runs, clock, HAPPY, 59) == 0
    assert watch(runs, clock, None, 9) == 0
    assert watch(runs, clock, HAPPY, 9) == 1


def test_a_problem_and_its_end_are_told_once(clock: Clock) -> None:
    runs = Runs(clock)
    told = [runs.look(None, problem) for problem in ("", "unconnected", "unconnected", "", "")]
    assert told == [0, 1, 1, 2, 2]
