"""Conversion of Keras models to LiteRT, and the files that are written with them."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"


def to_litert(
    function: Callable[..., Any], shape: Sequence[int | None], *, quantise: bool = False
) -> bytes:
    """Convert a function of one float32 batch to a LiteRT model.

    The graph is frozen first: otherwise the nets of `mtcnn` silently lose their weights.

    Parameters
    ----------
    shape : of the batch, None for any size
    quantise : bool, store the weights as int8, but for those of depthwise convolutions
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    spec = tf.TensorSpec(shape, tf.float32, name="input")
    graph = convert_variables_to_constants_v2(tf.function(function).get_concrete_function(spec))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph])
    content = bytes(converter.convert())
    if quantise:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        content = with_depthwise_kernels_of(content, bytes(converter.convert()))
    return content


def with_depthwise_kernels_of(whole: bytes, quantised: bytes) -> bytes:
    """Return the quantised LiteRT model with the float32 depthwise kernels.

    They are few, and slow as int8: XNNPACK has no depthwise convolution of int8 kernels and float32
    activations, so that a slow fallback runs and splits the graph. With float32 kernels the
    MobileNet takes less than half the time, and its logits are closer to the unquantised ones. The
    converter has no option for this.
    """
    from tensorflow.lite.tools import flatbuffer_utils

    models = [
        flatbuffer_utils.read_model_from_bytearray(bytearray(content))
        for content in (quantised, whole)
    ]
    buffers, whole_buffers = (model.buffers for model in models)
    for kernel, original in zip(*map(depthwise_kernels, models), strict=True):
        buffers[kernel.buffer].data = whole_buffers[original.buffer].data
        kernel.type, kernel.quantization = original.type, original.quantization
    return bytes(flatbuffer_utils.convert_object_to_bytearray(models[0]))


def depthwise_kernels(model: Any) -> list[Any]:  # noqa: ANN401 - TensorFlow's generated ModelT, untyped
    """Return the kernel tensors of the depthwise convolutions of a LiteRT model, in order."""
    from tensorflow.lite.python.schema_py_generated import BuiltinOperator

    graph = model.subgraphs[0]
    return [
        graph.tensors[operator.inputs[1]]
        for operator in graph.operators
        if model.operatorCodes[operator.opcodeIndex].builtinCode
        == BuiltinOperator.DEPTHWISE_CONV_2D
    ]


def write_atomically(path: Path, content: bytes) -> str:
    """Write a file atomically, and return its SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
    return hashlib.sha256(content).hexdigest()


def write_manifest(path: Path, entries: dict[str, Any]) -> None:
    """Write a manifest, after the model files that it names."""
    write_atomically(path, (json.dumps(entries, indent=2, ensure_ascii=False) + "\n").encode())
