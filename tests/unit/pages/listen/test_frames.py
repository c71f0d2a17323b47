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
from detectors.pipeline import NO_FACE, Analyser, Reading
from detectors.types import EMOTIONS, EmotionScores, Face
from pages.ui.listen import frames
from pages.ui.listen.frames import (
    ANALYSES_IN_CROWD_PER_S,
    ANALYSES_PER_S,
    CONNECTION_PATIENCE_S,
    CROWD,
    CROWD_SEARCH_AGAIN_S,
    MAX_SIDE,
    NEWCOMER_S,
    STALE_AFTER_S,
    LiveReading,
    connection_failed,
    visitors,
)
from pages.ui.visitor.agreements import Consent
from recommender.settings import MAX_VISITORS
from tests.fakes.clock import Seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

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


class StubPair:
    """Finds two faces that stay, and says the same of each."""

    def detect(self, _frame: np.ndarray, _smallest: float = 0.0) -> list[Face]:
        return [FACE, Face((100, 30, 40, 50), 0.99)]

    def follow(self, _frame: np.ndarray, face: Face) -> Face:
        return face

    def predict(self, _crop: np.ndarray) -> EmotionScores:
        return HAPPY


class AtOnce:
    """Stands in for the threads that read."""

    def submit(self, work: Callable[[], None]) -> None:
        work()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seconds]:
    clock = Seconds()
    monkeypatch.setattr(frames, "time", clock)
    monkeypatch.setattr(frames, "_cameras", WeakSet())
    monkeypatch.setattr(frames, "_readers", AtOnce())
    return clock


def camera(analyser: StubAnalyser) -> LiveReading:
    """Return a camera whose visitor agrees."""
    live = LiveReading()
    live.analyser, live.agreed = analyser, Consent("1")  # type: ignore[assignment] - says the same
    return live


def frame() -> av.VideoFrame:
    pixels = np.zeros((120, 160, 3), np.uint8)
    pixels[:, :80] = 200
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def play(live: LiveReading, clock: Seconds, count: int) -> None:
    for _ in range(count):
        clock.now += 1 / 15
        live.take(frame())


def test_frames_become_a_steady_reading(clock: Seconds) -> None:
    analyser = StubAnalyser(Reading(FACE, HAPPY))
    live = camera(analyser)
    play(live, clock, 15)
    state = live.state()
    assert state.scores is not None
    assert state.name == "happy"
    assert state.frames == 15
    assert analyser.seen[0][60, 10, 0] == 0, "the analyser sees what the visitor sees: mirrored"
    assert live.light.feeling == "happy"


def test_all_faces_are_read_while_that_is_switched_on(clock: Seconds) -> None:
    live = camera(StubAnalyser(Reading(FACE, HAPPY)))
    pair = StubPair()
    live.analyser = Analyser((pair, pair))
    live.all_of_us = True
    live.waiting_since = clock.now
    play(live, clock, 15)
    told = live.told()
    assert (told["state"], told["together"]) == ("sure", "near")
    # Mirrored, as the visitor sees it.
    assert [one["name"] for one in told["people"]] == ["happy", "happy"]
    assert live.light.feeling == "happy"
    live.all_of_us = False
    play(live, clock, 15)
    named = live.named
    assert named is not None
    assert named[2] == "happy"
    live.all_of_us = True
    assert live.named is None
    live.all_of_us = False
    assert "people" not in live.told()
    assert live.state().name == "happy"


@pytest.mark.parametrize("why", ["stopped", "withdrawn", "never agreed"])
def test_without_an_agreement_or_after_stop_nothing_is_read(clock: Seconds, why: str) -> None:
    analyser = StubAnalyser(Reading(FACE, HAPPY))
    live = camera(analyser)
    assert live.agreed is not None
    if why == "stopped":
        live.is_over = True
    elif why == "withdrawn":
        live.agreed.withdraw()
    else:
        live.agreed = None
    play(live, clock, 5)
    assert (analyser.seen, live.state().frames) == ([], 0)


def test_the_box_is_told_in_shares_of_the_mirrored_picture(clock: Seconds) -> None:
    live = camera(StubAnalyser(Reading(FACE, HAPPY)))
    play(live, clock, 15)
    assert live.state().box == (0.125, 0.25, 0.25, 0.417)
    clock.now += STALE_AFTER_S + 0.1
    assert live.state().box is None
    live.analyser = StubAnalyser(NO_FACE)  # type: ignore[assignment] - says the same
    play(live, clock, 15)
    assert live.state().box is None


def test_a_visitors_corrections_outlast_a_stop_and_reach_no_other(clock: Seconds) -> None:
    between = EmotionScores(0, 0, 0.05, 0, 0.5, 0, 0.45)
    analyser = StubAnalyser(Reading(FACE, between))
    live, other = camera(analyser), camera(analyser)
    live.correct(Corrections({("sad", 1, "neutral"): 3}))
    for _ in range(2):
        play(live, clock, 15)
        assert (live.state().name, live.named) == ("neutral", ("sad", 1, "neutral"))
        live.reset()
        assert live.named is None
    play(other, clock, 15)
    assert (other.state().name, other.named) == ("sad", ("sad", 1, "sad"))


