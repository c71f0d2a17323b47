"""How the answers of CNN and DCNN are joined and calibrated: two numbers a head, fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from keras import KerasTensor
    from numpy.typing import NDArray

Logits = TypeVar("Logits", "NDArray[np.float32]", "KerasTensor")

# What the fit tries: shares of the DCNN, and temperatures on a geometric scale.
SHARES = np.linspace(0, 1, 21)
TEMPERATURES = np.geomspace(0.4, 3, 60)
FOLDS = 5
FOLD_SEED = 5


@dataclass(frozen=True, slots=True)
class Blend:
    """How one head of the CNN and the DCNN is joined.

    dcnn_share : weight of the DCNN in the mean of both logits, 0..1
    temperature : what the mean is divided by, > 0
    """

    dcnn_share: float = 0.5
    temperature: float = 1.0

    def join(self, cnn: Logits, dcnn: Logits) -> Logits:
        """Return the logits of the fusion."""
        return ((1 - self.dcnn_share) * cnn + self.dcnn_share * dcnn) / self.temperature


def negative_log_likelihood(
    logits: NDArray[np.float32], truth: NDArray[np.integer], temperature: float
) -> float:
    """Return the mean −log p of the true classes under softmax(logits / temperature)."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    log_p = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(truth)), truth].mean())


def best_temperature(
    logits: NDArray[np.float32], truth: NDArray[np.integer]
) -> tuple[float, float]:
    """Return the temperature of the smallest loss, and that loss.

    Temperature scaling: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    losses = [negative_log_likelihood(logits, truth, t) for t in TEMPERATURES]
    best = int(np.argmin(losses))
    return float(TEMPERATURES[best]), losses[best]


def fit_blend(
    cnn: NDArray[np.float32], dcnn: NDArray[np.float32], truth: NDArray[np.integer]
) -> Blend:
    """Return the blend of the smallest loss for one head's logits [shape=(n, classes)]."""
    tried = []
    for share in SHARES:
        temperature, loss = best_temperature(Blend(float(share)).join(cnn, dcnn), truth)
        tried.append((loss, Blend(float(share), temperature)))
    return min(tried, key=lambda one: one[0])[1]


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the probabilities of each row."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


def logits_of(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return logits that give these probabilities; a zero counts as the least float32."""
    return np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))


def cross_fitted(
    cnn: NDArray[np.float32], dcnn: NDArray[np.float32], truth: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return probabilities in which no face was judged by a blend that was fitted on it."""
    fold = np.random.default_rng(FOLD_SEED).permutation(len(truth)) % FOLDS
    found = np.empty(cnn.shape, np.float32)
    for one in range(FOLDS):
        rest, here = fold != one, fold == one
        blend = fit_blend(cnn[rest], dcnn[rest], truth[rest])
        found[here] = softmax(blend.join(cnn[here], dcnn[here]))
    return found
