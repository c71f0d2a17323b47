"""The expression nets: two kinds of CNN (VGG-like, MobileNet) and a deeper residual DCNN.

All take faces as in FER-2013 (48×48 grey, 0..255) and end in two heads of logits: ``fer`` (seven
FER-2013 classes) and ``plus`` (eight FER+ classes).
"""

from pathlib import Path
from types import ModuleType

import keras
import numpy as np
from keras import KerasTensor, layers, ops

from detectors.emotions import FACE_SIZE
from models.recipe import Cycle

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
# Twice the face: after five halvings, 48 pixels would leave 2×2 positions.
MOBILENET_SIZE = 96
# Standard deviation of a face, in grey levels: about that of the photographs in its pre-training.
MOBILENET_CONTRAST = 60.0
MOBILENET_EPSILON = 1e-5
# Moving statistics over about ten batches; older ones would be stale for averaged weights.
BATCH_NORM_MOMENTUM = 0.9


def _channel_axis() -> int:
    # ``channels_first`` trains twice as fast on a CPU with the torch back end, ``channels_last`` is
    # what TensorFlow exports. Weights fit both.
    return 1 if keras.config.image_data_format() == "channels_first" else -1


class FusedBatchNormalization(layers.BatchNormalization):
    """Batch normalisation that calls torch's fused kernel, on the torch back end.

    Keras composes the operation from a dozen small ones, which doubles the time of a training step
    on a CPU. The memory format makes the convolutions after it a third faster. Weights and results
    are those of the parent class.
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


class ClippedNormalization(FusedBatchNormalization):
    """Batch normalisation followed by ReLU6; in one kernel where `_kernels_for` has one."""

    def call(self, inputs: KerasTensor, training: bool | None = None) -> KerasTensor:  # noqa: FBT001 - Keras' own signature
        """Normalise over the batch when training, else with the moving statistics; clip to 0..6."""
        quick = _kernels_for(inputs) if training else None
        if quick is None:
            return ops.relu6(super().call(inputs, training=training))
        gamma, beta = self.gamma.value, self.beta.value
        clipped, mean, variance = quick.normalise(inputs, gamma, beta, self.epsilon)
        # As torch does, with the unbiased variance.
        count = inputs.shape[0] * inputs.shape[2] * inputs.shape[3]
        seen = {"moving_mean": mean, "moving_variance": variance * count / max(1, count - 1)}
        for name, values in seen.items():
            getattr(self, name).value.data.lerp_(values, 1.0 - self.momentum)
        return clipped


class PaddedDepthwise(layers.DepthwiseConv2D):
    """Depthwise 3×3 convolution of a picture padded by one zero on each side."""

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Convolve, by the quick kernel where `_kernels_for` has one."""
        quick = _kernels_for(inputs)
        if quick is not None:
            kernel = ops.cast(self.kernel, "float32")[..., 0]
            return quick.depthwise(inputs, kernel, self.strides[0])
        first = self.data_format == "channels_first"
        around = [(0, 0), (0, 0), (1, 1), (1, 1)] if first else [(0, 0), (1, 1), (1, 1), (0, 0)]
        return super().call(ops.pad(inputs, around))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape: half the sides, rounded up, for a stride of two."""
        axes = (2, 3) if self.data_format == "channels_first" else (1, 2)
        padded = [
            side + 2 if place in axes and side is not None else side
            for place, side in enumerate(input_shape)
        ]
        shape: tuple[int | None, ...] = super().compute_output_shape(tuple(padded))
        return shape


def _kernels_for(x: KerasTensor) -> ModuleType | None:
    """Return `models.mobilenet_kernels` where it can take this picture."""
    if keras.backend.backend() != "torch" or _channel_axis() != 1:
        return None
    from models import mobilenet_kernels

    return mobilenet_kernels if mobilenet_kernels.fits(x) else None


def _convolution(x: KerasTensor, width: int, stride: int = 1, kernel: int = 3) -> KerasTensor:
    x = layers.Conv2D(width, kernel, strides=stride, padding="same", use_bias=False)(x)
    return FusedBatchNormalization(axis=_channel_axis(), momentum=BATCH_NORM_MOMENTUM)(x)


def _faces() -> tuple[KerasTensor, KerasTensor]:
    """Return the input (n, 48, 48) float 0..255 and the standardised picture with a channel.

    Zero mean and equal contrast, so that the brightness of the webcam does not matter.
    """
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
    """Build a VGG-like net (Simonyan & Zisserman 2015): pairs of 3×3 convolutions, then pooling.

    1.2 M parameters, 117 M multiply-adds per face.
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
    """Build a residual net (He et al. 2016) for 48×48 pixels: four stages of basic blocks.

    2.8 M parameters, 270 M multiply-adds per face.
    """
    faces, x = _faces()
    x = layers.ReLU()(_convolution(x, DCNN_WIDTHS[0]))
    x = _residual_block(x, DCNN_WIDTHS[0], 1)
    for width in DCNN_WIDTHS[1:]:
        x = _residual_block(x, width, 2)
        x = _residual_block(x, width, 1)
    return _heads(faces, x, DCNN_DROPOUT, "dcnn")


