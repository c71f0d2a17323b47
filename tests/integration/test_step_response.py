"""How soon a changed face is a changed mood, and that a flicker is none: on rendered frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from detectors.emotions import EmotionFusion
from detectors.following import SEARCH_AGAIN_S, FaceFollower
from detectors.group import GroupFollower, Person
from detectors.pipeline import MIN_FRAMES, WINDOW_S, Analyser, SteadyReading
from detectors.weights import SHIPPED
from tests.e2e.driver import scene
from tests.fakes.scenes import paste_face, surprised, wall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detectors.faces import MtcnnDetector

OTHER_RATES = [pytest.param(rate, marks=pytest.mark.slow) for rate in (8, 30)]
# What a busy machine may come down to.
SLOW = 2
NOISE = 3
SECONDS = 3


@pytest.fixture(scope="module")
def analyser(detector: MtcnnDetector) -> Analyser:
    return Analyser((detector, EmotionFusion(SHIPPED)))


def names(frames: Sequence[NDArray[np.uint8]], rate: int, analyser: Analyser) -> list[str | None]:
    """What is named after each frame of a camera with its noise."""
    follower, steady, rng = FaceFollower(), SteadyReading(), np.random.default_rng(4)
    named = []
    for number, frame in enumerate(frames):
        noisy = np.clip(frame + rng.normal(0, NOISE, frame.shape), 0, 255).astype(np.uint8)
        seconds = number / rate
        steady.add(seconds, analyser.follow(noisy, seconds, follower).scores)
        named.append(steady.name)
    return named


def changes(named: Sequence[str | None]) -> list[tuple[int, str | None]]:
    """Which frame changes the name, and to what."""
    return [
        (number, name)
        for number, (before, name) in enumerate(zip([None, *named], named, strict=False))
        if name != before
    ]


@pytest.mark.parametrize("rate", [15, SLOW, *OTHER_RATES])
def test_a_cut_to_another_face_changes_the_name_once_and_soon(
    rate: int, analyser: Analyser, astronaut: NDArray[np.uint8]
) -> None:
    half = SECONDS * rate
    smile, surprise = scene(astronaut), scene(surprised(astronaut))
    first, second = changes(names([smile] * half + [surprise] * half, rate, analyser))
    assert first[1] == "happy"
    assert second[1] == "surprise"
    # Half of the window, and a frame to fill it.
    window = max(WINDOW_S * rate, MIN_FRAMES)
    assert half < second[0] <= half + np.ceil(window / 2) + 1


@pytest.mark.parametrize("rate", [15, *OTHER_RATES])
@pytest.mark.parametrize("frames", [1, 2])
def test_a_face_that_flashes_up_changes_nothing(
    frames: int, rate: int, analyser: Analyser, astronaut: NDArray[np.uint8]
) -> None:
    smile, surprise = scene(astronaut), scene(surprised(astronaut))
    film = [smile] * rate + [surprise] * frames + [smile] * rate
    assert [name for _, name in changes(names(film, rate, analyser))] == ["happy"]


@pytest.mark.slow
def test_between_two_faces_the_name_does_not_flicker(
    analyser: Analyser, astronaut: NDArray[np.uint8]
) -> None:
    smile, surprise = (scene(face).astype(float) for face in (astronaut, surprised(astronaut)))
    # From one to the other and back, slowly: somewhere between them the scores are even.
    shares = 0.7 + 0.1 * np.sin(np.linspace(0, 2 * np.pi, 120))
    film = [((1 - s) * smile + s * surprise).astype(np.uint8) for s in shares]
    raw = [analyser.analyse(frame).scores for frame in film]
    leading = [scores.leading for scores in raw if scores is not None]
    assert len(changes(leading)) >= 3, "the clip does pass from one emotion to the other"
    assert len(changes(names(film, 15, analyser))) <= 3


@pytest.mark.parametrize("rate", [15, *OTHER_RATES])
def test_another_face_elsewhere_is_noticed_within_half_a_second(
    rate: int, analyser: Analyser, astronaut: NDArray[np.uint8]
) -> None:
    left, right = wall(640, 480), wall(640, 480)
    paste_face(left, astronaut, 120, (0.25, 0.5))
    box = paste_face(right, surprised(astronaut), 150, (0.75, 0.5))
    follower = FaceFollower()
    seen = [
        analyser.follow(frame, number / rate, follower).face
        for number, frame in enumerate([left] * rate + [right] * rate)
    ]
    noticed = next(
        number
        for number, face in enumerate(seen)
        if face is not None and abs(face.box[0] - box[0]) < box[2] / 3
    )
    assert rate <= noticed <= rate + np.ceil(SEARCH_AGAIN_S * rate)


def test_two_people_are_read_side_by_side(analyser: Analyser, astronaut: NDArray[np.uint8]) -> None:
    both = wall(640, 480)
    paste_face(both, astronaut, 150, (0.25, 0.5))
    paste_face(both, surprised(astronaut), 150, (0.75, 0.5))
    group = GroupFollower()
    people: tuple[Person, ...] = ()
    for number in range(12):
        with analyser.turn() as pair:
            people = group.read(both, number / 15, *pair)
    names = {one.face.box[0] < 320: one.name for one in people}
    assert names == {True: "happy", False: "surprise"}
