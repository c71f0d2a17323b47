"""From a frame to a reading, and how steady many readings are."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.corrections import Corrections
from detectors.errors import BadFrame
from detectors.faces import MID_GREY, check_frame, turned_back
from detectors.following import FaceFollower
from detectors.pipeline import (
    CLEAR_LEAD,
    CROP_SIDE,
    LONGEST_GAP_OF_SPARSE_S,
    MAX_TILT,
    MIN_FRAMES,
    NO_FACE,
    SURELY_UPRIGHT,
    TURNED_FROM,
    TURNED_ODDS,
    UNSURE_SLACK,
    WINDOW_S,
    Analyser,
    Reading,
    SteadyReading,
    crop_face,
)
from detectors.types import EMOTIONS, SURE_FROM, EmotionScores, Face

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RATES = [8, 15, 30]
# What a quiet face gives, contempt last.
CALM = EmotionScores(0.05, 0.0, 0.05, 0.1, 0.2, 0.0, 0.6, contempt=0.1)
GLAD = EmotionScores(0.0, 0.0, 0.0, 0.9, 0.0, 0.05, 0.05, contempt=0.02)
LARGE = Face((40.0, 30.0, 120.0, 150.0), 0.999)
SMALL = Face((5.0, 5.0, 40.0, 50.0), 0.999)


@dataclass
class Detector:
    """Finds what it was given, after the same check as the real one."""

    faces: list[Face]

    def detect(self, frame: NDArray[np.uint8], _smallest: float = 0) -> list[Face]:
        check_frame(frame)
        return self.faces

    def follow(self, frame: NDArray[np.uint8], face: Face) -> Face | None:
        check_frame(frame)
        return face if face in self.faces else None


@dataclass
class Model:
    """Remembers the faces that it was shown."""

    shown: list[NDArray[np.uint8]] = field(default_factory=list)

    def predict(self, face: NDArray[np.uint8]) -> EmotionScores:
        self.shown.append(face)
        return GLAD


def frame_with(face: Face) -> NDArray[np.uint8]:
    """A dark frame with a bright rectangle where the face is."""
    frame = np.full((240, 320, 3), 20, np.uint8)
    x, y, width, height = (int(value) for value in face.box)
    frame[y : y + height, x : x + width] = 220
    return frame


def test_the_cut_is_a_grey_square_around_the_centre_of_the_box() -> None:
    face = Face((100.0, 60.0, 80.0, 80.0), 0.9)
    patch = crop_face(frame_with(face), face)
    assert patch.shape == (48, 48)
    assert patch.dtype == np.uint8
    # A square box of 80 is cut at 86: three pixels a side around it, under two of the 48.
    margin = round((CROP_SIDE - 1) / 2 / CROP_SIDE * 48)
    assert patch[24, 24] == 220
    assert (patch[:, 0] == 20).all()
    assert (patch[0] == 20).all()
    assert (patch[margin + 1 : -margin - 1, margin + 1 : -margin - 1] == 220).all()
    np.testing.assert_array_equal(patch, patch[::-1])
    np.testing.assert_array_equal(patch, patch[:, ::-1])


def test_a_long_box_is_cut_at_the_mean_of_its_sides_without_distortion() -> None:
    rows, columns = np.mgrid[0:400, 0:400]
    disc = ((rows - 200) ** 2 + (columns - 200) ** 2 < 40**2).astype(np.uint8) * 255
    frame = np.repeat(disc[..., None], 3, axis=2)
    patch = crop_face(frame, Face((160.0, 137.5, 80.0, 125.0), 0.9)) > 127
    # √(80 × 125) = 100, cut at 108: the disc of 80 pixels takes up 80 / 108 of the patch.
    across, down = patch.any(axis=0).sum(), patch.any(axis=1).sum()
    assert across == pytest.approx(48 * 80 / 108, abs=1.5)
    assert down == pytest.approx(across, abs=1)


def test_colours_weigh_as_in_grey_television() -> None:
    face = Face((100.0, 60.0, 80.0, 80.0), 0.9)
    frame = np.zeros((240, 320, 3), np.uint8)
    frame[..., 0] = 200  # red; read as blue it would give 23
    assert (crop_face(frame, face) == 60).all()


EDGE = st.floats(-400, 400)
SIDE = st.floats(1, 600)


@given(x=EDGE, y=EDGE, width=SIDE, height=SIDE)
def test_a_face_at_the_edge_or_beyond_still_gives_a_whole_patch(
    x: float, y: float, width: float, height: float
) -> None:
    patch = crop_face(np.zeros((240, 320, 3), np.uint8), Face((x, y, width, height), 0.9))
    assert patch.shape == (48, 48)
    assert patch.max() <= MID_GREY


def test_the_largest_face_is_read() -> None:
    frame = frame_with(LARGE)
    model = Model()
    reading = Analyser((Detector([LARGE, SMALL]), model)).analyse(frame)
    assert reading == Reading(LARGE, GLAD)
    (shown,) = model.shown
    np.testing.assert_array_equal(shown, crop_face(frame, LARGE))


def test_without_a_face_the_model_is_not_asked() -> None:
    model = Model()
    assert Analyser((Detector([]), model)).analyse(frame_with(LARGE)) == NO_FACE
    assert model.shown == []
    assert NO_FACE.scores is None


def test_an_unusable_frame_is_not_taken_for_an_empty_room() -> None:
    with pytest.raises(BadFrame):
        Analyser((Detector([]), Model())).analyse(np.zeros((4, 4, 3), np.uint8))


# Eyes, nose and mouth of a face that stands upright, and of one that lies on its side.
UPRIGHT = ((10.0, 10.0), (30.0, 10.0), (20.0, 20.0), (12.0, 30.0), (28.0, 30.0))
LYING = tuple((y, 40 - x) for x, y in UPRIGHT)
BOX = (100.0, 60.0, 40.0, 50.0)


@dataclass
class Turning:
    """Finds another face in each turn of a frame, which is known by the side of its bright corner.

    faces : of the frame as it is, and after one, two and three quarter turns
    """

    faces: tuple[Face | None, ...]
    searched: list[int] = field(default_factory=list)

    def detect(self, frame: NDArray[np.uint8], _smallest: float = 0) -> list[Face]:
        corners = [frame[0, 0, 0], frame[-1, 0, 0], frame[-1, -1, 0], frame[0, -1, 0]]
        self.searched.append(int(np.argmax(corners)))
        face = self.faces[self.searched[-1]]
        return [face] if face else []

    def follow(self, frame: NDArray[np.uint8], face: Face) -> Face | None:
        raise AssertionError((frame, face))


def sure(confidence: float, landmarks: tuple[tuple[float, float], ...] = UPRIGHT) -> Face:
    return Face(BOX, confidence, landmarks)


@pytest.mark.parametrize(
    ("faces", "turns", "searched"),
    [
        ((sure(SURELY_UPRIGHT), sure(1.0), None, None), 0, 1),
        ((None, None, None, None), None, 4),
        ((None, None, sure(0.95), None), 2, 4),
        ((None, None, None, sure(TURNED_FROM)), 3, 4),
        ((None, sure(TURNED_FROM - 0.01), None, None), None, 4),
        ((None, sure(SURELY_UPRIGHT), None, None), 1, 2),
        # As sure, or not surer by TURNED_ODDS, is not enough; more is.
        ((sure(0.9), sure(0.9), sure(0.96), None), 0, 4),
        ((sure(0.9), sure(0.9), sure(0.97), None), 2, 4),
        # An eye above the other: however sure, it is none, here or there.
        ((sure(0.999, LYING), sure(0.92), None, None), 1, 4),
        ((sure(0.92), sure(0.99, LYING), None, None), 0, 4),
        ((sure(0.999, LYING), None, None, None), None, 4),
    ],
)
def test_a_photo_is_read_in_the_turn_in_which_its_face_stands_upright(
    faces: tuple[Face | None, ...], turns: int | None, searched: int
) -> None:
    assert (MAX_TILT, SURELY_UPRIGHT, TURNED_FROM, TURNED_ODDS) == (40.0, 0.998, 0.9, 3.0)
    frame = np.zeros((240, 320, 3), np.uint8)
    frame[0, 0] = 255
    detector, model = Turning(faces), Model()
    reading = Analyser((detector, model)).analyse(frame)
    assert detector.searched == list(range(searched))
    if turns is None:
        assert reading == NO_FACE
        return
    face = faces[turns]
    assert face is not None
    assert reading.face == turned_back(face, turns, 320, 240)
    np.testing.assert_array_equal(model.shown[-1], crop_face(np.rot90(frame, turns), face))


def test_a_reading_is_named_from_its_threshold_on() -> None:
    rest = (1 - SURE_FROM) / 2
    at = EmotionScores(0, 0, 0, SURE_FROM, 0, rest, rest)
    assert at.name == "happy"
    below = EmotionScores(0, 0, 0, SURE_FROM - 0.01, 0, rest + 0.01, rest)
    assert below.name is None


@pytest.mark.parametrize(("pairs", "together"), [(1, False), (2, True)])
def test_each_detector_is_used_by_one_thread_at_a_time(pairs: int, together: bool) -> None:
    meeting = threading.Barrier(2)
    met = []

    class Waiting(Detector):
        def detect(self, frame: NDArray[np.uint8], _smallest: float = 0) -> list[Face]:
            # Passes only when both threads are in here at once; else it gives up after a moment.
            try:
                meeting.wait(0.3)
                met.append(True)
            except threading.BrokenBarrierError:
                met.append(False)
            return super().detect(frame)

    analyser = Analyser(*((Waiting([LARGE]), Model()) for _ in range(pairs)))
    readings = []
    threads = [
        threading.Thread(target=lambda: readings.append(analyser.analyse(frame_with(LARGE))))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert met == [together] * 2
    assert readings == [Reading(LARGE, GLAD)] * 2


def test_a_followed_face_is_read_in_its_own_frame() -> None:
    detector, model, follower = Detector([SMALL]), Model(), FaceFollower()
    analyser = Analyser((detector, model))
    first, second = frame_with(SMALL), frame_with(SMALL) // 2
    assert analyser.follow(first, 0.0, follower) == Reading(SMALL, GLAD)
    assert analyser.follow(second, 0.1, follower) == Reading(SMALL, GLAD)
    for frame, shown in zip((first, second), model.shown, strict=True):
        np.testing.assert_array_equal(shown, crop_face(frame, SMALL))
    detector.faces = []
    assert analyser.follow(first, 0.2, follower) == NO_FACE
    assert len(model.shown) == 2


def test_after_an_unusable_frame_the_analyser_goes_on() -> None:
    analyser = Analyser((Detector([LARGE]), Model()))
    with pytest.raises(BadFrame):
        analyser.analyse(np.zeros((4, 4, 3), np.uint8))
    assert analyser.analyse(frame_with(LARGE)).face == LARGE


def play(
    steady: SteadyReading,
    rate: int,
    seconds: float,
    show: Callable[[int], EmotionScores | None],
    start: float = 0.0,
) -> list[tuple[float, EmotionScores | None]]:
    """Feed frames at a rate; ``show`` gives the scores of frame n."""
    times = [start + n / rate for n in range(round(seconds * rate))]
    return [(now, steady.add(now, show(n))) for n, now in enumerate(times)]


def same(first: EmotionScores | None, second: EmotionScores) -> bool:
    if first is None:
        return False
    values, others = (*first.as_tuple(), first.contempt), (*second.as_tuple(), second.contempt)
    return values == pytest.approx(others, abs=1e-9)


@pytest.mark.parametrize("odd", [GLAD, None])
@pytest.mark.parametrize("frames", [(20,), (20, 21), (20, 22), (16, 17, 50)])
@pytest.mark.parametrize("rate", RATES)
def test_one_odd_frame_or_two_change_nothing(
    rate: int, frames: tuple[int, ...], odd: EmotionScores | None
) -> None:
    said = play(SteadyReading(), rate, 10, lambda n: odd if n in frames else CALM)
    settled = [scores for now, scores in said if now >= 1]
    assert settled
    assert all(same(scores, CALM) for scores in settled)


@pytest.mark.parametrize("rate", RATES)
def test_a_real_change_shows_within_a_second(rate: int) -> None:
    change = 3 * rate
    said = play(SteadyReading(), rate, 6, lambda n: GLAD if n >= change else CALM)
    assert all(same(scores, CALM) for now, scores in said if 1 <= now < 3)
    assert all(same(scores, GLAD) for now, scores in said if now >= 4)


@pytest.mark.parametrize("rate", RATES)
def test_a_face_shows_within_a_second_and_goes_within_one(rate: int) -> None:
    said = play(SteadyReading(), rate, 6, lambda n: CALM if rate <= n < 3 * rate else None)
    assert all(scores is None for now, scores in said if now < 1)
    assert all(same(scores, CALM) for now, scores in said if 2 <= now < 3)
    assert all(scores is None for now, scores in said if now >= 4)


@pytest.mark.parametrize("rate", RATES)
def test_a_face_in_half_of_the_frames_is_none(rate: int) -> None:
    said = play(SteadyReading(), rate, 5, lambda n: CALM if n % 2 else None)
    times = [now for now, _ in said]
    counts = [sum(now - WINDOW_S <= time <= now for time in times) for now in times]
    even = [scores for count, (_, scores) in zip(counts, said, strict=True) if count % 2 == 0]
    assert even
    assert all(scores is None for scores in even)


@pytest.mark.parametrize("rate", RATES)
def test_a_clip_without_a_face_never_gives_anything(rate: int) -> None:
    said = play(SteadyReading(), rate, 10, lambda _: None)
    assert len(said) == 10 * rate
    assert all(scores is None for _, scores in said)


def test_a_face_in_a_third_of_the_frames_never_gives_anything() -> None:
    said = play(SteadyReading(), 15, 10, lambda n: None if n % 3 else CALM)
    assert all(scores is None for _, scores in said)


def test_the_first_frames_are_too_few_to_say_anything() -> None:
    steady = SteadyReading()
    # Many frames in too short a time, then few frames in time enough.
    assert [steady.add(n / 100, CALM) for n in range(30)] == [None] * 30
    steady = SteadyReading()
    assert [steady.add(n * 0.2, CALM) for n in range(3)] == [None] * 3
    assert same(steady.add(0.6, CALM), CALM)


@pytest.mark.parametrize("pause", [0.9, 5.0, 3600.0])
def test_after_a_pause_nothing_old_counts(pause: float) -> None:
    steady = SteadyReading()
    play(steady, 15, 2, lambda _: CALM)
    said = play(steady, 15, 1, lambda _: GLAD, start=2 + pause)
    assert said[0][1] is None
    assert all(scores is None or same(scores, GLAD) for _, scores in said)
    assert same(said[-1][1], GLAD)


def test_sparse_frames_count_where_no_more_come() -> None:
    for sparse, heard in ((False, None), (True, "happy")):
        steady = SteadyReading()
        if sparse:
            steady.longest_gap_s = LONGEST_GAP_OF_SPARSE_S
        for second in range(MIN_FRAMES):
            steady.add(second * (LONGEST_GAP_OF_SPARSE_S - 0.1), GLAD)
        assert steady.name == heard
    assert steady.add(second * 2 + LONGEST_GAP_OF_SPARSE_S, GLAD) is None


def test_each_visitor_has_a_window_of_their_own() -> None:
    first, second = SteadyReading(), SteadyReading()
    play(first, 15, 1, lambda _: CALM)
    assert second.add(1.0, GLAD) is None


def named(happy: float, surprise: float) -> EmotionScores:
    rest = max(0.0, 1 - happy - surprise) / 2
    return EmotionScores(0, rest, rest, happy, 0, surprise, 0)


def names(*shown: EmotionScores) -> list[str | None]:
    """What is named at the end of a second of each, one after the other."""
    steady, heard = SteadyReading(), []
    for second, scores in enumerate(shown):
        play(steady, 15, 1, lambda _, scores=scores: scores, start=second)
        heard.append(steady.name)
    return heard


def test_a_name_stays_until_another_emotion_leads_clearly() -> None:
    ahead = CLEAR_LEAD - 0.02
    tie, back = named(0.5 - ahead / 2, 0.5 + ahead / 2), named(0.5 + ahead / 2, 0.5 - ahead / 2)
    clear = named(0.5 - ahead, 0.5 + ahead)
    assert names(named(0.9, 0.1), tie, clear) == ["happy", "happy", "surprise"]
    assert names(named(0.1, 0.9), back, tie) == ["surprise"] * 3
    assert names(tie) == ["surprise"]


def test_a_name_that_fades_becomes_unsure_and_comes_back_when_it_is_sure_again() -> None:
    fading, faded = named(SURE_FROM - 0.05, 0), named(SURE_FROM - UNSURE_SLACK - 0.05, 0)
    assert names(named(0.9, 0), fading, faded, fading) == ["happy", "happy", None, None]
    assert names(fading, named(SURE_FROM, 0.2)) == [None, "happy"]


def test_a_correction_acts_with_the_next_frame_and_is_held_back_by_nothing() -> None:
    steady = SteadyReading()
    near = named(0.48, 0.3)
    play(steady, 15, 1, lambda _: near)
    assert (steady.name, steady.named) == ("happy", ("happy", 0, "happy"))
    steady.corrections = Corrections({("happy", 0, "surprise"): 1})
    ((_, scores),) = play(steady, 15, 1 / 15, lambda _: near, start=1)
    assert scores == steady.corrections.applied(near)
    # Without the correction, the name would stay.
    assert scores.surprise - scores.happy < CLEAR_LEAD
    assert (steady.name, steady.named) == ("surprise", ("happy", 0, "surprise"))
    play(steady, 15, 1, lambda _: None, start=2)
    assert (steady.name, steady.named) == (None, ("happy", 0, "surprise"))


def test_without_a_face_nothing_is_named() -> None:
    steady = SteadyReading()
    play(steady, 15, 1, lambda _: GLAD)
    assert steady.name == "happy"
    play(steady, 15, 1, lambda _: None, start=1)
    assert steady.name is None


SCORES = st.one_of(
    st.none(),
    st.sampled_from(EMOTIONS).map(
        lambda leader: EmotionScores(**{name: float(name == leader) for name in EMOTIONS})
    ),
    st.tuples(
        st.lists(st.floats(0, 1), min_size=7, max_size=7).filter(lambda values: sum(values) > 0),
        st.floats(0, 1),
    ).map(lambda drawn: EmotionScores(*(v / sum(drawn[0]) for v in drawn[0]), contempt=drawn[1])),
)


@given(frames=st.lists(st.tuples(st.floats(0, 0.4), SCORES), max_size=40))
def test_whatever_the_frames_show_the_answer_is_none_or_a_distribution(
    frames: list[tuple[float, EmotionScores | None]],
) -> None:
    steady, now = SteadyReading(), 0.0
    for pause, scores in frames:
        now += pause
        answer = steady.add(now, scores)
        assert steady.name in (None, *EMOTIONS)
        assert answer is not None or steady.name is None
        # That it could be built shows that each value is 0..1 and that they sum to one.
        assert answer is None or sum(answer.as_tuple()) == pytest.approx(1)


@given(scores=SCORES.filter(bool))
def test_a_face_that_does_not_move_is_read_as_it_is(scores: EmotionScores) -> None:
    assert same(play(SteadyReading(), 15, 1, lambda _: scores)[-1][1], scores)


def test_faces_that_never_agree_give_the_newest() -> None:
    order = ["angry", "happy", "sad", "fear", "surprise"]
    steady = SteadyReading()
    said = [
        steady.add(n * 0.15, EmotionScores(**{name: float(name == leader) for name in EMOTIONS}))
        for n, leader in enumerate(order)
    ]
    last = said[-1]
    assert last is not None
    assert last.leading == "surprise"