def build_mobilenet(size: int = MOBILENET_SIZE) -> keras.Model:
    """Build a MobileNet (Howard et al. 2017, width 1.0) for the face enlarged to ``size`` pixels.

    3.2 M parameters; multiply-adds per face: 105 M at 96 pixels, 236 M at 144. Padding is equal on
    all sides, activations are ReLU6. `models.face_recognition` provides pre-trained weights.
    """
    faces = keras.Input((FACE_SIZE, FACE_SIZE), name="faces", dtype="float32")
    x = layers.Reshape((FACE_SIZE, FACE_SIZE, 1), dtype="float32")(faces)
    x = ops.image.resize(x, (size, size), data_format="channels_last")
    x = x - ops.mean(x, axis=(1, 2), keepdims=True)
    # Plus one level, so that a uniform face is not divided by 0.
    x = MOBILENET_CONTRAST * x / (ops.std(x, axis=(1, 2), keepdims=True) + 1)
    if _channel_axis() == 1:
        x = layers.Reshape((1, size, size))(x)
    x = _clipped(layers.Conv2D(32, 3, strides=2, use_bias=False)(layers.ZeroPadding2D(1)(x)))
    for width, stride in MOBILENET_PAIRS:
        x = _clipped(PaddedDepthwise(3, strides=stride, use_bias=False)(x))
        x = _clipped(layers.Conv2D(width, 1, use_bias=False)(x))
    return _heads(faces, x, MOBILENET_DROPOUT, "mobilenet")


def _clipped(x: KerasTensor) -> KerasTensor:
    return ClippedNormalization(
        axis=_channel_axis(), momentum=BATCH_NORM_MOMENTUM, epsilon=MOBILENET_EPSILON
    )(x)


# Folder of the shipped weights.
SHIPPED_FOLDER = Path(__file__).parent
BUILDERS = {"cnn": build_cnn, "dcnn": build_dcnn, "mobilenet": build_mobilenet}


def build_for(cycle: Cycle) -> keras.Model:
    """Build the net of a training cycle, at its size."""
    return BUILDERS[cycle.net]() if cycle.size is None else build_mobilenet(cycle.size)


def stages_below_heads(net: keras.Model) -> dict[str, int]:
    """Return how many stages each trainable variable lies below the heads, by its path.

    A stage ends where the picture is halved; the heads themselves have 0.
    """
    chain = [layer for layer in net.layers if layer.name not in ("fer", "plus")]
    below = 1
    found: dict[str, int] = {}
    for layer in reversed(chain):
        found |= {variable.path: below for variable in layer.trainable_variables}
        below += getattr(layer, "strides", None) == (2, 2)
    return found


def weights_of(work: Path, cycle: str) -> Path:
    """Return the path of the weights of a training cycle."""
    return work / f"{cycle}.weights.h5"


def half_of(folder: Path, name: str) -> Path:
    """Return the path of float16 weights in a folder: a shipped net's, or a training cycle's."""
    return folder / f"{name}-float16.weights"


def save_half(net: keras.Model, path: Path) -> None:
    """Write the weights of a net as float16, for a later training to begin with."""
    # A file, not a path: numpy would append .npz to its name.
    with path.open("wb") as file:
        np.savez_compressed(
            file, *(ops.convert_to_numpy(weight).astype(np.float16) for weight in net.weights)
        )


def load_half(net: keras.Model, path: Path) -> None:
    """Load the weights that `save_half` wrote for a net."""
    with np.load(path) as arrays:
        net.set_weights([arrays[name].astype(np.float32) for name in arrays.files])
