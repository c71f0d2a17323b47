"""The head of the music model: from the embedding of a clip to the ratings of listeners.

Kernel ridge regression with a Gaussian kernel (Saunders et al., ICML 1998). A few hundred clips are
few for a net; support vectors and a small net are no better here (``music.md``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import rbf_kernel

from detectors.hearing.music import PARTS

# Clipping of the features, in standard deviations, to bound the distance of an unusual sound.
FURTHEST = 4.0
# Standard deviation up to which a unit is inactive on all clips, as half of the pooled units are.
# Standardised, its rounding errors would count as much as the signal.
SILENT = 1e-3
# Each part of the embedding weighs the same, whatever its width; the squares sum to 1.
WEIGHTS = np.concatenate([np.full(width, (width * len(PARTS)) ** -0.5) for width in PARTS.values()])


@dataclass(frozen=True, slots=True)
class Kernel:
    """Width of the Gaussian, and regularisation of the fit.

    Attributes
    ----------
    gamma : float, in exp(−gamma × squared distance); that of two clips is about 2
    alpha : float, penalty of the ridge regression
    """

    gamma: float
    alpha: float


@dataclass(frozen=True, slots=True)
class Head:
    """A fitted regression, in NumPy for cross-validation and in TensorFlow for export.

    Attributes
    ----------
    gamma : float, of the kernel
    awake : indices of the active units of an embedding [shape=(k,)]
    mean, deviation : of these units in the training embeddings [shape=(k,)]
    centres : the scaled training embeddings [shape=(n, k)]
    weights : of each centre in each output [shape=(n, outputs)]
    offset : outputs for a clip far from all centres [shape=(outputs,)]
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
        return rbf_kernel(scaled, self.centres, self.gamma) @ self.weights + self.offset

    def function(self, embeddings: Any) -> Any:  # noqa: ANN401 - a tensor of TensorFlow
        """Compute `predict` in TensorFlow."""
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

    Parameters
    ----------
    embeddings : float32, from `detectors.hearing.music.embed` [shape=(n, width)]
    targets : float64 [shape=(n, outputs)]
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
    """Return the active units of embeddings, standardised and weighted [shape=(n, k)]."""
    standard = np.clip((embeddings[:, awake] - mean) / deviation, -FURTHEST, FURTHEST)
    return np.asarray(standard * WEIGHTS[awake], np.float32)
