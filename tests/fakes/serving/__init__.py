"""A server without the packages that make models, as one made from `requirements-serve.txt`."""

from __future__ import annotations

import os
from pathlib import Path

# What requirements.txt names beyond requirements-serve.txt.
ABSENT = ("mtcnn", "tensorflow", "keras")


def without_training() -> dict[str, str]:
    """Return the environment of a Python that finds none of `ABSENT`."""
    kept = os.environ.get("PYTHONPATH")
    path = str(Path(__file__).with_name("path"))
    return {"PYTHONPATH": f"{path}{os.pathsep}{kept}" if kept else path, "ABSENT": " ".join(ABSENT)}
