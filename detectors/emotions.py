"""The fusion of CNN and DCNN: a grey face in, seven emotions and contempt out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detectors.errors import BadFrame, WeightsMismatch
from detectors.types import EMOTIONS, FERPLUS_LABELS, EmotionScores
from detectors.weights import Network, read_manifest

FACE_SIZE = 48
# The outputs of the exported graph, in order.
OUTPUTS = ("fer", "plus", "cnn_fer", "cnn_plus", "dcnn_fer", "dcnn_plus")


@dataclass(frozen=True, slots=True)
class Probabilities:
    """Probabilities for n faces by the fusion, and by its CNN and its DCNN alone.

    Attributes
    ----------
    fer, cnn_fer, dcnn_fer : float32 [shape=(n, 7)], order of `EMOTIONS`, rows sum to 1
    plus, cnn_plus, dcnn_plus : float32 [shape=(n, 8)], order of `FERPLUS_LABELS`, rows sum to 1
    """

    fer: NDArray[np.float32]
    plus: NDArray[np.float32]
    cnn_fer: NDArray[np.float32]
    cnn_plus: NDArray[np.float32]
    dcnn_fer: NDArray[np.float32]
    dcnn_plus: NDArray[np.float32]

    def shown(self) -> list[EmotionScores]:
        """Return the scores that the app shows of each face: the mean of the fusion's heads."""
        return [
            EmotionScores.from_heads(
                dict(zip(EMOTIONS, fer, strict=True)), dict(zip(FERPLUS_LABELS, plus, strict=True))
            )
            for fer, plus in zip(self.fer.tolist(), self.plus.tolist(), strict=True)
        ]


class EmotionFusion:
    """The expression model. Not thread-safe.

    Raises
    ------
    WeightsMismatch
        When the model file is missing or altered, or the manifest states other labels or outputs.
    """

    def __init__(self, manifest: Path) -> None:
        try:
            model = read_manifest(manifest)["fusion"]
            labels = (model.facts["fer_labels"], model.facts["plus_labels"])
            outputs = tuple(model.facts["outputs"])
        except KeyError as error:
            raise WeightsMismatch("model-unlisted", name=f"{error}") from error
        if labels != (list(EMOTIONS), list(FERPLUS_LABELS)) or outputs != OUTPUTS:
            raise WeightsMismatch("expression-model-labels")
        self._network = Network(model)

    def probabilities(self, faces: NDArray[np.uint8]) -> Probabilities:
        """Return the probabilities for grey faces [shape=(n, 48, 48), uint8], n ≥ 1.

        Raises
        ------
        BadFrame
            When the array has another shape or type.
        """
        if (
            not isinstance(faces, np.ndarray)
            or faces.shape[1:] != (FACE_SIZE, FACE_SIZE)
            or faces.dtype != np.uint8
            or not len(faces)
        ):
            raise BadFrame("face-wrong-size", side=FACE_SIZE)
        return Probabilities(*self._network(faces.astype(np.float32)))

    def predict(self, face: NDArray[np.uint8]) -> EmotionScores:
        """Return the scores of a grey face [shape=(48, 48), uint8].

        Raises
        ------
        BadFrame
            When the array has another shape or type.
        """
        faces = face[None] if isinstance(face, np.ndarray) else face
        return self.probabilities(faces).shown()[0]
