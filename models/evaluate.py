"""Measure the shipped models: ``python -m models.evaluate emotions --data FILE.npz --json``.

FILE.npz has the layout of FER-2013's ``publictest.npz`` (``images``, ``label``, and, for the FER+
figures, ``votes``). What is measured is the file that the app runs, by the code that the app runs.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from detectors.emotions import EmotionFusion, Probabilities
from detectors.errors import WeightsMismatch
from detectors.types import EMOTIONS, FERPLUS_LABELS
from detectors.weights import SHIPPED
from models.face_table import BadTable, load_faces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.face_table import FaceTable

BATCH = 64
CALIBRATION_BINS = 15


def predict(model: EmotionFusion, images: NDArray[np.uint8]) -> Probabilities:
    """Return the probabilities of all faces, in order."""
    parts = []
    for start in range(0, len(images), BATCH):
        parts.append(model.probabilities(images[start : start + BATCH]))
        if sys.stderr.isatty():
            done = min(start + BATCH, len(images))
            print(f"\r{done}/{len(images)} faces", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    names = Probabilities.__dataclass_fields__
    return Probabilities(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})


def majority(votes: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the FER+ majority: arg-max over the eight expressions, the first on a tie."""
    return votes[:, : len(FERPLUS_LABELS)].argmax(axis=1)


def recalls(predicted: NDArray[np.intp], label: NDArray[np.int8]) -> dict[str, float | None]:
    """Return the recall of each FER-2013 class; None for a class that does not occur."""
    return {
        name: float((predicted[label == index] == index).mean()) if (label == index).any() else None
        for index, name in enumerate(EMOTIONS)
    }


def macro_f1(predicted: NDArray[np.intp], label: NDArray[np.int8]) -> float:
    """Return the mean F1 over the classes that occur among the labels."""
    scores = []
    for index in np.unique(label):
        hits = int(((predicted == index) & (label == index)).sum())
        scores.append(2 * hits / int((predicted == index).sum() + (label == index).sum()))
    return float(np.mean(scores))


def expected_calibration_error(
    probabilities: NDArray[np.float32], truth: NDArray[np.intp], bins: int = CALIBRATION_BINS
) -> float:
    """Return the mean gap between top probability and accuracy over equal-width bins.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.
    """
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (index == b).mean() * abs(correct[index == b].mean() - confidence[index == b].mean())
        for b in np.unique(index)
    ]
    return float(np.sum(gaps))


def figures(found: Probabilities, table: FaceTable) -> dict[str, Any]:
    """Return the figures of the fusion and of each net alone."""
    truth = None if table.votes is None else majority(table.votes)

    def accuracy(
        probabilities: NDArray[np.float32], labels: NDArray[np.generic] | None
    ) -> float | None:
        return None if labels is None else float((probabilities.argmax(axis=1) == labels).mean())

    predicted = found.fer.argmax(axis=1)
    return {
        "n": len(table.images),
        "fer2013_accuracy": accuracy(found.fer, table.label),
        "fer2013_macro_f1": macro_f1(predicted, table.label),
        "fer2013_recall": recalls(predicted, table.label),
        "ferplus_accuracy": accuracy(found.plus, truth),
        "ece": None if truth is None else expected_calibration_error(found.plus, truth),
        "cnn": {
            "fer2013_accuracy": accuracy(found.cnn_fer, table.label),
            "ferplus_accuracy": accuracy(found.cnn_plus, truth),
        },
        "dcnn": {
            "fer2013_accuracy": accuracy(found.dcnn_fer, table.label),
            "ferplus_accuracy": accuracy(found.dcnn_plus, truth),
        },
    }


def write_predictions(path: Path, found: Probabilities) -> None:
    """Write one row a face in file order; labels and votes are not looked at."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        columns = [f"fer_{name}" for name in EMOTIONS] + [f"plus_{n}" for n in FERPLUS_LABELS]
        writer.writerow(["row", *columns])
        for row, values in enumerate(np.hstack([found.fer, found.plus])):
            writer.writerow([row, *(f"{value:.6f}" for value in values)])


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit status 2 for unusable input."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    emotions = commands.add_parser("emotions", help="the expression models")
    emotions.add_argument("--data", type=Path, required=True)
    emotions.add_argument("--predictions", type=Path, metavar="OUT.csv")
    emotions.add_argument("--json", action="store_true", help="end stdout with one JSON object")
    emotions.add_argument("--manifest", type=Path, default=SHIPPED, help="default: the shipped one")
    options = parser.parse_args(arguments)
    try:
        table = load_faces(options.data)
        model = EmotionFusion(options.manifest)
        found = predict(model, table.images)
        if options.predictions:
            write_predictions(options.predictions, found)
    except (BadTable, WeightsMismatch, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    result = figures(found, table)
    print(json.dumps(result, allow_nan=False, indent=None if options.json else 2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
