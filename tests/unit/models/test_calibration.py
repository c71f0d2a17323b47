"""Fitting how CNN and DCNN are joined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from models.calibration import (
    TEMPERATURES,
    calibrated,
    cross_fitted,
    fit_blend,
    negative_log_likelihood,
)

CLASSES = 4


def drawn(
    count: int, sharpness: float, seed: int, offsets: tuple[float, ...] = (0.0,) * CLASSES
) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and classes drawn from the probabilities that ``sharpness`` times them give."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, CLASSES)).astype(np.float32)
    shares = softmax(logits * sharpness + np.array(offsets), axis=1).astype(float)
    truth = np.array([rng.choice(CLASSES, p=row / row.sum()) for row in shares])
    return logits, truth


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0])
def test_the_temperature_undoes_too_much_or_too_little_certainty(sharpness: float) -> None:
    logits, truth = drawn(4000, sharpness, seed=3)
    temperature, offsets, loss = calibrated(logits, truth)
    assert temperature == pytest.approx(1 / sharpness, rel=0.1)
    np.testing.assert_allclose(offsets, 0, atol=0.15)
    assert loss <= negative_log_likelihood(log_softmax(logits, axis=1), truth)


def test_the_offsets_undo_a_class_that_is_said_too_seldom() -> None:
    true_offsets = (0.8, -0.4, -0.2, -0.2)
    logits, truth = drawn(8000, 1.5, 4, true_offsets)
    temperature, offsets, loss = calibrated(logits, truth)
    assert temperature == pytest.approx(1 / 1.5, rel=0.1)
    np.testing.assert_allclose(offsets, true_offsets, atol=0.15)
    # No temperature alone comes as near.
    assert loss < negative_log_likelihood(log_softmax(1.5 * logits, axis=1), truth) - 0.02


def test_a_class_that_never_occurs_does_not_run_away() -> None:
    logits, _ = drawn(500, 1.0, seed=7)
    temperature, offsets, _ = calibrated(logits, np.zeros(500, dtype=np.intp))
    assert TEMPERATURES[0] <= temperature <= TEMPERATURES[1]
    assert np.isfinite(offsets).all()
    assert np.abs(offsets).max() < 20


def test_the_loss_in_a_case_worked_out_by_hand() -> None:
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]], np.float32))
    truth = np.array([1, 1])
    expected = -(np.log(0.25) + np.log(0.8)) / 2
    found = negative_log_likelihood(log_softmax(logits, axis=1), truth)
    assert found == pytest.approx(expected)
    # At twice the temperature, each probability becomes the square root's share.
    first = np.sqrt(0.25) / (np.sqrt(0.5) + 2 * np.sqrt(0.25))
    second = np.sqrt(0.8) / (np.sqrt(0.8) + 2 * np.sqrt(0.1))
    flat = negative_log_likelihood(log_softmax(logits / 2, axis=1), truth)
    assert flat == pytest.approx(-(np.log(first) + np.log(second)) / 2, rel=1e-6)


def test_the_net_that_knows_gets_the_greater_share() -> None:
    knows, truth = drawn(2000, 1.5, seed=5)
    guesses = np.random.default_rng(6).normal(0, 2, knows.shape).astype(np.float32)
    assert fit_blend(guesses, knows, truth).dcnn_share > 0.8
    assert fit_blend(knows, guesses, truth).dcnn_share < 0.2


def test_cross_fitting_judges_each_face_once_and_is_near_the_fit_on_all() -> None:
    logits, truth = drawn(1500, 2.0, seed=8)
    other, _ = drawn(1500, 1.0, seed=9)
    found = cross_fitted(other, logits, truth)
    assert found.shape == logits.shape
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    whole = softmax(fit_blend(other, logits, truth).join(other, logits), axis=1)
    assert (found.argmax(axis=1) == whole.argmax(axis=1)).mean() > 0.97
    assert (found == cross_fitted(other, logits, truth)).all()
