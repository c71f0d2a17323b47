"""The blend of CNN and DCNN to calibrated probabilities."""

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
    """The blend of one head of the CNN and the DCNN; `models.calibration` fits it.

    Attributes
    ----------
    dcnn_share : float, 0..1, weight of the DCNN in the mean of both logits
    temperature : float, > 0, divides the mean
    offsets : tuple of float, added afterwards, one per class (a single value has no effect)
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
    """Return logits of these probabilities; a zero counts as the smallest float32."""
    return np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
