"""How the answers of CNN and DCNN are joined to calibrated probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from keras import KerasTensor
    from numpy.typing import NDArray

Logits = TypeVar("Logits", "NDArray[np.float32]", "KerasTensor")


@dataclass(frozen=True, slots=True)
class Blend:
    """How one head of the CNN and the DCNN is joined; `models.calibration` fits it.

    dcnn_share : weight of the DCNN in the mean of both logits, 0..1
    temperature : what the mean is divided by, > 0
    offsets : what is added then, one for each class; or one for all, which changes nothing
    """

    dcnn_share: float = 0.5
    temperature: float = 1.0
    offsets: tuple[float, ...] = (0.0,)

    def join(self, cnn: Logits, dcnn: Logits) -> Logits:
        """Return the logits of the fusion [shape=(n, classes)]."""
        mean = (1 - self.dcnn_share) * cnn + self.dcnn_share * dcnn
        joined = mean / self.temperature + np.asarray(self.offsets, np.float32)
        return joined.astype(mean.dtype, copy=False)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the probabilities of each row."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


def logits_of(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return logits that give these probabilities; a zero counts as the least float32."""
    return np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
