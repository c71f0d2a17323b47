"""Write the model files that the app runs.

``python -m models.export detector --out FOLDER`` converts the three nets of the installed `mtcnn`
package to LiteRT. ``python -m models.export emotions --weights FOLDER`` joins the trained CNN and
DCNN to the fusion in ``models/``. ``python -m models.export taggers`` converts the weights of the
installed `musicnn` package; ``python -m models.train_music`` writes the head that follows them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detectors.music import PARTS, TAGGERS
from detectors.music import SHIPPED as MUSIC_MANIFEST
from detectors.spectrogram import MEL_BANDS, PATCH_FRAMES
from models.recipe import RECIPE, read_recipe
from recommender.output import carry_every_letter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtcnn import MTCNN

# name → (batch shape, outputs in order); P-Net takes any height and width.
DETECTOR_NETS: dict[str, tuple[tuple[int | None, ...], dict[str, int]]] = {
    "pnet": ((1, None, None, 3), {"box": 4, "face": 2}),
    "rnet": ((None, 24, 24, 3), {"box": 4, "face": 2}),
    "onet": ((None, 48, 48, 3), {"box": 4, "landmarks": 10, "face": 2}),
}
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


def unmodified_mtcnn() -> MTCNN:
    """Return the unmodified detector of the `mtcnn` package."""
    # mtcnn searches the working directory for its weights first: start in an empty one.
    with tempfile.TemporaryDirectory() as empty:
        before = Path.cwd()
        os.chdir(empty)
        try:
            from mtcnn import MTCNN

            return MTCNN()
        finally:
            os.chdir(before)


def export_detector(folder: Path) -> None:
    """Convert P-Net, R-Net and O-Net of the installed `mtcnn` package into ``folder``."""
    nets = [stage._model for stage in unmodified_mtcnn().stages]  # noqa: SLF001 - the only way to them
    entries = {}
    for (name, (shape, outputs)), net in zip(DETECTOR_NETS.items(), nets, strict=True):
        content = to_litert(lambda batch, net=net: net(batch), shape)
        entries[name] = {
            "file": f"{name}.tflite",
            "sha256": write_atomically(folder / f"{name}.tflite", content),
            "outputs": outputs,
            "source": f"mtcnn {version('mtcnn')} (MIT)",
        }
    write_manifest(folder / MANIFEST, entries)


def export_taggers(folder: Path) -> None:
    """Convert both taggers of the installed `musicnn` package to one LiteRT model in ``folder``.

    The new manifest has no head, since the last was fitted to other taggers' embeddings.
    """
    from models.musicnn import checkpoints, load_taggers, tagger_function

    nets = load_taggers(checkpoints())
    content = to_litert(tagger_function(nets), (None, PATCH_FRAMES, MEL_BANDS))
    outputs = {name: width for name, width in PARTS.items() if name != "descriptors"}
    entry = {
        "file": "musicnn.tflite",
        "sha256": write_atomically(folder / "musicnn.tflite", content),
        "outputs": outputs,
        "input": "float32 (n, 187, 96), log-mel spectrograms of three seconds",
        "source": f"musicnn {version('musicnn')} (ISC, Music Technology Group, Universitat Pompeu "
        "Fabra)",
        "licence": "musicnn-LICENSE.md",
    }
    write_manifest(folder / MUSIC_MANIFEST.name, {TAGGERS: entry})


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    carry_every_letter()
    parser = argparse.ArgumentParser(prog="python -m models.export", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    detector = commands.add_parser("detector", help="convert the nets of the mtcnn package")
    detector.add_argument("--out", type=Path, required=True)
    taggers = commands.add_parser("taggers", help="convert the taggers of the musicnn package")
    taggers.add_argument("--out", type=Path, default=Path(__file__).parent)
    emotions = commands.add_parser("emotions", help="join CNN and DCNN to the fusion")
    emotions.add_argument("--weights", type=Path, required=True, help="folder of the training")
    emotions.add_argument("--recipe", type=Path, default=RECIPE, help="default: the shipped recipe")
    emotions.add_argument("--out", type=Path, default=Path(__file__).parent)
    emotions.add_argument("--data", type=Path, help="publictest.npz, to fit and evaluate the blend")
    options = parser.parse_args(arguments)
    if options.command == "detector":
        export_detector(options.out)
    elif options.command == "taggers":
        export_taggers(options.out)
    else:
        from models.face_table import load_faces
        from models.fusion import export_fusion

        table = load_faces(options.data) if options.data else None
        export_fusion(options.weights, read_recipe(options.recipe), options.out, table)
    print(f"wrote {options.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
