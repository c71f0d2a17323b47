"""The head: kernel ridge regression as scikit-learn does it, and the same in TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.preprocessing import StandardScaler

from detectors.hearing.music import PARTS
from models.music_head import (
    FURTHEST,
    SILENT,
    WEIGHTS,
    Head,
    Kernel,
    fit_head,
    scale,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH = sum(PARTS.values())
COUNT, OUTPUTS = 60, 6
KERNEL = Kernel(gamma=0.3, alpha=0.2)


def embeddings(count: int, seed: int) -> NDArray[np.float32]:
    """Return embeddings of which each number has its own place and width."""
    random = np.random.default_rng(seed)
    places, widths = (np.linspace(-5, 5, WIDTH), np.geomspace(0.01, 100, WIDTH))
    return (places + widths * random.normal(size=(count, WIDTH))).astype(np.float32)


@pytest.fixture(scope="module")
def known() -> NDArray[np.float32]:
    return embeddings(COUNT, 0)


@pytest.fixture(scope="module")
def targets() -> NDArray[np.float64]:
    return np.random.default_rng(1).uniform(1, 9, (COUNT, OUTPUTS))


@pytest.fixture(scope="module")
def head(known: NDArray[np.float32], targets: NDArray[np.float64]) -> Head:
    return fit_head(known, targets, KERNEL)


@pytest.fixture(scope="module")
def others(known: NDArray[np.float32]) -> NDArray[np.float32]:
    """Embeddings near to known ones, so that the kernel says something, and strange ones."""
    near = known[:20] + 0.5 * (embeddings(20, 2) - known[:20])
    far = known.mean(axis=0) + 10 * (known[:5] - known.mean(axis=0))
    return np.concatenate([near, far]).astype(np.float32)


def test_each_part_counts_alike() -> None:
    assert WEIGHTS.shape == (WIDTH,)
    assert (WEIGHTS**2).sum() == pytest.approx(1)
    start = 0
    for width in PARTS.values():
        assert (WEIGHTS[start : start + width] ** 2).sum() == pytest.approx(1 / len(PARTS))
        start += width


def test_a_prediction_is_that_of_scikit_learns_pipeline(
    head: Head,
    known: NDArray[np.float32],
    targets: NDArray[np.float64],
    others: NDArray[np.float32],
) -> None:
    scaler = StandardScaler().fit(known.astype(np.float64))
    weights = np.repeat([(width * 5) ** -0.5 for width in PARTS.values()], list(PARTS.values()))

    def scaled(values: NDArray[np.float32]) -> NDArray[np.float64]:
        standard = scaler.transform(values.astype(np.float64))
        return np.asarray(np.clip(standard, -4, 4) * weights)

    ridge = KernelRidge(kernel="rbf", gamma=0.3, alpha=0.2)
    ridge.fit(scaled(known), targets - targets.mean(axis=0))
    for values in (known, others):
        expected = ridge.predict(scaled(values)) + targets.mean(axis=0)
        np.testing.assert_allclose(head.predict(values), expected, atol=2e-3)
    # What is compared is no constant.
    assert head.predict(known).std(axis=0).min() > 0.5
    assert head.predict(others).std(axis=0).min() > 0.1


def test_what_it_was_fitted_on_it_knows(
    head: Head, known: NDArray[np.float32], targets: NDArray[np.float64]
) -> None:
    found = head.predict(known)
    for column in range(OUTPUTS):
        assert np.corrcoef(found[:, column], targets[:, column])[0, 1] > 0.95


@pytest.mark.slow
def test_tensorflow_says_the_same(
    head: Head, known: NDArray[np.float32], others: NDArray[np.float32]
) -> None:
    for values in (known, others):
        said = head.function(values).numpy()
        assert said.shape == (len(values), OUTPUTS)
        np.testing.assert_allclose(said, head.predict(values), atol=1e-4)


@pytest.mark.parametrize("away", [1000, -1000, 1e9])
def test_a_strange_embedding_gives_finite_numbers(head: Head, away: float) -> None:
    strange = (head.mean + np.float32(away) * head.deviation)[None]
    for found in (head.predict(strange), head.function(strange).numpy()):
        assert np.isfinite(found).all()
        # Like no other: what is said of it is the mean, or near to it.
        assert np.abs(found - head.offset).max() < 1


def test_nothing_is_further_than_four_deviations(head: Head) -> None:
    far = scale((head.mean + 1000 * head.deviation)[None], head.awake, head.mean, head.deviation)
    np.testing.assert_allclose(far[0], FURTHEST * WEIGHTS, rtol=1e-5)
    near = scale((head.mean - 2 * head.deviation)[None], head.awake, head.mean, head.deviation)
    np.testing.assert_allclose(near[0], -2 * WEIGHTS, rtol=1e-2)


def test_a_unit_that_no_clip_wakes_does_not_count(
    known: NDArray[np.float32], targets: NDArray[np.float64]
) -> None:
    still = known.copy()
    still[:, :1506] = 3 + SILENT / 10 * np.random.default_rng(3).normal(size=(COUNT, 1506))
    head = fit_head(still, targets, KERNEL)
    assert head.awake.tolist() == list(range(1506, WIDTH))
    moved = still.copy()
    moved[:, :1506] += 100
    np.testing.assert_array_equal(head.predict(moved), head.predict(still))


def test_a_number_that_never_varies_does_no_harm(targets: NDArray[np.float64]) -> None:
    same = embeddings(COUNT, 0)
    same[:, :1506] = 0
    head = fit_head(same, targets, KERNEL)
    found = head.predict(same)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(head.function(same).numpy(), found, atol=1e-4)


def test_a_wider_kernel_and_more_ridge_say_less(
    known: NDArray[np.float32], targets: NDArray[np.float64]
) -> None:
    def spread(kernel: Kernel) -> float:
        return float(fit_head(known, targets, kernel).predict(known).std())

    assert spread(Kernel(0.3, 0.2)) > spread(Kernel(0.3, 20)) + 0.5
    assert spread(Kernel(0.3, 0.2)) > spread(Kernel(0.001, 0.2)) + 0.5
