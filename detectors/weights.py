"""Model files: named in a manifest, checked before they are parsed, run by LiteRT.

A manifest is a JSON object, one entry per model: ``file`` (beside the manifest), ``sha256``,
``outputs`` (name and width of each output, in order), and further facts about the model (labels in
order, input, training data, metrics).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from detectors.errors import WeightsMismatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The models that come with the project: the expression nets, and the face detector's, which are
# those of the `mtcnn` package (`python -m models.export detector`).
SHIPPED = Path(__file__).resolve().parents[1] / "models" / "manifest.json"
DETECTOR = SHIPPED.parent / "detector" / "manifest.json"
# One thread per net: they are too small to gain from two, and another visitor may need the core.
THREADS = 1


@dataclass(frozen=True, slots=True)
class ModelFile:
    """An entry of a manifest.

    Attributes
    ----------
    path : Path, the model file, `.tflite`
    sha256 : str, its hexadecimal digest
    facts : mapping, the whole entry
    """

    path: Path
    sha256: str
    facts: Mapping[str, Any]


def read_manifest(path: Path) -> dict[str, ModelFile]:
    """Read a manifest.

    Raises
    ------
    WeightsMismatch
        When it is missing or not in the shape that the module describes.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: ModelFile(
                path.parent / _plain_name(facts["file"]), facts["sha256"], _whole(facts)
            )
            for name, facts in entries.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WeightsMismatch("models-list-unusable", list=path.name, reason=f"{error}") from error


def _whole(facts: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
    if not isinstance(facts["outputs"], dict):
        raise TypeError("the outputs are not names with widths")
    return cast("Mapping[str, Any]", facts)


def _plain_name(name: str) -> str:
    # An unprintable name cannot be opened (NUL), or is deceptive.
    if "/" in name or "\\" in name or not name.endswith(".tflite") or not name.isprintable():
        raise ValueError(f"{name!r} is not the name of a .tflite file beside the manifest")
    return name


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Network:
    """A net that LiteRT runs on one thread. Not thread-safe.

    The file is checked against its digest before it is parsed.

    Raises
    ------
    WeightsMismatch
        When the file is missing, altered, unreadable, or has other outputs than stated.
    """

    def __init__(self, model: ModelFile) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            content = model.path.read_bytes()
        except OSError as error:
            raise WeightsMismatch("model-missing", file=model.path.name) from error
        if hashlib.sha256(content).hexdigest() != model.sha256:
            raise WeightsMismatch("model-altered", file=model.path.name)
        try:
            self._interpreter = Interpreter(model_content=content, num_threads=THREADS)
        except (ValueError, RuntimeError) as error:
            raise WeightsMismatch("model-unreadable", file=model.path.name) from error
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]
        self._shape: tuple[int, ...] = ()
        widths = [int(d["shape"][-1]) for d in self._interpreter.get_output_details()]
        if widths != list(model.facts["outputs"].values()):
            raise WeightsMismatch("model-outputs", file=model.path.name, widths=f"{widths}")

    def __call__(self, values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run the net on a batch and return copies of its outputs, in the manifest's order."""
        if values.shape != self._shape:
            self._interpreter.resize_tensor_input(self._input, values.shape)
            self._interpreter.allocate_tensors()
            self._shape = values.shape
        self._interpreter.set_tensor(self._input, values)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]
