"""The live camera's frame handling, without a browser: a stub analyser and frames made here."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING
from weakref import WeakSet

import av
import numpy as np
import pytest

from detectors.corrections import Corrections
from detectors.errors import BadFrame
from detectors.following import SEARCH_AGAIN_S
from detectors.loading import PAIRS
from detectors.pipeline import NO_FACE, Reading
from detectors.types import EMOTIONS, EmotionScores, Face
from pages.ui.listen import frames
from pages.ui.listen.frames import (
    ANALYSES_PER_S,
    CONNECTION_PATIENCE_S,
    CROWD,
    CROWD_SEARCH_AGAIN_S,
    MAX_SIDE,
    STALE_AFTER_S,
    LiveReading,
    connection_failed,
    visitors,
)
from recommender.settings import MAX_VISITORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detectors.following import FaceFollower

HAPPY = EmotionScores(**{name: float(name == "happy") for name in EMOTIONS})
FACE = Face((20, 30, 40, 50), 0.99)


class StubAnalyser:
    """Says the same of every frame, and keeps what it was shown."""

    def __init__(self, reading: Reading | Exception) -> None:
        self.reading = reading
        self.seen: list[np.ndarray] = []

    def follow(self, frame: np.ndarray, _seconds: float, _follower: FaceFollower) -> Reading:
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
    monkeypatch.setattr(frames, "time", clock)
    monkeypatch.setattr(frames, "_cameras", WeakSet())
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


def test_frames_become_a_steady_reading_and_come_back_as_they_are(clock: Clock) -> None:
    live, analyser = LiveReading(), StubAnalyser(Reading(FACE, HAPPY))
    shown = play(live, analyser, clock, 15).to_ndarray(format="rgb24")
    state = live.state()
    assert state.scores is not None
    assert state.name == "happy"
    assert state.frames == 15
    assert analyser.seen[0][60, 10, 0] == 0, "the analyser sees what the visitor sees: mirrored"
    assert (shown[:, ::-1] == analyser.seen[-1]).all()


def test_the_box_is_told_in_shares_of_the_mirrored_picture(clock: Clock) -> None:
    live = LiveReading()
    play(live, StubAnalyser(Reading(FACE, HAPPY)), clock, 15)
    assert live.state().box == (0.125, 0.25, 0.25, 0.417)
    clock.now += STALE_AFTER_S + 0.1
    assert live.state().box is None
    play(live, StubAnalyser(NO_FACE), clock, 15)
    assert live.state().box is None


def test_a_visitors_corrections_outlast_a_stop_and_reach_no_other(clock: Clock) -> None:
    between = EmotionScores(0, 0, 0.05, 0, 0.5, 0, 0.45)
    analyser = StubAnalyser(Reading(FACE, between))
    live, other = LiveReading(), LiveReading()
    live.correct(Corrections({("sad", 1, "neutral"): 3}))
    for _ in range(2):
        play(live, analyser, clock, 15)
        assert (live.state().name, live.named) == ("neutral", ("sad", 1, "neutral"))
        live.reset()
        assert live.named is None
    play(other, analyser, clock, 15)
    assert (other.state().name, other.named) == ("sad", ("sad", 1, "sad"))


def test_without_a_face_nothing_is_read(clock: Clock) -> None:
    live, analyser = LiveReading(), StubAnalyser(NO_FACE)
    play(live, analyser, clock, 15)
    assert live.state().scores is None


def test_a_frame_that_cannot_be_read_counts_as_no_face(clock: Clock) -> None:
    live = LiveReading()
    play(live, StubAnalyser(BadFrame("too small")), clock, 10)
    assert live.state().scores is None
    assert live.state().frames == 10


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ((4096, 2048), (1280, 640)),
        ((1100, 3000), (470, 1280)),
        ((1281, 720), (1280, 720)),
        ((4000, 2), (1280, 2)),
        ((1280, 720), (1280, 720)),
        ((641, 479), (641, 479)),
    ],
)
def test_a_larger_frame_than_any_camera_is_asked_for_is_shrunk_before_it_is_read(
    clock: Clock, sent: tuple[int, int], read: tuple[int, int]
) -> None:
    assert clock
    frame = av.VideoFrame.from_ndarray(np.zeros((sent[1], sent[0], 3), np.uint8), format="rgb24")
    live, analyser = LiveReading(), StubAnalyser(NO_FACE)
    for back in (live.take(frame, analyser), frames.blank(frame)):
        assert (back.width, back.height) == read
    assert analyser.seen[0].shape == (read[1], read[0], 3)
    assert max(read) <= MAX_SIDE


def test_a_reading_goes_stale_when_frames_stop_coming(clock: Clock) -> None:
    live = LiveReading()
    play(live, StubAnalyser(Reading(FACE, HAPPY)), clock, 15)
    clock.now += frames.STALE_AFTER_S + 0.1
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


def watch(count: int, clock: Clock, rate: int = 15, seconds: float = 3.0) -> list[StubAnalyser]:
    """So many visitors at once, each with frames at a rate; what each one's analyser saw."""
    lives = [LiveReading() for _ in range(count)]
    analysers = [StubAnalyser(Reading(FACE, HAPPY)) for _ in lives]
    for _ in range(round(rate * seconds)):
        clock.now += 1 / rate
        for live, analyser in zip(lives, analysers, strict=True):
            shown = live.take(frame(), analyser)  # type: ignore[arg-type] - says the same
            assert shown is not None
    return analysers


def show_nobody(lives: list[LiveReading]) -> None:
    """A frame without a face for each of these visitors."""
    for live in lives:
        live.take(frame(), StubAnalyser(NO_FACE))  # type: ignore[arg-type] - says the same


