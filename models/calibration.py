"""How CNN and DCNN are joined to calibrated probabilities, and how that is fitted.

The labels are those of faces that neither net was trained on. Bias-corrected temperature scaling:
Alexandari, Kundaje & Shrikumar, "Maximum Likelihood with Bias-Corrected Calibration is
Hard-To-Beat at Label Shift Adaptation", ICML 2020. The FER+ heads need it: they learnt which share
of ten voters sees what, and are asked for what most of them see.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

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
        # Arrays or tensors: NumPy's types tell of the former only.
        joined: Any = mean / self.temperature + np.asarray(self.offsets, np.float32)
        return joined


def logits_of(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return logits of these probabilities; a zero counts as the smallest float32."""
    return np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))


# Search range: shares of the DCNN, and bounds of the temperature.
SHARES = np.linspace(0, 1, 21)
TEMPERATURES = (0.3, 4.0)
# Ridge penalty of the offsets, so that a class with a handful of faces does not diverge.
RIDGE = 1e-3
FOLDS = 5
FOLD_SEED = 5


def negative_log_likelihood(log_p: NDArray[np.floating], truth: NDArray[np.integer]) -> float:
    """Return the mean −log p of the true classes, of log-probabilities [shape=(n, classes)]."""
    return float(-log_p[np.arange(len(truth)), truth].mean())


def calibrated(
    logits: NDArray[np.floating], truth: NDArray[np.integer]
) -> tuple[float, NDArray[np.float64], float]:
    """Return the temperature and the offsets of minimum loss, and the loss.

    The loss is jointly convex in the temperature's inverse and the offsets.
    """
    count, classes = logits.shape
    one_hot = np.eye(classes)[truth]
    wide = logits.astype(np.float64)

    def loss_and_gradient(
        inverse_and_offsets: NDArray[np.float64],
    ) -> tuple[float, NDArray[np.float64]]:
        inverse, offsets = inverse_and_offsets[0], inverse_and_offsets[1:]
        log_p = log_softmax(inverse * wide + offsets, axis=1)
        error = (np.exp(log_p) - one_hot) / count
        return (
            negative_log_likelihood(log_p, truth) + RIDGE * (offsets**2).sum(),
            np.concatenate(([(error * wide).sum()], error.sum(axis=0) + 2 * RIDGE * offsets)),
        )

    low, high = TEMPERATURES
    found = minimize(
        loss_and_gradient,
        np.concatenate(([1.0], np.zeros(classes))),
        jac=True,
        method="L-BFGS-B",
        bounds=[(1 / high, 1 / low), *[(None, None)] * classes],
    )
    return float(1 / found.x[0]), found.x[1:], float(found.fun)


def fit_blend(
    cnn: NDArray[np.float32], dcnn: NDArray[np.float32], truth: NDArray[np.integer]
) -> Blend:
    """Return the blend of minimum loss for a head's logits [shape=(n, classes)]."""
    tried = []
    for share in SHARES:
        blend = Blend(float(share))
        temperature, offsets, loss = calibrated(blend.join(cnn, dcnn), truth)
        fitted = replace(blend, temperature=temperature, offsets=tuple(offsets.tolist()))
        tried.append((loss, fitted))
    return min(tried, key=lambda one: one[0])[1]


def cross_fitted(
    cnn: NDArray[np.float32], dcnn: NDArray[np.float32], truth: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return cross-validated probabilities: no blend is applied to faces it was fitted on."""
    fold = np.random.default_rng(FOLD_SEED).permutation(len(truth)) % FOLDS
    found = np.empty(cnn.shape, np.float32)
    for one in range(FOLDS):
        rest, here = fold != one, fold == one
        blend = fit_blend(cnn[rest], dcnn[rest], truth[rest])
        found[here] = softmax(blend.join(cnn[here], dcnn[here]), axis=1)
    return found
