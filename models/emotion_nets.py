"""The expression nets: two kinds of CNN (VGG-like, MobileNet) and a deeper residual DCNN.

All read faces as the FER-2013 table holds them (48×48 grey, 0..255) and end in two heads of
logits: ``fer`` (seven FER-2013 classes) and ``plus`` (eight FER+ classes). Each image is first
brought to zero mean and the same contrast, so that a dim webcam and a bright one look alike.

The nets are built in Keras' current image data format: ``channels_first`` trains twice as fast on
a CPU with the torch back end, ``channels_last`` is what TensorFlow exports. Weights fit both.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers, ops

from detectors.emotions import FACE_SIZE

if TYPE_CHECKING:
    from keras import KerasTensor

CNN_WIDTHS = (32, 64, 128, 256)
DCNN_WIDTHS = (32, 64, 128, 256)
CNN_DROPOUT = 0.3
DCNN_DROPOUT = 0.2
MOBILENET_DROPOUT = 0.2
# Channels and strides of the thirteen pairs of a depthwise and a 1×1 convolution.
MOBILENET_PAIRS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1) for _ in range(5)),
    *((1024, 2), (1024, 1)),
)
# Twice the face: after its five halvings, 48 pixels would be two positions a side.
MOBILENET_SIZE = 96
# The standard deviation of a face, in grey levels: about that of the photographs it learnt first.
MOBILENET_CONTRAST = 60.0
MOBILENET_EPSILON = 1e-5
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


def build_mobilenet() -> keras.Model:
    """MobileNet (Howard et al. 2017, width 1.0), on the face at twice its size.

    3.2 M parameters, 105 M multiply-adds a face. Padding is the same on all sides, ReLU stops at 6.
    `models.face_recognition` gives it its first weights.
    """
    faces = keras.Input((FACE_SIZE, FACE_SIZE), name="faces", dtype="float32")
    x = layers.Reshape((FACE_SIZE, FACE_SIZE, 1), dtype="float32")(faces)
    x = ops.image.resize(x, (MOBILENET_SIZE, MOBILENET_SIZE), data_format="channels_last")
    x = x - ops.mean(x, axis=(1, 2), keepdims=True)
    # One level more, so that a face of one shade is not divided by nothing.
    x = MOBILENET_CONTRAST * x / (ops.std(x, axis=(1, 2), keepdims=True) + 1)
    if _channel_axis() == 1:
        x = layers.Reshape((1, MOBILENET_SIZE, MOBILENET_SIZE))(x)
    x = _clipped(layers.Conv2D(32, 3, strides=2, use_bias=False)(layers.ZeroPadding2D(1)(x)))
    for width, stride in MOBILENET_PAIRS:
        x = layers.ZeroPadding2D(1)(x)
        x = _clipped(layers.DepthwiseConv2D(3, strides=stride, use_bias=False)(x))
        x = _clipped(layers.Conv2D(width, 1, use_bias=False)(x))
    return _heads(faces, x, MOBILENET_DROPOUT, "mobilenet")


def _clipped(x: KerasTensor) -> KerasTensor:
    x = FusedBatchNormalization(
        axis=_channel_axis(), momentum=BATCH_NORM_MOMENTUM, epsilon=MOBILENET_EPSILON
    )(x)
    return layers.ReLU(max_value=6)(x)


# Where the shipped weights lie.
SHIPPED_FOLDER = Path(__file__).parent
BUILDERS = {"cnn": build_cnn, "dcnn": build_dcnn, "mobilenet": build_mobilenet}


def weights_of(work: Path, cycle: str) -> Path:
    """Return where a cycle of a training leaves its weights."""
    return work / f"{cycle}.weights.h5"


def half_of(folder: Path, net: str) -> Path:
    """Return where a folder holds the shipped weights of a net as numbers of half the width."""
    return folder / f"{net}-float16.weights"


def save_half(net: keras.Model, folder: Path) -> None:
    """Write the weights of a net as float16: what a next training can begin with."""
    # A file, not a path: numpy would add the ending of a table to its name.
    with half_of(folder, net.name).open("wb") as file:
        np.savez_compressed(
            file, *(ops.convert_to_numpy(weight).astype(np.float16) for weight in net.weights)
        )


def load_half(net: keras.Model, folder: Path = SHIPPED_FOLDER) -> None:
    """Give a net the weights that `save_half` wrote under its name."""
    with np.load(half_of(folder, net.name)) as arrays:
        net.set_weights([arrays[name].astype(np.float32) for name in arrays.files])
