"""From a frame to a reading, and from many readings to a steady one."""

from __future__ import annotations

import queue
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detectors.emotions import FACE_SIZE
from detectors.faces import cut_out
from detectors.types import EMOTIONS, SURE_FROM, EmotionScores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from detectors.following import FaceFollower
    from detectors.types import EmotionModel, Face, FaceDetector

# The side of the picture that the expression nets see, against the geometric mean of the detector
# box's sides: the median over 430 faces of FER-2013 pasted into scenes (10th to 90th percentile
# 0.90 to 1.38; the table's own framing varies that much).
CROP_SIDE = 1.08

# Readings of the last 0.6 s make the steady one. A change shows once it fills half of the window,
# 0.3 s; an odd frame or two never do.
WINDOW_S = 0.6
# A reading is steady when it rests on so many frames, spread over so much time. A slow machine has
# fewer in the window: there, older ones count, too, unless nothing was read for so long.
MIN_FRAMES = 4
MIN_SPAN_S = 0.35
LONGEST_GAP_S = 0.8
# The name stays until another emotion leads by so much, or until the named one falls so far below
# what naming takes. Between two faces, six clips of 20 s changed their name 47 times in all with
# the median alone over 0.8 s, and once with these (`tests/integration/test_step_response.py`).
CLEAR_LEAD = 0.2
UNSURE_SLACK = 0.1


@dataclass(frozen=True, slots=True)
class Reading:
    """What one frame, or a window of frames, shows. Holds no pixels.

    face : the largest face, or None
    scores : its emotions; None exactly when there is no face
    """

    face: Face | None
    scores: EmotionScores | None


NO_FACE = Reading(None, None)


def crop_face(frame: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """Return the face as the expression nets want it: grey uint8 [shape=(48, 48)].

    The square around the box's centre is framed as the faces of FER-2013 are.
    """
    x, y, width, height = face.box
    half = CROP_SIDE * float(np.sqrt(width * height)) / 2
    centre_x, centre_y = x + width / 2, y + height / 2
    box = (centre_x - half, centre_y - half, centre_x + half, centre_y + half)
    patch = cut_out(frame, box, FACE_SIZE)
    return np.asarray(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def analyse_frame(frame: NDArray[np.uint8], detector: FaceDetector, model: EmotionModel) -> Reading:
    """Find the largest face of an RGB frame and read its expression.

    Raises
    ------
    BadFrame
        When the frame is not usable.
    """
    faces = detector.detect(frame)
    if not faces:
        return NO_FACE
    return Reading(faces[0], model.predict(crop_face(frame, faces[0])))


class Analyser:
    """The detectors and expression models of all visitors: each pair is used by one at a time.

    Who comes while all pairs are in use waits, and the first to come is the first to be served.
    """

    def __init__(self, *pairs: tuple[FaceDetector, EmotionModel]) -> None:
        self._free: queue.Queue[tuple[FaceDetector, EmotionModel]] = queue.Queue()
        for pair in pairs:
            self._free.put(pair)

    @contextmanager
    def _turn(self) -> Iterator[tuple[FaceDetector, EmotionModel]]:
        pair = self._free.get()
        try:
            yield pair
        finally:
            self._free.put(pair)

    def analyse(self, frame: NDArray[np.uint8]) -> Reading:
        """Find the largest face of an RGB frame and read its expression.

        Raises
        ------
        BadFrame
            When the frame is not usable.
        """
        with self._turn() as (detector, model):
            return analyse_frame(frame, detector, model)

    def follow(self, frame: NDArray[np.uint8], seconds: float, follower: FaceFollower) -> Reading:
        """Read the next RGB frame of one visitor's camera.

        seconds : time of the frame on any clock that only goes forward

        Raises
        ------
        BadFrame
            When the frame is not usable.
        """
        with self._turn() as (detector, model):
            face = follower.find(frame, seconds, detector)
            if face is None:
                return NO_FACE
            return Reading(face, model.predict(crop_face(frame, face)))


class SteadyReading:
    """Smooths one visitor's readings: the median of each probability over the last 0.6 s.

    Where fewer than four were read in that time, it is the median of the last four.

    name : the emotion to be named now; None when there is no face, or none is sure
    """

    def __init__(self) -> None:
        self._window: deque[tuple[float, EmotionScores | None]] = deque()
        self.name: str | None = None

    def add(self, seconds: float, scores: EmotionScores | None) -> EmotionScores | None:
        """Take in a frame's scores (None: no face) and return the steady ones.

        seconds : time of the frame on any clock that only goes forward

        Returns None while there are too few frames, or when half of them show no face.
        """
        if self._window and self._window[-1][0] < seconds - LONGEST_GAP_S:
            self._window.clear()
        self._window.append((seconds, scores))
        while len(self._window) > MIN_FRAMES and self._window[0][0] < seconds - WINDOW_S:
            self._window.popleft()
        span = seconds - self._window[0][0]
        seen = [scores for _, scores in self._window if scores is not None]
        too_few = len(self._window) < MIN_FRAMES or span < MIN_SPAN_S
        if too_few or len(seen) * 2 <= len(self._window):
            self.name = None
            return None
        steady = _median(seen)
        self.name = _name(steady, self.name)
        return steady


def _median(seen: list[EmotionScores]) -> EmotionScores:
    rows = np.array([(*scores.as_tuple(), scores.contempt) for scores in seen])
    # numpy's own median takes ten times as long on so few numbers.
    ordered = np.sort(rows, axis=0)
    middle = ordered[(len(rows) - 1) // 2] + ordered[len(rows) // 2]
    *emotions, contempt = (middle / 2).tolist()
    # Medians of a distribution need not sum to one, nor, between two faces, to anything.
    total = sum(emotions)
    if total <= 0:
        emotions, total = rows[-1, :-1].tolist(), 1.0
    shares = {name: value / total for name, value in zip(EMOTIONS, emotions, strict=True)}
    return EmotionScores(**shares, contempt=contempt)


def _name(scores: EmotionScores, held: str | None) -> str | None:
    """Return the emotion to be named, when ``held`` was named until now."""
    if held is not None:
        enough = max(scores.confidence - CLEAR_LEAD, SURE_FROM - UNSURE_SLACK)
        if scores.as_dict()[held] > enough:
            return held
    return scores.name
