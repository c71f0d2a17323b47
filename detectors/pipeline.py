"""Read the expression in a frame, and smooth the readings of successive frames.

Functions that search a frame raise `BadFrame` when it is not usable.
"""

import queue
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.corrections import UNCORRECTED, Answer, Corrections, cell_of
from detectors.emotions import FACE_SIZE
from detectors.faces import cut_out, tilt, turned_back
from detectors.following import FaceFollower
from detectors.types import EMOTIONS, SURE_FROM, EmotionModel, EmotionScores, Face, FaceDetector

# Side of the expression nets' crop relative to the geometric mean of the detector box's sides: the
# median over 430 faces of FER-2013 pasted into scenes (10th to 90th percentile 0.90 to 1.38; the
# framing within FER-2013 varies that much).
CROP_SIDE = 1.08

# A photo may lie on its side or stand on its head. The detector finds faces in it nevertheless, but
# less surely, or with one eye above the other. All four turns are searched, until a face is as sure
# as SURELY_UPRIGHT; a turned one needs TURNED_FROM, and TURNED_ODDS times the odds of the photo as
# it is.
MAX_TILT = 40.0
SURELY_UPRIGHT = 0.998
TURNED_FROM = 0.9
TURNED_ODDS = 3.0
QUARTERS = 4

# Window of the median filter. A change shows once it fills half of the window, 0.3 s; one or two
# outliers never do.
WINDOW_S = 0.6
# A steady reading needs MIN_FRAMES frames that span MIN_SPAN_S. On a slow machine the window holds
# fewer: older frames then count, too, unless none was read for LONGEST_GAP_S.
MIN_FRAMES = 4
MIN_SPAN_S = 0.35
LONGEST_GAP_S = 0.8
# For a slow line, which lets a frame through each second.
LONGEST_GAP_OF_SPARSE_S = 2.0
# Hysteresis: keep the current label until another emotion leads by CLEAR_LEAD, or until its own
# probability falls UNSURE_SLACK below SURE_FROM. On six clips of 20 s between two faces, the label
# changed 47 times with the median alone (over 0.8 s), and once with these
# (`tests/integration/test_step_response.py`).
CLEAR_LEAD = 0.2
UNSURE_SLACK = 0.1


@dataclass(frozen=True, slots=True)
class Reading:
    """The face and emotions in a frame or a window of frames. Holds no pixels.

    Attributes
    ----------
    face : Face or None, the largest
    scores : EmotionScores, or None exactly when there is no face
    """

    face: Face | None
    scores: EmotionScores | None


NO_FACE = Reading(None, None)