def test_without_a_face_nothing_is_read(clock: Seconds) -> None:
    live = camera(StubAnalyser(NO_FACE))
    play(live, clock, 15)
    assert live.state().scores is None


def test_a_frame_that_cannot_be_read_counts_as_no_face(clock: Seconds) -> None:
    live = camera(StubAnalyser(BadFrame("too small")))
    play(live, clock, 10)
    assert live.state().scores is None
    assert live.state().frames == 10


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ((4096, 2048), (1280, 640)),
        ((1100, 3000), (469, 1280)),
        ((1281, 720), (1280, 719)),
        ((4000, 2), (1280, 1)),
        ((1280, 720), (1280, 720)),
        ((641, 479), (641, 479)),
    ],
)
def test_a_larger_frame_than_any_camera_is_asked_for_is_shrunk_before_it_is_read(
    clock: Seconds, sent: tuple[int, int], read: tuple[int, int]
) -> None:
    assert clock
    frame = av.VideoFrame.from_ndarray(np.zeros((sent[1], sent[0], 3), np.uint8), format="rgb24")
    analyser = StubAnalyser(NO_FACE)
    camera(analyser).take(frame)
    assert analyser.seen[0].shape == (read[1], read[0], 3)
    assert max(read) <= MAX_SIDE


def test_a_reading_goes_stale_when_frames_stop_coming(clock: Seconds) -> None:
    live = camera(StubAnalyser(Reading(FACE, HAPPY)))
    play(live, clock, 15)
    clock.now += frames.STALE_AFTER_S + 0.1
    assert live.state().scores is None


def test_after_stop_nothing_is_left(clock: Seconds) -> None:
    live = camera(StubAnalyser(Reading(FACE, HAPPY)))
    play(live, clock, 15)
    live.reset()
    assert live.state().scores is None
    assert live.state().frames == 0
    assert live.light.feeling == ""


class Held:
    """Stands in for the threads that read: they come when a test lets them."""

    def __init__(self) -> None:
        self.work: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], None]) -> None:
        self.work.append(work)


