"""The count of analysed frames."""

from __future__ import annotations

import pytest

from pages.ui.listen import rate
from pages.ui.listen.rate import KEPT_S, RateHistory


class Clock:
    now = 5000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rate, "time", clock)
    return clock


def test_frames_are_counted_by_the_second(clock: Clock) -> None:
    history = RateHistory()
    assert history.last() == []
    for second in (3, 2):
        for _ in range(second):
            history.note()
        clock.now += 1
    assert history.last() == [0] * (KEPT_S - 2) + [3, 2]


def test_what_is_older_is_forgotten(clock: Clock) -> None:
    history = RateHistory()
    for _ in range(3 * KEPT_S):
        history.note()
        clock.now += 1
    assert history.last() == [1] * KEPT_S
    assert len(history._counts) <= KEPT_S + 1
    clock.now += 2 * KEPT_S
    assert history.last() == []
