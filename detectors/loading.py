"""Load the analyser of the app and the command: the shipped models, the converted detector."""

from pathlib import Path

from detectors.conversion import converted_detector
from detectors.emotions import EmotionFusion
from detectors.faces import MtcnnDetector
from detectors.pipeline import Analyser
from detectors.weights import SHIPPED

# Faces read at once: each pair of nets takes 15 MB, and a core while it works.
PAIRS = 2


def load_analyser(data_dir: Path) -> Analyser:
    """Return an analyser, converting the detector into the data folder where needed.

    Raises
    ------
    WeightsMismatch
        When a model file cannot be used or the conversion fails.
    """
    manifest = converted_detector(data_dir)
    pairs = [(MtcnnDetector(manifest), EmotionFusion(SHIPPED)) for _ in range(PAIRS)]
    return Analyser(*pairs)
