"""All faces in view: who stays, who has come, who is hidden for a moment, and what each shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from detectors.following import SEARCH_AGAIN_S
from detectors.group import MAX_FACES, MISSED_S, GroupFollower, Person
from detectors.types import EmotionScores, Face

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME_S = 1 / 15


def face(x: float, side: float = 40.0) -> Face:
    return Face((x, 50.0, side, side), 0.99)


@dataclass
class Scene:
    """Faces at places, and the detector and the model that look at it.

    A face's expression is told by the brightness of the frame at its place.
    """

    faces: list[Face]
    blind: bool = False
    searches: int = 0
    read: int = 0
    seconds: float = 0.0
    happy: set[float] = field(default_factory=set)

    def frame(self) -> NDArray[np.uint8]:
        pixels = np.zeros((240, 640, 3), np.uint8)
        for one in self.faces:
            x, y, width, height = (int(value) for value in one.box)
            if one.box[0] in self.happy:
                pixels[y - 10 : y + height + 10, x - 10 : x + width + 10] = 255
        return pixels

    def detect(self, _frame: NDArray[np.uint8], _smallest: float = 0.0) -> list[Face]:
        self.searches += 1
        return [] if self.blind else sorted(self.faces, key=lambda one: -one.area)

    def follow(self, _frame: NDArray[np.uint8], last: Face) -> Face | None:
        near = [one for one in self.faces if abs(one.box[0] - last.box[0]) < 20]
        return None if self.blind else next(iter(near), None)

    def predict(self, crop: NDArray[np.uint8]) -> EmotionScores:
        self.read += 1
        happy = 0.9 if crop.mean() > 128 else 0.1
        return EmotionScores(0.0, 0.0, 0.0, happy, 1 - happy, 0.0, 0.0)

    def look(self, group: GroupFollower, seconds: float) -> tuple[Person, ...]:
        """Let some time pass, and return the people in the last frame."""
        people: tuple[Person, ...] = ()
        end = self.seconds + seconds
        while self.seconds < end:
            people = group.read(self.frame(), self.seconds, self, self)
            self.seconds += FRAME_S
        return people


def test_each_person_has_a_reading_of_their_own() -> None:
    scene, group = Scene([face(50), face(300, 60)], happy={300.0}), GroupFollower()
    people = scene.look(group, 1.0)
    assert sorted((one.face.box[0], one.name) for one in people) == [(50, "sad"), (300, "happy")]


def test_the_whole_frame_is_searched_from_time_to_time_only() -> None:
    scene, group = Scene([face(50), face(300)]), GroupFollower()
    scene.look(group, 2.0)
    assert scene.searches <= 2.0 / SEARCH_AGAIN_S + 1
    scene.faces.append(face(500))
    assert len(scene.look(group, 2 * SEARCH_AGAIN_S)) == 3


def test_a_person_stays_the_same_one_and_leaves_no_reading_behind() -> None:
    scene, group = Scene([face(50), face(300)]), GroupFollower()
    before = {one.face.box[0]: one.id for one in scene.look(group, 1.0)}
    scene.faces = [face(310)]
    people = scene.look(group, MISSED_S + 3 * FRAME_S)
    assert [one.id for one in people] == [before[300]]
    assert people[0].face == face(310)


def test_a_moment_behind_a_hand_is_no_goodbye() -> None:
    scene, group = Scene([face(50)]), GroupFollower()
    (before,) = scene.look(group, 1.0)
    scene.blind = True
    (hidden,) = scene.look(group, MISSED_S / 4)
    scene.blind = False
    (after,) = scene.look(group, 2 * FRAME_S)
    assert before.id == hidden.id == after.id
    assert after.name == "sad"


def test_two_people_never_become_one_face_read_twice() -> None:
    scene, group = Scene([face(50), face(85)]), GroupFollower()
    assert len(scene.look(group, 1.0)) == 2
    scene.faces = [face(68)]
    assert len(scene.look(group, 2 * MISSED_S)) == 1


def test_no_more_than_six_are_read_and_those_are_the_largest() -> None:
    sides = [20.0, 30.0, 25.0, 45.0, 50.0, 55.0, 22.0, 60.0]
    scene = Scene([face(20 + 75 * place, side) for place, side in enumerate(sides)])
    group = GroupFollower()
    people = scene.look(group, 1.0)
    assert sorted(one.face.box[2] for one in people) == sorted(sides)[-MAX_FACES:]
    scene.read = 0
    group.read(scene.frame(), scene.seconds, scene, scene)
    assert scene.read == MAX_FACES


def test_who_is_hidden_makes_room_for_who_is_there() -> None:
    scene = Scene([face(20 + 75 * place) for place in range(MAX_FACES)])
    group = GroupFollower()
    first = {one.id for one in scene.look(group, 1.0)}
    scene.faces = [face(35 + 75 * place) for place in range(MAX_FACES)]
    scene.faces[0] = face(590)
    people = scene.look(group, 2 * FRAME_S)
    assert len(people) == MAX_FACES
    assert len({one.id for one in people} - first) == 1
