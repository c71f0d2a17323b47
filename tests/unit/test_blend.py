"""Joining and calibrating the answers of CNN and DCNN."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.blend import (
    TEMPERATURES,
    Blend,
    best_temperature,
    cross_fitted,
    fit_blend,
    logits_of,
    negative_log_likelihood,
    softmax,
)

CLASSES = 4


def drawn(count: int, sharpness: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and classes drawn from the probabilities that ``sharpness`` times them give."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, CLASSES)).astype(np.float32)
    shares = softmax(logits * sharpness).astype(float)
    truth = np.array([rng.choice(CLASSES, p=row / row.sum()) for row in shares])
    return logits, truth


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0])
def test_the_temperature_undoes_too_much_or_too_little_certainty(sharpness: float) -> None:
    logits, truth = drawn(4000, sharpness, seed=3)
    temperature, loss = best_temperature(logits, truth)
    assert temperature == pytest.approx(1 / sharpness, rel=0.1)
    # The temperatures that are tried lie 3 % apart.
    assert loss <= negative_log_likelihood(logits, truth, 1.0) + 1e-3
    assert min(TEMPERATURES) <= temperature <= max(TEMPERATURES)


def test_the_loss_in_a_case_worked_out_by_hand() -> None:
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]], np.float32))
    expected = -(np.log(0.25) + np.log(0.8)) / 2
    assert negative_log_likelihood(logits, np.array([1, 1]), 1.0) == pytest.approx(expected)


def test_the_net_that_knows_gets_the_greater_share() -> None:
    knows, truth = drawn(2000, 1.5, seed=5)
    guesses = np.random.default_rng(6).normal(0, 2, knows.shape).astype(np.float32)
    assert fit_blend(guesses, knows, truth).dcnn_share > 0.8
    assert fit_blend(knows, guesses, truth).dcnn_share < 0.2


def test_joined_logits_are_the_weighted_mean_by_the_temperature() -> None:
    cnn, dcnn = np.array([[1.0, 3.0]], np.float32), np.array([[5.0, 1.0]], np.float32)
    np.testing.assert_allclose(Blend(0.25, 2.0).join(cnn, dcnn), [[1.0, 1.25]])


@given(arrays.arrays(np.float32, (5, CLASSES), elements=st.floats(-50, 50, width=32)))
def test_softmax_gives_distributions_and_logits_give_them_back(logits: np.ndarray) -> None:
    shares = softmax(logits)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares >= 0).all()
    again = softmax(logits_of(shares))
    assert np.isfinite(logits_of(shares)).all()
    np.testing.assert_allclose(again, shares, atol=1e-5)


def test_cross_fitting_judges_each_face_once_and_is_near_the_fit_on_all() -> None:
    logits, truth = drawn(1500, 2.0, seed=8)
    other, _ = drawn(1500, 1.0, seed=9)
    found = cross_fitted(other, logits, truth)
    assert found.shape == logits.shape
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    whole = softmax(fit_blend(other, logits, truth).join(other, logits))
    assert (found.argmax(axis=1) == whole.argmax(axis=1)).mean() > 0.97
    assert (found == cross_fitted(other, logits, truth)).all()
