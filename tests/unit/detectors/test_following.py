"""A face followed from frame to frame: when the whole frame is searched, and which face it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.following import (
    CLEARLY_LARGER,
    SEARCH_AGAIN_S,
    SEARCH_EMPTY_S,
    SMALLEST_SHARE,
    FaceFollower,
)
from detectors.types import Face

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME = np.zeros((240, 320, 3), np.uint8)


def face(x: float, side: float = 60.0) -> Face:
    return Face((x, 50.0, side, side), 0.99)


@dataclass
class Detector:
    """Finds what it was given last, and notes how it was asked.

    ghost : what the later nets go on to see, though nothing is there
    """

    faces: list[Face]
    lost: bool = False
    ghost: Face | None = None
    asked: list[str] = field(default_factory=list)

    def detect(self, _frame: NDArray[np.uint8], smallest: float = 0.0) -> list[Face]:
        self.asked.append("again" if smallest else "whole")
        return [one for one in self.faces if min(one.box[2:]) >= smallest]

    def follow(self, _frame: NDArray[np.uint8], face: Face) -> Face | None:
        self.asked.append("near")
        if self.ghost is not None:
            return self.ghost
        if self.lost or not self.faces:
            return None
        return min(self.faces, key=lambda one: abs(one.box[0] - face.box[0]))


def test_the_frame_is_searched_from_time_to_time_only() -> None:
    detector, follower = Detector([face(20)]), FaceFollower()
    for frame in range(36):
        assert follower.find(FRAME, frame / 30, detector) == face(20)
    assert detector.asked.count("whole") == 1, "smaller faces are not looked for"
    assert detector.asked.count("again") == 2
    times = np.flatnonzero(np.array([how != "near" for how in detector.asked]))
    # A search comes beside the look of its frame, and so counts one place more each time.
    frames = times - np.arange(len(times))
    assert (np.diff(frames) / 30 <= SEARCH_AGAIN_S + 1 / 30).all()


def test_a_search_leaves_out_what_is_much_smaller() -> None:
    detector, follower = (
        Detector([face(20, 100), face(200, 100 * SMALLEST_SHARE - 5)]),
        FaceFollower(),
    )
    follower.find(FRAME, 0.0, detector)
    assert follower.find(FRAME, 1.0, detector) == face(20, 100)
    assert detector.asked == ["whole", "near", "again"]


def test_what_is_followed_and_not_found_again_is_given_up() -> None:
    detector, follower = Detector([face(20)]), FaceFollower()
    follower.find(FRAME, 0.0, detector)
    detector.faces, detector.ghost = [face(200, 30)], face(20)
    assert follower.find(FRAME, SEARCH_AGAIN_S / 2, detector) == face(20)
    assert follower.find(FRAME, SEARCH_AGAIN_S, detector) == face(200, 30)
    detector.faces = []
    assert follower.find(FRAME, 2 * SEARCH_AGAIN_S, detector) is None


def test_a_face_that_was_lost_is_searched_for_in_the_same_frame() -> None:
    detector, follower = Detector([face(20)]), FaceFollower()
    follower.find(FRAME, 0.0, detector)
    detector.faces, detector.lost = [face(200)], True
    assert follower.find(FRAME, 0.03, detector) == face(200)
    assert detector.asked == ["whole", "near", "again", "whole"]


def test_a_face_that_moved_is_searched_for_at_its_size_first() -> None:
    detector, follower = Detector([face(20)]), FaceFollower()
    follower.find(FRAME, 0.0, detector)
    detector.faces, detector.lost = [face(30), face(200, 20)], True
    assert follower.find(FRAME, 0.03, detector) == face(30)
    assert detector.asked == ["whole", "near", "again"]


def test_a_camera_that_sees_nobody_is_searched_a_few_times_a_second() -> None:
    detector, follower = Detector([]), FaceFollower()
    assert [follower.find(FRAME, n / 30, detector) for n in range(30)] == [None] * 30
    assert len(detector.asked) <= 1 / SEARCH_EMPTY_S + 1
    detector.faces = [face(20)]
    assert follower.find(FRAME, 1.0 + SEARCH_EMPTY_S, detector) == face(20)


def test_the_largest_face_is_followed_first() -> None:
    detector = Detector([face(20, 40), face(120, 90), face(260, 50)])
    assert FaceFollower().find(FRAME, 0.0, detector) == face(120, 90)


@pytest.mark.parametrize(("larger", "stays"), [(1.05, True), (1.3, False)])
def test_a_face_stays_the_one_until_another_is_clearly_larger(larger: float, stays: bool) -> None:
    assert 1.05**2 < CLEARLY_LARGER < 1.3**2
    detector, follower = Detector([face(20)]), FaceFollower()
    follower.find(FRAME, 0.0, detector)
    detector.faces = [face(200, 60 * larger), face(22)]
    seen = follower.find(FRAME, 1.0, detector)
    assert seen == (face(22) if stays else face(200, 60 * larger))


def test_a_face_that_jumped_away_is_not_held_on_to() -> None:
    detector, follower = Detector([face(20)]), FaceFollower()
    follower.find(FRAME, 0.0, detector)
    detector.faces = [face(250, 30), face(150, 33)]
    assert follower.find(FRAME, 1.0, detector) == face(150, 33)


@given(frames=st.lists(st.lists(st.floats(0, 260), max_size=3), max_size=30))
def test_what_is_found_is_always_a_face_of_that_frame(frames: list[list[float]]) -> None:
    detector, follower = Detector([]), FaceFollower()
    for number, places in enumerate(frames):
        detector.faces = [face(x) for x in places]
        # Frames far enough apart that each is searched.
        seen = follower.find(FRAME, number * 2 * SEARCH_EMPTY_S, detector)
        assert (seen in detector.faces) if places else seen is None
