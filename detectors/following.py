"""Track one visitor's face from frame to frame.

The detector's later nets search where the face was, which costs little and yields its box in the
new frame. From time to time the whole frame is searched for the face and for larger ones; smaller
ones are searched for only when the face is nowhere near.
"""

import math

import numpy as np
from numpy.typing import NDArray

from detectors.faces import overlap
from detectors.types import Face, FaceDetector

# Longest time between two searches of the whole frame, and so the delay until a new larger face, or
# a tracked box without a face, is noticed.
SEARCH_AGAIN_S = 0.4
# Time from a whole frame without a face to the next search: a search takes twenty times as long as
# to follow a face, and most cameras that see nobody go on seeing nobody.
SEARCH_EMPTY_S = 0.15
# A search near a tracked face skips those smaller than this share of it.
SMALLEST_SHARE = 0.8
# Minimum intersection over union of two boxes of the same face.
SAME_FACE_OVERLAP = 0.3
# Hysteresis: another face replaces the tracked one only when its area is larger by this factor; two
# of nearly the same size would alternate.
CLEARLY_LARGER = 1.3


class FaceFollower:
    """A tracker of the largest face in one visitor's frames. Keeps its box, no pixels.

    Attributes
    ----------
    search_again_s : float, longest time between two full searches; may be changed at any time
    """

    def __init__(self) -> None:
        self.search_again_s = SEARCH_AGAIN_S
        self._last: Face | None = None
        self._searched = -math.inf

    def find(self, frame: NDArray[np.uint8], seconds: float, detector: FaceDetector) -> Face | None:
        """Return the face in the next frame, or None.

        Parameters
        ----------
        frame : uint8 RGB [shape=(height, width, 3)]
        seconds : float, time of the frame on any monotonic clock

        Raises
        ------
        BadFrame
            When the frame is not usable.
        """
        last = self._last
        if last is None and seconds - self._searched < SEARCH_EMPTY_S:
            return None
        face = None if last is None else detector.follow(frame, last)
        if face is None or seconds - self._searched >= self.search_again_s:
            face = self._search(frame, face, detector)
            self._searched = seconds
        self._last = face
        return face

    def _search(
        self, frame: NDArray[np.uint8], face: Face | None, detector: FaceDetector
    ) -> Face | None:
        """Return the face in a whole frame, which may be the one that was followed there."""
        near = face or self._last
        if near is not None:
            found = detector.detect(frame, SMALLEST_SHARE * min(near.box[2:]))
            if any(is_same(one, near) for one in found):
                return _choose(found, near)
        return _choose(detector.detect(frame), self._last)


def is_same(face: Face, last: Face) -> bool:
    """Return whether two boxes, shortly after one another, are of the same face."""
    return overlap(face.box, last.box) >= SAME_FACE_OVERLAP


def _choose(faces: list[Face], last: Face | None) -> Face | None:
    """Return the last face if it is still among the largest, else the largest."""
    if not faces:
        return None
    largest = max(faces, key=lambda face: face.area)
    if last is None:
        return largest
    nearest = max(faces, key=lambda face: overlap(face.box, last.box))
    stays = is_same(nearest, last) and largest.area < CLEARLY_LARGER * nearest.area
    return nearest if stays else largest
