"""Track and read all faces in one visitor's frames, for *All of us*.

Each face is followed as the single one is (`detectors.following`), and has a steady reading of its
own. From time to time the whole frame is searched for faces that have come.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detectors.faces import overlap
from detectors.following import SEARCH_AGAIN_S, is_same
from detectors.pipeline import WINDOW_S, SteadyReading, crop_face
from detectors.types import EmotionModel, EmotionScores, Face, FaceDetector

# The largest ones: each costs as much as a single visitor's face.
MAX_FACES = 6
# A face that is hidden for less goes on where it was.
MISSED_S = WINDOW_S


@dataclass(frozen=True, slots=True)
class Person:
    """A face in view, and what it shows. Holds no pixels.

    Attributes
    ----------
    id : int, stays as long as the face is followed
    face : Face, its last place
    scores : EmotionScores or None, smoothed as `SteadyReading` does, None in the first moments
    name : str or None, the emotion to name, None when it is not sure
    """

    id: int
    face: Face
    scores: EmotionScores | None
    name: str | None


@dataclass(slots=True)
class _Followed:
    """One person, and when the face was last seen."""

    id: int
    face: Face
    seen: float
    hidden: bool = False
    steady: SteadyReading = field(default_factory=SteadyReading)


class GroupFollower:
    """A tracker of up to `MAX_FACES` faces. Keeps boxes and readings, no pixels.

    Attributes
    ----------
    search_again_s : float, longest time between two full searches; may be changed at any time
    """

    def __init__(self) -> None:
        self.search_again_s = SEARCH_AGAIN_S
        self._people: list[_Followed] = []
        self._searched = -math.inf
        self._ids = 0

    def read(
        self,
        frame: NDArray[np.uint8],
        seconds: float,
        detector: FaceDetector,
        model: EmotionModel,
    ) -> tuple[Person, ...]:
        """Return all people in the next frame, in the order in which they came.

        Parameters
        ----------
        frame : uint8 RGB [shape=(height, width, 3)]
        seconds : float, time of the frame on any monotonic clock

        Raises
        ------
        BadFrame
            When the frame is not usable.
        """
        lost = self._follow(frame, seconds, detector)
        if lost or not self._people or seconds - self._searched >= self.search_again_s:
            self._search(frame, seconds, detector)
        self._people = [one for one in self._people if seconds - one.seen < MISSED_S]
        return tuple(self._readings(frame, seconds, model))

    def _follow(self, frame: NDArray[np.uint8], seconds: float, detector: FaceDetector) -> bool:
        """Look for each face where it was; return whether one was lost just now."""
        lost = False
        taken: list[Face] = []
        for one in self._people:
            face = detector.follow(frame, one.face)
            was_hidden = one.hidden
            one.hidden = face is None or any(is_same(face, other) for other in taken)
            lost = lost or (one.hidden and not was_hidden)
            if face is not None and not one.hidden:
                taken.append(face)
                one.face, one.seen = face, seconds
        return lost

    def _search(self, frame: NDArray[np.uint8], seconds: float, detector: FaceDetector) -> None:
        """Search the whole frame: who is found goes on or has come, others are hidden."""
        self._searched = seconds
        found = detector.detect(frame)[:MAX_FACES]
        for one in self._people:
            nearest = max(found, key=lambda face: overlap(face.box, one.face.box), default=None)
            one.hidden = nearest is None or not is_same(nearest, one.face)
            if nearest is not None and not one.hidden:
                found.remove(nearest)
                one.face, one.seen = nearest, seconds
        # Those in view come before those that are hidden, and these before nobody.
        self._people.sort(key=lambda one: one.hidden)
        del self._people[MAX_FACES - len(found) :]
        for face in found:
            self._ids += 1
            self._people.append(_Followed(self._ids, face, seconds))
        self._people.sort(key=lambda one: one.id)

    def _readings(
        self, frame: NDArray[np.uint8], seconds: float, model: EmotionModel
    ) -> Iterator[Person]:
        for one in self._people:
            seen = None if one.hidden else model.predict(crop_face(frame, one.face))
            scores = one.steady.add(seconds, seen)
            yield Person(one.id, one.face, scores, one.steady.name)
