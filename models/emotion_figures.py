"""Predictions of the fusion for many faces, and the metrics computed from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from detectors.emotions import EmotionFusion, Probabilities
from detectors.types import EMOTION_OF_FERPLUS, EMOTIONS, FERPLUS_LABELS
from models import metrics
from recommender.commands import progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.face_table import FaceTable

BATCH = 64
COVERAGE = 0.8


def predict(model: EmotionFusion, images: NDArray[np.uint8]) -> Probabilities:
    """Return the probabilities of all faces, in order."""
    parts = []
    with progress("faces") as show:
        for start in range(0, len(images), BATCH):
            parts.append(model.probabilities(images[start : start + BATCH]))
            show(min(start + BATCH, len(images)), len(images))
    names = Probabilities.__dataclass_fields__
    return Probabilities(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})


def shown(found: Probabilities) -> NDArray[np.float32]:
    """Return the seven probabilities that the app shows, float32 [shape=(n, 7)]."""
    return np.array([scores.as_tuple() for scores in found.shown()], np.float32)


def emotion_of_majority(votes: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the FER+ majority as an index of the seven emotions, -1 for contempt."""
    folded = [EMOTION_OF_FERPLUS.get(label) for label in FERPLUS_LABELS]
    index = np.array([-1 if name is None else EMOTIONS.index(name) for name in folded])
    return np.asarray(index[metrics.majority(votes)])


def figures(found: Probabilities, table: FaceTable) -> dict[str, Any]:
    """Return the metrics of the fusion, of each net alone, and of the app's scores."""
    label = table.label.astype(np.intp)
    predicted, joined = found.fer.argmax(axis=1), shown(found)
    right = predicted == label
    result: dict[str, Any] = {
        "n": len(label),
        "fer2013_accuracy": float(right.mean()),
        "fer2013_macro_f1": metrics.macro_f1(predicted, label),
        "fer2013_recall": metrics.recalls(predicted, label),
        "accuracy_at_80": metrics.accuracy_at(COVERAGE, found.fer, label),
        "ferplus_accuracy": None,
        "ferplus_accuracy_clear": None,
        "ece": None,
        "ci95": {
            "fer2013_accuracy": metrics.bootstrap_interval(
                lambda rows: float(right[rows].mean()), len(label)
            ),
            "fer2013_macro_f1": metrics.bootstrap_interval(
                lambda rows: metrics.macro_f1(predicted[rows], label[rows]), len(label)
            ),
            "ferplus_accuracy": None,
        },
        "cnn": {"fer2013_accuracy": _accuracy(found.cnn_fer, label), "ferplus_accuracy": None},
        "dcnn": {"fer2013_accuracy": _accuracy(found.dcnn_fer, label), "ferplus_accuracy": None},
        "shown": {"fer2013_accuracy": _accuracy(joined, label)},
    }
    if table.votes is not None:
        _add_ferplus(result, found, joined, table.votes, label)
    return result


def _accuracy(probabilities: NDArray[np.float32], truth: NDArray[np.intp]) -> float | None:
    return float((probabilities.argmax(axis=1) == truth).mean()) if len(truth) else None


def _add_ferplus(
    result: dict[str, Any],
    found: Probabilities,
    joined: NDArray[np.float32],
    votes: NDArray[np.uint8],
    label: NDArray[np.intp],
) -> None:
    truth, emotion, groups = (
        metrics.majority(votes),
        emotion_of_majority(votes),
        metrics.agreement(votes),
    )
    right = found.plus.argmax(axis=1) == truth
    clear = ~groups["split"]
    result["ferplus_accuracy"] = float(right.mean())
    result["ferplus_accuracy_clear"] = _accuracy(found.plus[clear], truth[clear])
    result["ece"] = metrics.expected_calibration_error(found.plus, truth)
    result["ci95"]["ferplus_accuracy"] = metrics.bootstrap_interval(
        lambda rows: float(right[rows].mean()), len(label)
    )
    result["by_agreement"] = {
        name: {
            "n": int(rows.sum()),
            "fer2013_accuracy": _accuracy(found.fer[rows], label[rows]),
            "ferplus_accuracy": _accuracy(found.plus[rows], truth[rows]),
        }
        for name, rows in groups.items()
    }
    for name, plus in (("cnn", found.cnn_plus), ("dcnn", found.dcnn_plus)):
        result[name]["ferplus_accuracy"] = _accuracy(plus, truth)
    counted, both = emotion >= 0, emotion == label
    result["shown"] |= {
        "ferplus_accuracy": _accuracy(joined[counted], emotion[counted]),
        "accuracy_where_labels_agree": _accuracy(joined[both], emotion[both]),
    }
