"""The `musicnn` tagger, rebuilt in Keras with the original weights.

Pons and Serra, *musicnn: pre-trained convolutional neural networks for music audio tagging*, ISMIR
2019 late-breaking demo. The original (PyPI `musicnn` 0.1.0, ISC licence) holds its weights as
checkpoints of TensorFlow 1 and needs a NumPy of 2019; here they are read without importing it.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
from keras import KerasTensor, layers
from numpy.typing import NDArray

from detectors.hearing.spectrogram import MEL_BANDS, PATCH_FRAMES

# The published architecture: the front end's filters by shape, and the widths of later layers.
TIMBRAL_FILTERS, TIMBRAL_FRAMES, TIMBRAL_SHARES = 204, 7, (0.4, 0.7)
TEMPORAL_FILTERS, TEMPORAL_FRAMES = 51, (128, 64, 32)
MIDDLE_FILTERS, MIDDLE_FRAMES = 64, 7
DENSE_UNITS = 200
TAGS = 50
# TensorFlow 1's default.
EPSILON = 1e-3
# The weights trained on the Million Song Dataset and on MagnaTagATune.
CHECKPOINTS = ("MSD_musicnn", "MTT_musicnn")


def build_tagger() -> keras.Model:
    """Build the net, with the layers named as in the original.

    Input: log-mel spectrogram [shape=(n, PATCH_FRAMES, MEL_BANDS)]. Outputs: ``pooled`` (1,506: the
    largest and the mean activation over time of all layers, normalised), ``penultimate`` (200) and
    ``tags`` (50 logits).
    """
    names = _Names()
    spectrogram = keras.Input((PATCH_FRAMES, MEL_BANDS), name="spectrogram")
    image = names.normalised(layers.Reshape((PATCH_FRAMES, MEL_BANDS, 1))(spectrogram))
    padded = layers.ZeroPadding2D((TIMBRAL_FRAMES // 2, 0))(image)
    front = [
        _strongest(names, padded, TIMBRAL_FILTERS, (TIMBRAL_FRAMES, int(share * MEL_BANDS)))
        for share in TIMBRAL_SHARES
    ]
    front += [
        _strongest(names, image, TEMPORAL_FILTERS, (frames, 1), padding="same")
        for frames in TEMPORAL_FRAMES
    ]
    seen = [layers.Concatenate()(front)]
    for _ in range(3):
        before = seen[-1]
        x = layers.ZeroPadding1D(MIDDLE_FRAMES // 2)(before)
        x = layers.Conv1D(MIDDLE_FILTERS, MIDDLE_FRAMES, activation="relu", name=names.next())(x)
        x = names.normalised(x)
        seen.append(x if len(seen) == 1 else layers.Add()([x, before]))
    features = layers.Concatenate()(seen)
    largest = layers.GlobalMaxPooling1D()(features)
    mean = layers.GlobalAveragePooling1D()(features)
    # The original flattens [feature, (largest, mean)].
    pairs = layers.Concatenate()([layers.Reshape((-1, 1))(one) for one in (largest, mean)])
    pooled = names.normalised(layers.Flatten()(pairs))
    penultimate = layers.Dense(DENSE_UNITS, activation="relu", name="dense")(pooled)
    penultimate = names.normalised(penultimate)
    tags = layers.Dense(TAGS, name="dense_1")(penultimate)
    return keras.Model(
        spectrogram, {"pooled": pooled, "penultimate": penultimate, "tags": tags}, name="musicnn"
    )


def read_weights(model: keras.Model, checkpoint: Path) -> None:
    """Load the weights of a checkpoint folder of the wheel, one of `CHECKPOINTS`."""
    from tensorflow.python.training.py_checkpoint_reader import NewCheckpointReader

    reader = NewCheckpointReader(f"{checkpoint}/")
    for layer in model.layers:
        for variable in layer.variables:
            values: NDArray[np.float32] = reader.get_tensor(f"{layer.name}/{variable.name}")
            # The middle convolutions are one-dimensional here, two-dimensional in the original.
            variable.assign(values.reshape(variable.shape))


def checkpoints() -> Path:
    """Return the folder of the installed `musicnn` package, without importing it."""
    spec = find_spec("musicnn")
    if spec is None or spec.origin is None:
        raise SystemExit("the package musicnn is missing: `make setup` installs it")
    return Path(spec.origin).parent


def load_taggers(folder: Path) -> list[keras.Model]:
    """Build the nets of `CHECKPOINTS`, with the weights in the package's folder."""
    nets = [build_tagger() for _ in CHECKPOINTS]
    for net, name in zip(nets, CHECKPOINTS, strict=True):
        read_weights(net, folder / name)
    return nets


def tagger_function(
    nets: Sequence[keras.Model],
) -> Callable[[KerasTensor], tuple[KerasTensor, ...]]:
    """Return a function from spectrograms to each net's inputs for the head, in order."""

    def hear(spectrograms: KerasTensor) -> tuple[KerasTensor, ...]:
        outputs = [net(spectrograms, training=False) for net in nets]
        return tuple(one[name] for one in outputs for name in ("pooled", "penultimate"))

    return hear


class _Names:
    """Names of layers as TensorFlow 1 numbered them, in the order of creation."""

    def __init__(self) -> None:
        self._convolutions = self._normalisations = 0

    def next(self) -> str:
        """Return the next convolution's name."""
        self._convolutions += 1
        return "conv2d" if self._convolutions == 1 else f"conv2d_{self._convolutions - 1}"

    def normalised(self, x: KerasTensor) -> KerasTensor:
        """Apply a batch normalisation with the next name."""
        count, self._normalisations = self._normalisations, self._normalisations + 1
        name = "batch_normalization" if count == 0 else f"batch_normalization_{count}"
        return layers.BatchNormalization(epsilon=EPSILON, name=name)(x)


def _strongest(
    names: _Names,
    image: KerasTensor,
    filters: int,
    kernel: tuple[int, int],
    *,
    padding: str = "valid",
) -> KerasTensor:
    """Return each filter's maximum over all frequencies, at each time."""
    x = layers.Conv2D(filters, kernel, padding=padding, activation="relu", name=names.next())(image)
    x = names.normalised(x)
    x = layers.MaxPooling2D((1, x.shape[2]))(x)
    return layers.Reshape((x.shape[1], filters))(x)
