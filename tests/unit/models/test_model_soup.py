"""The mean of the weights of two trainings, with batch statistics of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from models.emotion_data import AugmentedFaces

BATCH = 4
# TensorFlow's variables do not know a keyword of NumPy 2 yet: none of our doing.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def net() -> keras.Model:
    """A convolution and what normalises it."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((48, 48)),
            layers.Reshape((48, 48, 1)),
            layers.Conv2D(2, 3, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
        ]
    )


def batches(count: int) -> AugmentedFaces:
    from models.emotion_data import AugmentedFaces, Targets

    faces = np.random.default_rng(1).integers(0, 256, (count * BATCH, 48, 48), dtype=np.uint8)
    one = np.ones((len(faces), 1), np.float32)
    return AugmentedFaces(faces, Targets(one, one), BATCH, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("batches_given", [1, 3, None], ids=["one", "three", "more than counted"])
def test_kernels_are_the_mean_and_statistics_those_of_the_mean(
    tmp_path: Path, batches_given: int | None
) -> None:
    from models.train_emotions import STATISTICS_BATCHES, average_weights

    count = batches_given or STATISTICS_BATCHES + 1
    paths = [tmp_path / f"{name}.weights.h5" for name in ("a", "b")]
    trained = [net(), net()]
    for one, path in zip(trained, paths, strict=True):
        one.save_weights(path)
    soup, seen = net(), batches(count)
    average_weights(soup, paths, seen)
    kernel = (trained[0].layers[1].get_weights()[0] + trained[1].layers[1].get_weights()[0]) / 2
    np.testing.assert_allclose(soup.layers[1].get_weights()[0], kernel, rtol=1e-6)
    filtered = [
        np.asarray(soup.layers[1](soup.layers[0](seen[index][0])))
        for index in range(min(count, STATISTICS_BATCHES))
    ]
    _, _, mean, variance = soup.layers[2].get_weights()
    each = [(values.mean((0, 1, 2)), values.var((0, 1, 2))) for values in filtered]
    np.testing.assert_allclose(mean, np.mean([one for one, _ in each], axis=0), rtol=1e-3)
    np.testing.assert_allclose(variance, np.mean([one for _, one in each], axis=0), rtol=1e-3)
    assert soup.layers[2].momentum == 0.9
