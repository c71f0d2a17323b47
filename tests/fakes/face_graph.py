"""A face recognition net that has learnt nothing, in the two files of the TensorFlow.js format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Channels after each pair, as in MobileNet (Howard et al. 2017).
WIDTHS = (64, 128, 128, 256, 256, *[512] * 6, 1024, 1024)


def made_up_graph(seed: int = 0) -> dict[str, NDArray[np.float16]]:
    """Return random arrays by the names of the real graph, of a size that keeps signals alive."""
    rng = np.random.default_rng(seed)
    arrays = {
        "age_pred/kernel": rng.normal(size=(256, 100)),
        "conv1/convolution/merged_input": rng.normal(size=(3, 3, 3, 32)) / 150,
        "conv1_bn/batchnorm_1/sub": rng.normal(size=32),
    }
    width = 32
    for pair, following in enumerate(WIDTHS, start=1):
        arrays[f"conv_dw_{pair}/depthwise_kernel"] = rng.normal(size=(3, 3, width, 1))
        arrays[f"conv_dw_{pair}_bn/batchnorm_1/mul"] = rng.uniform(0.2, 0.6, size=width)
        arrays[f"conv_dw_{pair}_bn/batchnorm_1/sub"] = rng.normal(size=width) + 0.5
        kernel = rng.normal(size=(1, 1, width, following)) * np.sqrt(2 / width)
        arrays[f"conv_pw_{pair}/convolution/merged_input"] = kernel
        arrays[f"conv_pw_{pair}_bn/batchnorm_1/sub"] = rng.normal(size=following) + 0.5
        width = following
    return {name: values.astype(np.float16) for name, values in arrays.items()}


def save_graph(folder: Path, arrays: dict[str, NDArray[np.float16]]) -> None:
    """Write ``faceres.json`` and ``faceres.bin``, numbers of half the width as in the real ones."""
    weights = [
        {
            "name": name,
            "shape": list(values.shape),
            "dtype": "float32",
            "quantization": {"dtype": "float16", "original_dtype": "float32"},
        }
        for name, values in arrays.items()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    manifest = [{"paths": ["faceres.bin"], "weights": weights}]
    graph = {"format": "graph-model", "weightsManifest": manifest}
    (folder / "faceres.json").write_text(json.dumps(graph), encoding="utf-8")
    content = b"".join(values.astype("<f2").tobytes() for values in arrays.values())
    (folder / "faceres.bin").write_bytes(content)