def test_while_one_is_read_the_newest_waits_and_the_others_are_forgotten(
    clock: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, analyser = Held(), StubAnalyser(Reading(FACE, HAPPY))
    monkeypatch.setattr(frames, "_readers", threads)
    live, rung = camera(analyser), []
    live.on_reading = rung.append
    for shade in (10, 20, 30, 40):
        clock.now += 1
        live.offer(lambda shade=shade: np.full((9, 9, 3), shade, np.uint8))
    assert len(threads.work) == 1
    while threads.work:
        threads.work.pop()()
    assert [picture[0, 0, 0] for picture in analyser.seen] == [40]
    assert rung == [False], "one is too few for a mood"


def test_a_reading_that_ends_after_stop_leaves_nothing(
    clock: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = Held()
    monkeypatch.setattr(frames, "_readers", threads)
    analyser = StubAnalyser(Reading(FACE, HAPPY))
    live = camera(analyser)

    def late() -> NDArray[np.uint8]:
        live.reset()
        live.offer(lambda: np.zeros((9, 9, 3), np.uint8))
        return np.zeros((9, 9, 3), np.uint8)

    clock.now += 1
    live.offer(late)
    threads.work.pop(0)()
    assert (live.state().box, live.state().rate, len(threads.work)) == (None, 0, 1)
    threads.work.pop()()
    assert len(analyser.seen) == 2
    assert live.state().box is not None


def test_a_picture_that_breaks_does_not_end_the_reading(clock: Seconds) -> None:
    live = camera(StubAnalyser(Reading(FACE, HAPPY)))

    def broken() -> NDArray[np.uint8]:
        raise MemoryError

    clock.now += 1
    with pytest.raises(MemoryError):
        live.offer(broken)
    play(live, clock, 15)
    assert live.state().name == "happy"


def test_no_frame_within_ten_seconds_is_a_failed_connection(clock: Seconds) -> None:
    live = camera(StubAnalyser(NO_FACE))
    assert not connection_failed(live)
    live.waiting_since = clock.now
    clock.now += CONNECTION_PATIENCE_S - 0.1
    assert not connection_failed(live)
    clock.now += 0.2
    assert connection_failed(live)
    play(live, clock, 1)
    assert not connection_failed(live)


def watch(count: int, clock: Seconds, rate: int = 15, seconds: float = 3.0) -> list[StubAnalyser]:
    """So many visitors at once, each with frames at a rate; what each one's analyser saw."""
    analysers = [StubAnalyser(Reading(FACE, HAPPY)) for _ in range(count)]
    lives = [camera(analyser) for analyser in analysers]
    for _ in range(round(rate * seconds)):
        clock.now += 1 / rate
        show(lives)
    return analysers


def show(lives: list[LiveReading]) -> None:
    """A frame for each of these visitors."""
    for live in lives:
        live.take(frame())


def nobodies(count: int) -> list[LiveReading]:
    """So many visitors whose cameras see no face."""
    return [camera(StubAnalyser(NO_FACE)) for _ in range(count)]


def test_one_visitor_has_every_frame_analysed(clock: Seconds) -> None:
    (analyser,) = watch(1, clock, rate=30)
    assert len(analyser.seen) == 90


@pytest.mark.parametrize("rate", [15, 30])
def test_all_visitors_have_at_least_eight_frames_a_second_analysed_each(
    clock: Seconds, rate: int
) -> None:
    counts = [len(analyser.seen) / 3 for analyser in watch(MAX_VISITORS, clock, rate)]
    assert min(counts) >= 8
    assert sum(counts) <= ANALYSES_PER_S * 1.2


def test_in_a_crowd_nobody_has_more_than_the_others_can_spare(clock: Seconds) -> None:
    few = watch(CROWD, clock, rate=15)
    clock.now += CONNECTION_PATIENCE_S
    crowd = watch(CROWD + 1, clock, rate=15)
    assert {len(analyser.seen) for analyser in few} == {45}
    assert max(len(analyser.seen) for analyser in crowd) <= 3 * ANALYSES_IN_CROWD_PER_S + 2


def test_what_a_camera_gets_is_told_when_it_has_been_in_for_a_while(clock: Seconds) -> None:
    live = camera(StubAnalyser(Reading(FACE, HAPPY)))
    assert live.load is None
    play(live, clock, 15)
    assert live.load is None, "a newcomer"
    play(live, clock, round(15 * NEWCOMER_S))
    load = live.load
    assert load is not None
    assert (load.came, load.analysed) == pytest.approx((15, 15))
    clock.now += STALE_AFTER_S
    assert live.load is None, "nothing comes"
    live.reset()
    assert live.load is None


class Slow(StubAnalyser):
    """Takes its time for each frame."""

    def __init__(self, cost_s: float, clock: Seconds) -> None:
        super().__init__(Reading(FACE, HAPPY))
        self.cost_s, self.clock = cost_s, clock

    def follow(self, frame: np.ndarray, seconds: float, follower: FaceFollower) -> Reading:
        self.clock.now += self.cost_s
        return super().follow(frame, seconds, follower)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("count", "again_s"), [(CROWD - 1, SEARCH_AGAIN_S), (CROWD, CROWD_SEARCH_AGAIN_S)]
)
def test_in_a_crowd_a_new_face_is_noticed_later(count: int, again_s: float) -> None:
    lives = nobodies(count)
    for _ in range(2):
        show(lives)
    assert [live._sight._follower.search_again_s for live in lives] == [again_s] * count


@pytest.mark.parametrize("cost_s", [0.01, 0.05, 0.2])
def test_on_a_slow_machine_fewer_frames_are_analysed(clock: Seconds, cost_s: float) -> None:
    others, slow = nobodies(MAX_VISITORS - 1), Slow(cost_s, clock)
    live = camera(slow)
    # What it costs is learnt in the first seconds.
    for seconds in (5, 20):
        slow.seen.clear()
        end = clock.now + seconds
        while clock.now < end:
            clock.now += 1 / 60
            show([*others, live])
    rate = 1 / (MAX_VISITORS * max(1 / ANALYSES_PER_S, cost_s / PAIRS))
    assert len(slow.seen) / 20 == pytest.approx(rate, rel=0.1)


def test_a_standstill_does_not_make_a_machine_slow(clock: Seconds) -> None:
    analyser = Slow(3600, clock)
    live = camera(analyser)
    play(live, clock, 1)
    analyser.cost_s = 0.01
    begun = clock.now
    while len(analyser.seen) < 30:
        assert clock.now < begun + 4
        play(live, clock, 1)


def test_the_rate_is_that_of_the_analysed_frames(clock: Seconds) -> None:
    live = camera(StubAnalyser(Reading(FACE, HAPPY)))
    assert live.state().rate == 0
    play(live, clock, 40)
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


def test_visitors_are_those_whose_frames_come_or_are_on_their_way(clock: Seconds) -> None:
    lives = nobodies(MAX_VISITORS)
    assert visitors() == 1
    for live in lives:
        live.waiting_since = clock.now
    assert visitors() == MAX_VISITORS
    play(lives[0], clock, 1)
    assert lives[0].last_frame == clock.now
    clock.now += CONNECTION_PATIENCE_S + 0.1
    assert visitors() == 1
    show(lives)
    assert visitors() == MAX_VISITORS
    del live
    lives.pop()
    assert visitors() == MAX_VISITORS - 1
    lives[0].reset()
    assert lives[0].last_frame is None
    assert visitors() == MAX_VISITORS - 2
