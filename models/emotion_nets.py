"""The two expression nets: a plain CNN (VGG-like) and a deeper residual DCNN.

Both read faces as the FER-2013 table holds them (48×48 grey, 0..255) and end in two heads of
logits: ``fer`` (seven FER-2013 classes) and ``plus`` (eight FER+ classes). Each image is first
brought to zero mean and unit variance, so that a dim webcam and a bright one look alike.

The nets are built in Keras' current image data format: ``channels_first`` trains twice as fast on
a CPU with the torch back end, ``channels_last`` is what TensorFlow exports. Weights fit both.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers

from detectors.emotions import FACE_SIZE

if TYPE_CHECKING:
    from keras import KerasTensor

CNN_WIDTHS = (32, 64, 128, 256)
DCNN_WIDTHS = (32, 64, 128, 256)
CNN_DROPOUT = 0.3
DCNN_DROPOUT = 0.2
# Moving statistics over about ten batches: with averaged weights, old statistics would be stale.
BATCH_NORM_MOMENTUM = 0.9


def _channel_axis() -> int:
    return 1 if keras.config.image_data_format() == "channels_first" else -1


class FusedBatchNormalization(layers.BatchNormalization):
    """Batch normalisation that calls torch's fused kernel, on the torch back end.

    Keras composes the operation from a dozen small ones there, which doubles the time of a
    training step on a CPU. The memory format makes the convolutions after it a third faster.
    Weights and results are those of the parent class.
    """

    def call(self, inputs: KerasTensor, training: bool | None = None) -> KerasTensor:  # noqa: FBT001 - Keras' own signature
        """Normalise over the batch when training, else with the moving statistics."""
        if keras.backend.backend() != "torch" or self.axis != 1:
            return super().call(inputs, training=training)
        import torch
        from torch.nn.functional import batch_norm

        if not isinstance(inputs, torch.Tensor) or inputs.is_meta:
            return super().call(inputs, training=training)
        return batch_norm(
            inputs.contiguous(memory_format=torch.channels_last),
            self.moving_mean.value.data,
            self.moving_variance.value.data,
            self.gamma.value,
            self.beta.value,
            training=bool(training),
            momentum=1.0 - self.momentum,
            eps=self.epsilon,
        )


def _convolution(x: KerasTensor, width: int, stride: int = 1, kernel: int = 3) -> KerasTensor:
    x = layers.Conv2D(width, kernel, strides=stride, padding="same", use_bias=False)(x)
    return FusedBatchNormalization(axis=_channel_axis(), momentum=BATCH_NORM_MOMENTUM)(x)


def _faces() -> tuple[KerasTensor, KerasTensor]:
    """Return the input (n, 48, 48) float 0..255 and the standardised picture with a channel."""
    faces = keras.Input((FACE_SIZE, FACE_SIZE), name="faces", dtype="float32")
    x = layers.Rescaling(1 / 255, dtype="float32")(faces)
    x = layers.LayerNormalization(axis=(1, 2), center=False, scale=False, dtype="float32")(x)
    shape = (1, FACE_SIZE, FACE_SIZE) if _channel_axis() == 1 else (FACE_SIZE, FACE_SIZE, 1)
    return faces, layers.Reshape(shape)(x)


def _heads(faces: KerasTensor, x: KerasTensor, dropout: float, name: str) -> keras.Model:
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    # Logits stay in float32 under a mixed-precision policy: softmax over bfloat16 loses digits.
    heads = {
        "fer": layers.Dense(7, name="fer", dtype="float32")(x),
        "plus": layers.Dense(8, name="plus", dtype="float32")(x),
    }
    return keras.Model(faces, heads, name=name)


def build_cnn() -> keras.Model:
    """VGG-like net after Simonyan & Zisserman 2015: pairs of 3×3 convolutions, then pooling.

    1.2 M parameters, 117 M multiply-adds a face.
    """
    faces, x = _faces()
    for width in CNN_WIDTHS:
        for _ in range(2):
            x = layers.ReLU()(_convolution(x, width))
        x = layers.MaxPooling2D()(x)
    return _heads(faces, x, CNN_DROPOUT, "cnn")


def _residual_block(x: KerasTensor, width: int, stride: int) -> KerasTensor:
    y = layers.ReLU()(_convolution(x, width, stride))
    y = _convolution(y, width)
    if stride != 1 or x.shape[_channel_axis()] != width:
        x = _convolution(x, width, stride, kernel=1)
    return layers.ReLU()(layers.Add()([x, y]))


def build_dcnn() -> keras.Model:
    """Residual net after He et al. 2016, fitted to 48×48: four stages of basic blocks.

    2.8 M parameters, 270 M multiply-adds a face.
    """
    faces, x = _faces()
    x = layers.ReLU()(_convolution(x, DCNN_WIDTHS[0]))
    x = _residual_block(x, DCNN_WIDTHS[0], 1)
    for width in DCNN_WIDTHS[1:]:
        x = _residual_block(x, width, 2)
        x = _residual_block(x, width, 1)
    return _heads(faces, x, DCNN_DROPOUT, "dcnn")


BUILDERS = {"cnn": build_cnn, "dcnn": build_dcnn}

# The shipped weights as numbers of half the width: what a next training begins with.
SHIPPED_HALF = Path(__file__).parent / "emotions-float16.weights"


def weights_of(work: Path, cycle: str) -> Path:
    """Return where a cycle of a training leaves its weights."""
    return work / f"{cycle}.weights.h5"


def save_half(nets: dict[str, keras.Model], path: Path = SHIPPED_HALF) -> None:
    """Write the weights of the nets as float16, in the order of the nets' own lists."""
    arrays = {
        f"{name}-{index:03d}": keras.ops.convert_to_numpy(weight).astype(np.float16)
        for name, net in nets.items()
        for index, weight in enumerate(net.weights)
    }
    # A file, not a path: numpy would add the ending of a table to its name.
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def load_half(net: keras.Model, path: Path = SHIPPED_HALF) -> None:
    """Give a net the weights that `save_half` wrote under its name."""
    with np.load(path) as arrays:
        found = sorted(name for name in arrays.files if name.startswith(f"{net.name}-"))
        net.set_weights([arrays[name].astype(np.float32) for name in found])
