"""Parts of a training: means of weights, learning rates by stage, views shown to a teacher."""

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


@pytest.mark.slow
def test_lower_stages_learn_more_slowly() -> None:
    import keras

    from models.emotion_nets import build_mobilenet, stages_below_heads
    from models.train_emotions import LayerwiseAdamW

    made = build_mobilenet(48)
    below = stages_below_heads(made)
    by_layer = {
        layer.name: {below.get(one.path) for one in layer.trainable_variables}
        for layer in made.layers
    }
    kernels = [layer for layer in made.layers if getattr(layer, "strides", None)]
    stages = [next(iter(by_layer[layer.name])) for layer in kernels]
    assert stages == sorted(stages, reverse=True)
    # Five halvings: what runs before each belongs to the stage below.
    assert (stages[0], stages[-1]) == (5, 1)
    assert by_layer["fer"] == by_layer["plus"] == {None}

    optimizer = LayerwiseAdamW(made, 0.5, learning_rate=0.01, weight_decay=0.0)
    before = [np.array(one) for one in made.trainable_variables]
    optimizer.apply(
        [keras.ops.ones_like(one) for one in made.trainable_variables], made.trainable_variables
    )
    for variable, old in zip(made.trainable_variables, before, strict=True):
        moved = np.abs(np.array(variable) - old).max()
        assert moved == pytest.approx(0.01 * 0.5 ** below.get(variable.path, 0), rel=0.02)


class Told:
    """A net whose logits are a face's pixel at the middle, and at its right neighbour."""

    def predict(self, faces: np.ndarray, *_: object, verbose: int) -> dict[str, np.ndarray]:
        assert verbose == 0
        return {"fer": faces[:, 24, 24:26], "plus": faces[:, 24, 25:23:-1]}


@pytest.mark.slow
def test_a_teacher_is_asked_about_mirrored_and_shifted_faces() -> None:
    from scipy.special import softmax

    from models.train_emotions import SHIFT_PIXELS as MOVED
    from models.train_emotions import probabilities_of

    faces = np.random.default_rng(2).integers(0, 4, (3, 48, 48), dtype=np.uint8)
    plain = probabilities_of(Told(), faces, shifted=False)  # type: ignore[arg-type]
    mirrored = faces[:, :, ::-1].astype(float)
    expected = np.mean([softmax(x[:, 24, 24:26].astype(float), 1) for x in (faces, mirrored)], 0)
    np.testing.assert_allclose(plain.fer, expected, atol=1e-6)
    np.testing.assert_allclose(plain.plus, expected[:, ::-1], atol=1e-6)

    places = [(24, 24), (24 - MOVED, 24), (24 + MOVED, 24), (24, 24 - MOVED), (24, 24 + MOVED)]
    views = [
        softmax(side[:, row, column : column + 2].astype(float), 1)
        for row, column in places
        for side in (faces, mirrored)
    ]
    shifted = probabilities_of(Told(), faces, shifted=True)  # type: ignore[arg-type]
    np.testing.assert_allclose(shifted.fer, np.mean(views, 0), atol=1e-6)
