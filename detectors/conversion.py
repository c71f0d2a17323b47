"""Convert the detector's nets from the installed `mtcnn` package, once, and cache them."""

from __future__ import annotations

import subprocess  # nosec B404 # it runs our own modules alone
import sys
from importlib.metadata import version
from pathlib import Path

from detectors.errors import WeightsMismatch
from detectors.weights import read_manifest, sha256_of

PROJECT = Path(__file__).resolve().parents[1]
# The conversion takes about eight seconds on a laptop; a busy machine may need longer.
CONVERSION_TIMEOUT_S = 180
NETS = {"pnet", "rnet", "onet"}


def is_converted(manifest: Path) -> bool:
    """Return whether the nets exist, unaltered, and are those of the installed package."""
    try:
        models = read_manifest(manifest)
        return models.keys() >= NETS and all(
            sha256_of(model.path) == model.sha256
            and str(model.facts["source"]).startswith(f"mtcnn {version('mtcnn')} ")
            for model in models.values()
        )
    except (OSError, KeyError, WeightsMismatch):
        return False


def converted_detector(data_dir: Path) -> Path:
    """Return the manifest of the detector's nets, converting them first where needed.

    TensorFlow runs in a subprocess, so that its 600 MB are freed afterwards.

    Raises
    ------
    WeightsMismatch
        When the conversion fails or does not end in time.
    """
    folder = data_dir / "detector"
    manifest = folder / "manifest.json"
    if is_converted(manifest):
        return manifest
    command = [sys.executable, "-m", "models.export", "detector", "--out", str(folder.resolve())]
    try:
        subprocess.run(  # noqa: S603 - our own module, no shell
            command, cwd=PROJECT, check=True, capture_output=True, timeout=CONVERSION_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise WeightsMismatch("face-detector-unprepared") from error
    if not is_converted(manifest):
        raise WeightsMismatch("face-detector-unusable")
    return manifest
