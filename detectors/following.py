"""One visitor's face, followed from frame to frame.

The detector's later nets look where the face was. That costs little, and the face's box is that of
the frame all the same. From time to time the frame is searched for it and for larger ones; smaller
ones are looked for only when it is not there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from detectors.faces import overlap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from detectors.types import Face, FaceDetector

# The frame is searched at least so often: a larger face that came, or that what is followed is no
# face, is noticed within this.
SEARCH_AGAIN_S = 0.4
# Such a search leaves out what is smaller than this share of the face, which it must find again.
SMALLEST_SHARE = 0.7
# A box that overlaps the last one by less (intersection over union) is another face.
SAME_FACE_OVERLAP = 0.3
# The face that was followed stays the one unless another is larger by this: two of nearly the same
# size would take turns.
CLEARLY_LARGER = 1.3


class FaceFollower:
    """Follows the largest face of one visitor's frames. Keeps its box, no pixels.

    search_again_s : the frame is searched at least so often; may be changed at any time
    """

    def __init__(self) -> None:
        self.search_again_s = SEARCH_AGAIN_S
        self._last: Face | None = None
        self._searched = -math.inf

    def find(self, frame: NDArray[np.uint8], seconds: float, detector: FaceDetector) -> Face | None:
        """Return the face in the next frame, or None.

        frame : uint8 RGB [shape=(height, width, 3)]
        seconds : time of the frame on any clock that only goes forward

        Raises
        ------
        BadFrame
            When the frame is not usable.
        """
        last = self._last
        face = None if last is None else detector.follow(frame, last)
        if face is not None and seconds - self._searched >= self.search_again_s:
            found = detector.detect(frame, SMALLEST_SHARE * min(face.box[2:]))
            self._searched = seconds
            face = _choose(found, face) if any(_same(one, face) for one in found) else None
        if face is None:
            face = _choose(detector.detect(frame), last)
            self._searched = seconds
        self._last = face
        return face


def _same(face: Face, last: Face) -> bool:
    return overlap(face.box, last.box) >= SAME_FACE_OVERLAP


def _choose(faces: list[Face], last: Face | None) -> Face | None:
    """Return the last face if it is still among the largest, else the largest."""
    if not faces:
        return None
    largest = max(faces, key=lambda face: face.area)
    if last is None:
        return largest
    nearest = max(faces, key=lambda face: overlap(face.box, last.box))
    stays = _same(nearest, last) and largest.area < CLEARLY_LARGER * nearest.area
    return nearest if stays else largest