def test_one_visitor_has_every_frame_analysed(clock: Clock) -> None:
    (analyser,) = watch(1, clock, rate=30)
    assert len(analyser.seen) == 90


@pytest.mark.parametrize("rate", [15, 30])
def test_eight_visitors_have_at_least_eight_frames_a_second_analysed_each(
    clock: Clock, rate: int
) -> None:
    counts = [len(analyser.seen) / 3 for analyser in watch(MAX_VISITORS, clock, rate)]
    assert min(counts) >= 8
    assert sum(counts) <= ANALYSES_PER_S * 1.2


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("count", "size"), [(CROWD - 1, (160, 120)), (CROWD, (120, 90))])
def test_in_a_crowd_the_picture_goes_back_smaller(count: int, size: tuple[int, int]) -> None:
    lives = [LiveReading() for _ in range(count)]
    for _ in range(2):
        back = [live.take(frame(), StubAnalyser(NO_FACE)) for live in lives]  # type: ignore[arg-type] - says the same
    assert [(one.width, one.height) for one in back] == [size] * count


class Slow(StubAnalyser):
    """Takes its time for each frame."""

    def __init__(self, cost_s: float, clock: Clock) -> None:
        super().__init__(Reading(FACE, HAPPY))
        self.cost_s, self.clock = cost_s, clock

    def follow(self, frame: np.ndarray, seconds: float, follower: FaceFollower) -> Reading:
        self.clock.now += self.cost_s
        return super().follow(frame, seconds, follower)


@pytest.mark.parametrize(("others", "thrifty"), [(CROWD - 1, True), (CROWD - 2, False)])
def test_in_a_crowd_a_picture_goes_back_with_each_new_reading_alone(
    clock: Clock, others: int, thrifty: bool
) -> None:
    crowd = [LiveReading() for _ in range(others)]
    live, analyser = LiveReading(), StubAnalyser(Reading(FACE, HAPPY))
    shown: list[av.VideoFrame] = []
    for _ in range(120):
        clock.now += 1 / 60
        show_nobody(crowd)
        shown.append(live.take(frame(), analyser))  # type: ignore[arg-type] - says the same
    assert live._follower.search_again_s == (CROWD_SEARCH_AGAIN_S if thrifty else SEARCH_AGAIN_S)
    pictures = len({id(picture) for picture in shown})
    assert pictures == (len(analyser.seen) if thrifty else 120)
    assert len(analyser.seen) < 120


@pytest.mark.parametrize("cost_s", [0.01, 0.05, 0.2])
def test_on_a_slow_machine_fewer_frames_are_analysed(clock: Clock, cost_s: float) -> None:
    others = [LiveReading() for _ in range(MAX_VISITORS - 1)]
    live, slow = LiveReading(), Slow(cost_s, clock)
    # What it costs is learnt in the first seconds.
    for seconds in (5, 20):
        slow.seen.clear()
        end = clock.now + seconds
        while clock.now < end:
            clock.now += 1 / 60
            show_nobody(others)
            live.take(frame(), slow)  # type: ignore[arg-type] - says the same
    rate = 1 / (MAX_VISITORS * max(1 / ANALYSES_PER_S, cost_s / PAIRS))
    assert len(slow.seen) / 20 == pytest.approx(rate, rel=0.1)


def test_a_standstill_does_not_make_a_machine_slow(clock: Clock) -> None:
    live, analyser = LiveReading(), Slow(3600, clock)
    play(live, analyser, clock, 1)  # type: ignore[arg-type] - says the same
    analyser.cost_s = 0.01
    begun = clock.now
    while len(analyser.seen) < 30:
        assert clock.now < begun + 4
        play(live, analyser, clock, 1)  # type: ignore[arg-type] - says the same


def test_the_rate_is_that_of_the_analysed_frames(clock: Clock) -> None:
    live, analyser = LiveReading(), StubAnalyser(Reading(FACE, HAPPY))
    assert live.state().rate == 0
    play(live, analyser, clock, 40)
    assert live.state().rate == pytest.approx(15, abs=0.5)
    clock.now += STALE_AFTER_S + 1
    assert live.state().rate == 0


def test_visitors_may_come_while_others_are_counted() -> None:
    end, kept, broken = threading.Event(), [], []

    def come() -> None:
        while not end.is_set():
            kept.append(LiveReading())
            del kept[:-500]

    def count() -> None:
        try:
            while not end.is_set():
                visitors()
        except RuntimeError as error:
            broken.append(error)

    threads = [threading.Thread(target=work) for work in (come, come, count, count)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        time.sleep(1)
    finally:
        end.set()
        for thread in threads:
            thread.join(30)
        sys.setswitchinterval(before)
    assert broken == []


def test_visitors_are_those_whose_frames_come_or_are_on_their_way(clock: Clock) -> None:
    lives = [LiveReading() for _ in range(MAX_VISITORS)]
    assert visitors() == 1
    for live in lives:
        live.waiting_since = clock.now
    assert visitors() == MAX_VISITORS
    play(lives[0], StubAnalyser(NO_FACE), clock, 1)
    assert lives[0].last_frame == clock.now
    clock.now += CONNECTION_PATIENCE_S + 0.1
    assert visitors() == 1
    for live in lives:
        live.take(frame(), StubAnalyser(NO_FACE))  # type: ignore[arg-type] - says the same
    assert visitors() == MAX_VISITORS
    del live
    lives.pop()
    assert visitors() == MAX_VISITORS - 1
    lives[0].reset()
    assert lives[0].last_frame is None
    assert visitors() == MAX_VISITORS - 2