def crop_face(frame: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """Return the expression nets' input for a face: grey uint8 [shape=(48, 48)].

    The crop is a square around the box's centre, framed as the faces of FER-2013 are.
    """
    x, y, width, height = face.box
    half = CROP_SIDE * float(np.sqrt(width * height)) / 2
    centre_x, centre_y = x + width / 2, y + height / 2
    box = (centre_x - half, centre_y - half, centre_x + half, centre_y + half)
    patch = cut_out(frame, box, FACE_SIZE)
    return np.asarray(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _odds_upright(face: Face, turns: int) -> float:
    """Return the odds that a face which was found after so many turns stands upright."""
    if tilt(face) > MAX_TILT or (turns and face.confidence < TURNED_FROM):
        return 0.0
    odds = face.confidence / max(1 - face.confidence, 1e-9)
    return odds if turns else TURNED_ODDS * odds


class Analyser:
    """A pool of pairs of detector and expression model, shared by all visitors.

    Callers queue first-in, first-out while every pair is busy.
    """

    def __init__(self, *pairs: tuple[FaceDetector, EmotionModel]) -> None:
        self._free: queue.Queue[tuple[FaceDetector, EmotionModel]] = queue.Queue()
        for pair in pairs:
            self._free.put(pair)

    @contextmanager
    def turn(self) -> Iterator[tuple[FaceDetector, EmotionModel]]:
        """Lend a pair to whoever is next."""
        pair = self._free.get()
        try:
            yield pair
        finally:
            self._free.put(pair)

    def analyse(self, frame: NDArray[np.uint8]) -> Reading:
        """Find the largest face of an RGB photo, however the photo is turned, and read it.

        The face's place is that in the photo as it is.
        """
        best, most = NO_FACE, 0.0
        for turns in range(QUARTERS):
            turned = np.ascontiguousarray(np.rot90(frame, turns))
            # Between the turns, cameras get theirs.
            with self.turn() as (detector, model):
                faces = detector.detect(turned)
                if faces and (odds := _odds_upright(faces[0], turns)) > most:
                    most, scores = odds, model.predict(crop_face(turned, faces[0]))
                    face = turned_back(faces[0], turns, frame.shape[1], frame.shape[0])
                    best = Reading(face, scores)
            if best.face is not None and best.face.confidence >= SURELY_UPRIGHT:
                break
        return best

    def follow(self, frame: NDArray[np.uint8], seconds: float, follower: FaceFollower) -> Reading:
        """Read the next RGB frame of one visitor's camera.

        Parameters
        ----------
        seconds : float, time of the frame on any monotonic clock
        """
        with self.turn() as (detector, model):
            face = follower.find(frame, seconds, detector)
            if face is None:
                return NO_FACE
            return Reading(face, model.predict(crop_face(frame, face)))


class SteadyReading:
    """A median filter of one visitor's readings: each probability over the last `WINDOW_S`.

    On a slow machine the last `MIN_FRAMES` count, unless a gap exceeds ``longest_gap_s``. The
    visitor's own corrections move what is left, so that a median never mixes two of their odds.

    Attributes
    ----------
    corrections : Corrections, may be replaced at any time; the next frame follows them
    name : str or None, the emotion to name; None without a face or a sure emotion
    longest_gap_s : float, seconds
    named : Answer or None, the last emotion that was named, after the cell of what was read
    """

    def __init__(self, own: Corrections = UNCORRECTED) -> None:
        self.longest_gap_s = LONGEST_GAP_S
        self._window: deque[tuple[float, EmotionScores | None]] = deque()
        self._followed = self.corrections = own
        self.name: str | None = None
        self.named: Answer | None = None

    def add(self, seconds: float, scores: EmotionScores | None) -> EmotionScores | None:
        """Add a frame's scores (None: no face) and return the smoothed ones.

        Return None while there are too few frames, or when half or more show no face.

        Parameters
        ----------
        seconds : float, time of the frame on any monotonic clock
        """
        if self._window and self._window[-1][0] < seconds - self.longest_gap_s:
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
        read = _median(seen)
        own = self.corrections
        steady = own.applied(read)
        # Hysteresis must not hold what has just been corrected.
        self.name = _name(steady, self.name if own == self._followed else None)
        self._followed = own
        if self.name is not None:
            self.named = (*cell_of(read), self.name)
        return steady


def _median(seen: list[EmotionScores]) -> EmotionScores:
    rows = np.array([(*scores.as_tuple(), scores.contempt) for scores in seen])
    # np.median takes ten times as long on arrays this small.
    ordered = np.sort(rows, axis=0)
    middle = ordered[(len(rows) - 1) // 2] + ordered[len(rows) // 2]
    *emotions, contempt = (middle / 2).tolist()
    # The medians need not sum to 1; between two faces, all may be 0.
    total = sum(emotions)
    if total <= 0:
        emotions, total = rows[-1, :-1].tolist(), 1.0
    shares = {name: value / total for name, value in zip(EMOTIONS, emotions, strict=True)}
    return EmotionScores(**shares, contempt=contempt)


def _name(scores: EmotionScores, held: str | None) -> str | None:
    """Return the emotion to name, given the one named until now."""
    if held is not None:
        enough = max(scores.confidence - CLEAR_LEAD, SURE_FROM - UNSURE_SLACK)
        if scores.as_dict()[held] > enough:
            return held
    return scores.name
