"""The live camera's frame handling, without a browser: a stub analyser and frames made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from detectors.errors import BadFrame
from detectors.pipeline import NO_FACE, Reading
from detectors.types import EMOTIONS, EmotionScores, Face
from pages.ui import live as live_module
from pages.ui.live import CONNECTION_PATIENCE_S, LiveReading, connection_failed

if TYPE_CHECKING:
    from collections.abc import Iterator

HAPPY = EmotionScores(**{name: float(name == "happy") for name in EMOTIONS})
FACE = Face((20, 30, 40, 50), 0.99)


class StubAnalyser:
    """Says the same of every frame, and keeps what it was shown."""

    def __init__(self, reading: Reading | Exception) -> None:
        self.reading = reading
        self.seen: list[np.ndarray] = []

    def analyse(self, frame: np.ndarray) -> Reading:
        self.seen.append(frame.copy())
        if isinstance(self.reading, Exception):
            raise self.reading
        return self.reading


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(live_module, "time", clock)
    return clock


def frame() -> av.VideoFrame:
    pixels = np.zeros((120, 160, 3), np.uint8)
    pixels[:, :80] = 200
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def play(live: LiveReading, analyser: StubAnalyser, clock: Clock, count: int) -> av.VideoFrame:
    shown = None
    for _ in range(count):
        clock.now += 1 / 15
        shown = live.take(frame(), analyser)
    assert shown is not None
    return shown


def test_frames_become_a_steady_reading_and_come_back_mirrored(clock: Clock) -> None:
    live, analyser = LiveReading(), StubAnalyser(Reading(FACE, HAPPY))
    shown = play(live, analyser, clock, 15).to_ndarray(format="rgb24")
    state = live.state()
    assert state.scores is not None
    assert state.scores.leading == "happy"
    assert state.frames == 15
    assert analyser.seen[0][60, 10, 0] == 0, "the analyser sees what the visitor sees: mirrored"
    assert shown[115, 150, 0] > 150
    assert (shown != analyser.seen[-1]).any(), "the overlay is drawn in"


def test_without_a_face_nothing_is_drawn_and_nothing_is_read(clock: Clock) -> None:
    live, analyser = LiveReading(), StubAnalyser(NO_FACE)
    shown = play(live, analyser, clock, 15).to_ndarray(format="rgb24")
    assert live.state().scores is None
    assert (shown == analyser.seen[-1]).all()


def test_a_frame_that_cannot_be_read_counts_as_no_face(clock: Clock) -> None:
    live = LiveReading()
    play(live, StubAnalyser(BadFrame("too small")), clock, 10)
    assert live.state().scores is None
    assert live.state().frames == 10


def test_a_reading_goes_stale_when_frames_stop_coming(clock: Clock) -> None:
    live = LiveReading()
    play(live, StubAnalyser(Reading(FACE, HAPPY)), clock, 15)
    clock.now += live_module.STALE_AFTER_S + 0.1
    assert live.state().scores is None


def test_after_stop_nothing_is_left(clock: Clock) -> None:
    live = LiveReading()
    play(live, StubAnalyser(Reading(FACE, HAPPY)), clock, 15)
    live.reset()
    assert live.state().scores is None
    assert live.state().frames == 0


def test_no_frame_within_ten_seconds_is_a_failed_connection(clock: Clock) -> None:
    live = LiveReading()
    assert not connection_failed(live)
    live.waiting_since = clock.now
    clock.now += CONNECTION_PATIENCE_S - 0.1
    assert not connection_failed(live)
    clock.now += 0.2
    assert connection_failed(live)
    play(live, StubAnalyser(NO_FACE), clock, 1)
    assert not connection_failed(live)
