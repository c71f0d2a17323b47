"""Metrics of an expression classifier: pure functions of predictions and true labels."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from detectors.types import EMOTIONS, FERPLUS_LABELS

CALIBRATION_BINS = 15
BOOTSTRAP_SAMPLES = 2000
BOOTSTRAP_SEED = 2013
# The central 95 % of the samples.
INTERVAL_PERCENT = (2.5, 97.5)


def majority(votes: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the FER+ majority: arg-max over the eight expressions, the first on a tie."""
    return votes[:, : len(FERPLUS_LABELS)].argmax(axis=1)


def agreement(votes: NDArray[np.uint8]) -> dict[str, NDArray[np.bool_]]:
    """Return masks of the faces on which all voters agree, more than half, or fewer.

    All ten columns of votes count, "unknown" and "no face" included.
    """
    top = votes[:, : len(FERPLUS_LABELS)].max(axis=1).astype(int)
    cast = votes.sum(axis=1, dtype=int)
    unanimous, clear = (top == cast) & (cast > 0), 2 * top > cast
    return {"unanimous": unanimous, "majority": clear & ~unanimous, "split": ~clear}


def recalls(
    predicted: NDArray[np.intp], truth: NDArray[np.integer], names: tuple[str, ...] = EMOTIONS
) -> dict[str, float | None]:
    """Return the recall of each class; None for a class that does not occur."""
    return {
        name: float((predicted[truth == index] == index).mean()) if (truth == index).any() else None
        for index, name in enumerate(names)
    }


def macro_f1(predicted: NDArray[np.intp], truth: NDArray[np.integer]) -> float:
    """Return the mean F1 over the classes that occur among the true labels.

    scikit-learn's takes a hundred times as long, and the bootstrap calls it thousands of times.
    """
    classes = int(max(predicted.max(), truth.max())) + 1
    hits, were, said = (
        np.bincount(labels, minlength=classes)
        for labels in (truth[predicted == truth], truth, predicted)
    )
    return float((2 * hits[were > 0] / (were + said)[were > 0]).mean())


def expected_calibration_error(
    probabilities: NDArray[np.float32], truth: NDArray[np.intp], bins: int = CALIBRATION_BINS
) -> float:
    """Return the mean gap between top probability and accuracy over equal-width bins.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.
    """
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (index == b).mean() * abs(correct[index == b].mean() - confidence[index == b].mean())
        for b in np.unique(index)
    ]
    return float(np.sum(gaps))


def accuracy_at(
    coverage: float, probabilities: NDArray[np.float32], truth: NDArray[np.integer]
) -> float:
    """Return the accuracy on the surest share of faces (0..1, at least one face).

    El-Yaniv & Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010.
    """
    kept = max(1, round(coverage * len(truth)))
    surest = np.argsort(-probabilities.max(axis=1), kind="stable")[:kept]
    return float((probabilities[surest].argmax(axis=1) == truth[surest]).mean())


def bootstrap_interval(
    figure: Callable[[NDArray[np.intp]], float], count: int, samples: int = BOOTSTRAP_SAMPLES
) -> list[float]:
    """Return the 95 % interval [low, high] of a figure over resampled faces (Efron 1979).

    Parameters
    ----------
    figure : function of the rows of a sample, drawn with replacement from ``count`` faces
    """
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    values = [figure(rng.integers(0, count, count)) for _ in range(samples)]
    return [float(end) for end in np.percentile(values, INTERVAL_PERCENT)]
