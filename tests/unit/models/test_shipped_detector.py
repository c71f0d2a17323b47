"""The detector's nets that come with the project are those of the `mtcnn` package."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import files, version
from pathlib import Path

import pytest

from detectors.weights import DETECTOR, read_manifest, sha256_of

PROJECT = Path(__file__).parents[3]
# TensorFlow's start on a busy machine.
PATIENCE_S = 240


def test_the_shipped_nets_are_whole_and_of_the_locked_version() -> None:
    nets = read_manifest(DETECTOR)
    assert list(nets) == ["pnet", "rnet", "onet"]
    for net in nets.values():
        assert sha256_of(net.path) == net.sha256
        assert str(net.facts["source"]).startswith(f"mtcnn {version('mtcnn')} (MIT")


def test_the_licence_of_the_package_is_beside_them() -> None:
    (theirs,) = [file for file in files("mtcnn") or () if file.name == "LICENSE"]
    for net in read_manifest(DETECTOR).values():
        shipped = DETECTOR.with_name(net.facts["licence"])
        assert shipped.read_text(encoding="utf-8") == theirs.read_text()


@pytest.mark.slow
def test_the_installed_package_converts_to_the_shipped_files(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "models.export", "detector", "--out", str(tmp_path)],
        cwd=PROJECT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    for name in ("manifest.json", "pnet.tflite", "rnet.tflite", "onet.tflite"):
        assert (tmp_path / name).read_bytes() == DETECTOR.with_name(name).read_bytes()
