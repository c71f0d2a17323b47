"""The head of the music model: from the embedding of a clip to what listeners say of it.

Kernel ridge regression with a Gaussian kernel (Saunders et al., ICML 1998). A few hundred clips are
too few for a net, and it does here what support vectors and a small net do (``music.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.kernel_ridge import KernelRidge

from detectors.music import PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

# In standard deviations: no strange sound lies infinitely far from all others.
FURTHEST = 4.0
# What varies less over all clips than this is a unit that none of them wakes: half of the pooled
# ones. Standardised, its rounding errors would count as much as what is heard.
SILENT = 1e-3
# Each part of the embedding counts alike, however wide it is; all together count one.
WEIGHTS = np.concatenate([np.full(width, (width * len(PARTS)) ** -0.5) for width in PARTS.values()])


@dataclass(frozen=True, slots=True)
class Kernel:
    """How wide the Gaussian is, and how much the fit is held back.

    gamma : in the kernel exp(−gamma × squared distance); two clips are about 2 apart, squared
    alpha : of ridge regression
    """

    gamma: float
    alpha: float


@dataclass(frozen=True, slots=True)
class Head:
    """A fitted regression, for NumPy in cross-validation and as TensorFlow's operations for export.

    awake : which numbers of an embedding count [shape=(k,)]
    mean, deviation : of each of these, in the embeddings it was fitted on [shape=(k,)]
    centres : those embeddings, scaled [shape=(n, k)]
    weights : of each of them in each output [shape=(n, outputs)]
    offset : what is said of a clip that is like no other [shape=(outputs,)]
    """

    gamma: float
    awake: NDArray[np.intp]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    centres: NDArray[np.float32]
    weights: NDArray[np.float32]
    offset: NDArray[np.float32]

    def predict(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the outputs [shape=(m, outputs)] of embeddings [shape=(m, width)]."""
        scaled = scale(embeddings, self.awake, self.mean, self.deviation)
        distances = squared_distances(scaled, self.centres)
        return np.exp(-self.gamma * distances) @ self.weights + self.offset

    def function(self, embeddings: Any) -> Any:  # noqa: ANN401 - a tensor of TensorFlow
        """Do what `predict` does, as TensorFlow's operations."""
        import tensorflow as tf

        standard = (tf.gather(embeddings, self.awake, axis=1) - self.mean) / self.deviation
        weights = WEIGHTS[self.awake].astype(np.float32)
        scaled = tf.clip_by_value(standard, -FURTHEST, FURTHEST) * weights
        products = tf.matmul(scaled, self.centres.T)
        lengths = tf.reduce_sum(scaled * scaled, axis=1, keepdims=True)
        distances = lengths + (self.centres**2).sum(axis=1) - 2 * products
        return tf.matmul(tf.exp(-self.gamma * distances), self.weights) + self.offset


def fit_head(embeddings: NDArray[np.float32], targets: NDArray[np.float64], kernel: Kernel) -> Head:
    """Fit a head.

    embeddings : as `detectors.music.embed` returns them [shape=(n, width)]
    targets : what is to be said of each [shape=(n, outputs)]
    """
    awake = np.flatnonzero(embeddings.std(axis=0) > SILENT)
    mean, deviation = embeddings[:, awake].mean(axis=0), embeddings[:, awake].std(axis=0)
    centres = scale(embeddings, awake, mean, deviation)
    offset = targets.mean(axis=0)
    ridge = KernelRidge(kernel="rbf", gamma=kernel.gamma, alpha=kernel.alpha)
    ridge.fit(centres.astype(np.float64), targets - offset)
    return Head(
        gamma=kernel.gamma,
        awake=awake,
        mean=mean,
        deviation=deviation,
        centres=centres,
        weights=ridge.dual_coef_.astype(np.float32),
        offset=offset.astype(np.float32),
    )


def scale(
    embeddings: NDArray[np.float32],
    awake: NDArray[np.intp],
    mean: NDArray[np.float32],
    deviation: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return what counts of embeddings, each part alike."""
    standard = np.clip((embeddings[:, awake] - mean) / deviation, -FURTHEST, FURTHEST)
    return np.asarray(standard * WEIGHTS[awake], np.float32)


def squared_distances(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squared distance of each pair of rows."""
    lengths = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)
    return np.asarray(lengths - 2 * left @ right.T, np.float32)
