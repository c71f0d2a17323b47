"""Join the trained CNN and DCNN to one calibrated graph, and write it with its manifest entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from detectors.emotions import FACE_SIZE, OUTPUTS, EmotionFusion
from detectors.types import EMOTIONS, FERPLUS_LABELS
from models.emotion_nets import BUILDERS
from models.evaluate import figures, majority, predict
from models.export import MANIFEST, to_litert, write_atomically, write_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from keras import KerasTensor
    from numpy.typing import NDArray

    from models.face_table import FaceTable

# What the fit tries: shares of the DCNN, and temperatures on a geometric scale.
SHARES = np.linspace(0, 1, 21)
TEMPERATURES = np.geomspace(0.4, 3, 60)
PREDICTION_BATCH = 256


@dataclass(frozen=True, slots=True)
class Blend:
    """How the two nets are joined.

    dcnn_share : weight of the DCNN in the mean of both nets' logits, 0..1
    fer_temperature, plus_temperature : what the mean of each head is divided by, > 0
    """

    dcnn_share: float = 0.5
    fer_temperature: float = 1.0
    plus_temperature: float = 1.0


def load_nets(folder: Path) -> dict[str, keras.Model]:
    """Build both nets and load the weights that the training left in ``folder``."""
    nets = {}
    for name, build in BUILDERS.items():
        nets[name] = build()
        nets[name].load_weights(folder / f"{name}.weights.h5")
    return nets


def negative_log_likelihood(
    logits: NDArray[np.float32], truth: NDArray[np.integer], temperature: float
) -> float:
    """Return the mean −log p of the true classes under softmax(logits / temperature)."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    log_p = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(truth)), truth].mean())


def best_temperature(
    logits: NDArray[np.float32], truth: NDArray[np.integer]
) -> tuple[float, float]:
    """Return the temperature of the smallest loss, and that loss.

    Temperature scaling: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    losses = [negative_log_likelihood(logits, truth, t) for t in TEMPERATURES]
    best = int(np.argmin(losses))
    return float(TEMPERATURES[best]), losses[best]


def fit_blend(nets: dict[str, keras.Model], table: FaceTable) -> Blend:
    """Return the blend with the smallest loss of both heads together on a table with votes."""
    if table.votes is None:
        raise ValueError("the blend is fitted on FER+ votes too")
    views = [table.images, table.images[:, :, ::-1]]
    found: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, net in nets.items():
        both = [net.predict(v.astype("float32"), PREDICTION_BATCH, verbose=0) for v in views]
        found[name] = {head: (both[0][head] + both[1][head]) / 2 for head in both[0]}
    truths = {"fer": table.label.astype(int), "plus": majority(table.votes)}
    tried = []
    for share in SHARES:
        fits = {
            head: best_temperature(
                (1 - share) * found["cnn"][head] + share * found["dcnn"][head], truth
            )
            for head, truth in truths.items()
        }
        blend = Blend(float(share), fits["fer"][0], fits["plus"][0])
        tried.append((fits["fer"][1] + fits["plus"][1], blend))
    return min(tried, key=lambda one: one[0])[1]


def both_ways(net: keras.Model, faces: KerasTensor) -> dict[str, KerasTensor]:
    """Return a net's logits, averaged over the faces and their mirror images.

    Both go through in one batch, so that the exported graph holds the weights once.
    """
    logits = net(ops.concatenate([faces, ops.flip(faces, axis=2)]), training=False)
    return {
        head: ops.mean(ops.reshape(values, (2, -1, values.shape[-1])), axis=0)
        for head, values in logits.items()
    }


def fused_function(
    nets: dict[str, keras.Model], blend: Blend
) -> Callable[[KerasTensor], tuple[KerasTensor, ...]]:
    """Return a function from faces (n, 48, 48) float32 0..255 to probabilities, as `OUTPUTS`."""

    def fuse(faces: KerasTensor) -> tuple[KerasTensor, ...]:
        cnn, dcnn = both_ways(nets["cnn"], faces), both_ways(nets["dcnn"], faces)

        def mean(head: str, temperature: float) -> KerasTensor:
            logits = (1 - blend.dcnn_share) * cnn[head] + blend.dcnn_share * dcnn[head]
            return ops.softmax(logits / temperature)

        return (
            mean("fer", blend.fer_temperature),
            mean("plus", blend.plus_temperature),
            *(ops.softmax(net[head]) for net in (cnn, dcnn) for head in ("fer", "plus")),
        )

    return fuse


def export_fusion(folder: Path, out: Path, table: FaceTable | None = None) -> None:
    """Write ``fusion.tflite`` and the manifest; needs Keras on the TensorFlow back end.

    table : fits the blend, and is what the written file is measured on (None: neither)
    """
    if keras.backend.backend() != "tensorflow":
        raise SystemExit("export needs the TensorFlow back end: unset KERAS_BACKEND")
    nets = load_nets(folder)
    blend = Blend() if table is None else fit_blend(nets, table)
    content = to_litert(fused_function(nets, blend), (None, FACE_SIZE, FACE_SIZE), quantise=True)
    entry: dict[str, Any] = {
        "file": "fusion.tflite",
        "sha256": write_atomically(out / "fusion.tflite", content),
        "outputs": {name: len(EMOTIONS if "fer" in name else FERPLUS_LABELS) for name in OUTPUTS},
        "fer_labels": list(EMOTIONS),
        "plus_labels": list(FERPLUS_LABELS),
        "input": "float32 (n, 48, 48), grey, 0 to 255",
        "training_data": "FER-2013 training split with FER+ votes",
        "blend": {
            "dcnn_share": round(blend.dcnn_share, 3),
            "fer_temperature": round(blend.fer_temperature, 3),
            "plus_temperature": round(blend.plus_temperature, 3),
        },
        "weights": "int8 (dynamic range), activations float32",
        "card": "emotions.md",
    }
    write_manifest(out / MANIFEST, {"fusion": entry})
    if table is not None:
        found = predict(EmotionFusion(out / MANIFEST), table.images)
        entry["metrics"] = {"publictest": figures(found, table)}
        write_manifest(out / MANIFEST, {"fusion": entry})
