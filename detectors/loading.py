"""Load the analyser of the app and the command from the models that come with the project."""

from detectors.emotions import EmotionFusion
from detectors.faces import MtcnnDetector
from detectors.pipeline import Analyser
from detectors.weights import DETECTOR, SHIPPED

# Faces read at once: each pair of nets takes 15 MB, and a core while it works.
PAIRS = 2


def load_analyser() -> Analyser:
    """Return an analyser.

    Raises
    ------
    WeightsMismatch
        When a model file cannot be used.
    """
    pairs = [(MtcnnDetector(DETECTOR), EmotionFusion(SHIPPED)) for _ in range(PAIRS)]
    return Analyser(*pairs)
