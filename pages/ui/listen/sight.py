"""One camera's sight since its Start: the face it follows, or all faces, smoothed over time.

It holds no picture. `look` takes long and is called by one thread at a time; `keep` is quick, and
called under the lock of `frames.LiveReading`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.corrections import UNCORRECTED, Corrections
from detectors.errors import DetectorError
from detectors.following import FaceFollower
from detectors.group import GroupFollower
from detectors.pipeline import Analyser, SteadyReading
from detectors.types import EmotionScores
from pages.ui.listen.ring import shares_of
from pages.ui.listen.together import Together, together


@dataclass(frozen=True, slots=True)
class Look:
    """One picture as it was read.

    Attributes
    ----------
    scores : EmotionScores or None, of the largest face
    box : tuple of float or None, its place, as `ring.shares_of` has it
    together : Together or None, where all faces are read
    """

    scores: EmotionScores | None = None
    box: tuple[float, ...] | None = None
    together: Together | None = None


NOTHING = Look()


class Sight:
    """The readings of one camera's pictures, one after the other.

    Attributes
    ----------
    last : Look, of the last picture, with steady scores
    steady : SteadyReading, of the largest face

    Parameters
    ----------
    corrections : Corrections, the visitor's own
    """

    def __init__(self, corrections: Corrections = UNCORRECTED) -> None:
        self.steady = SteadyReading(corrections)
        self.last = NOTHING
        self._follower = FaceFollower()
        self._group = GroupFollower()

    def search_again_after(self, seconds: float) -> None:
        """Set the longest time between two searches of a whole picture."""
        self._follower.search_again_s = self._group.search_again_s = seconds

    def look(
        self,
        picture: Callable[[], NDArray[np.uint8]],
        seconds: float,
        analyser: Analyser,
        *,
        everybody: bool,
    ) -> Look:
        """Read a picture, in which nothing is found where it cannot be read.

        Parameters
        ----------
        picture : callable, returns RGB [height, width, 3] as the camera sees it, or raises
            DetectorError
        seconds : float, its time on any monotonic clock
        everybody : bool, whether all faces are read
        """
        try:
            # As in a mirror, in which the visitor sees it.
            pixels = np.asarray(cv2.flip(picture(), 1), np.uint8)
            height, width = pixels.shape[:2]
            if everybody:
                with analyser.turn() as pair:
                    people = self._group.read(pixels, seconds, *pair)
                return Look(together=together(people, width, height))
            reading = analyser.follow(pixels, seconds, self._follower)
        except DetectorError:
            return NOTHING
        face = reading.face
        return Look(reading.scores, None if face is None else shares_of(face.box, width, height))

    def keep(self, look: Look, seconds: float) -> None:
        """Take what was read as the newest."""
        self.last = Look(self.steady.add(seconds, look.scores), look.box, look.together)

    @property
    def feeling(self) -> str:
        """The feeling that is read now, "" while none is sure."""
        both = self.last.together
        return (both.shown().feeling if both else self.steady.name) or ""
