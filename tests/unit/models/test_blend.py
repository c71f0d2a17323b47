"""Joining the answers of CNN and DCNN."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.special import softmax

from models.calibration import Blend, logits_of

CLASSES = 4


def test_joined_logits_are_the_weighted_mean_by_the_temperature_with_the_offsets() -> None:
    cnn, dcnn = np.array([[1.0, 3.0]], np.float32), np.array([[5.0, 1.0]], np.float32)
    np.testing.assert_allclose(Blend(0.25, 2.0).join(cnn, dcnn), [[1.0, 1.25]])
    np.testing.assert_allclose(Blend(0.25, 2.0, (0.5, -1.0)).join(cnn, dcnn), [[1.5, 0.25]])


@given(arrays.arrays(np.float32, (5, CLASSES), elements=st.floats(-50, 50, width=32)))
def test_logits_give_their_distributions_back(logits: np.ndarray) -> None:
    shares = softmax(logits, axis=1)
    again = softmax(logits_of(shares), axis=1)
    assert np.isfinite(logits_of(shares)).all()
    np.testing.assert_allclose(again, shares, atol=1e-5)
