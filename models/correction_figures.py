"""A simulation of people whose faces are misread, and who say so: how soon they are read right.

A person is one face of the public test set that the app names wrongly: their own way to look
neutral, say, which reads as sad. Their camera sees it in `VIEWS` views, a little turned, moved,
nearer and lighter each. They answer at a view, drawn by chance, that is still misread, until most
of the views are led by the right emotion. Their other expressions are all faces of that set with
other labels, as they are.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from detectors.corrections import LEVELS, POPULATION, Answer, Corrections
from detectors.types import EMOTIONS, SURE_FROM
from models.emotion_figures import emotion_of_majority, predict, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detectors.emotions import EmotionFusion
    from models.face_table import FaceTable

# What people complain of most.
FACE, READ_AS = "neutral", "sad"
VIEWS = 16
# Their differences: those of a head that keeps still before a camera.
TURN_DEGREES, SHIFT_PIXELS, SCALE, GAMMA, NOISE_SIGMA = 6.0, 1.5, 0.06, 0.17, 2.0
SEED = 21
# A person who answered so often gives up.
PATIENCE = 30


def views_of(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return `VIEWS` pictures of a face [shape=(n, 48, 48)] as a camera sees it."""
    centre = (face.shape[1] / 2 - 0.5, face.shape[0] / 2 - 0.5)
    seen = []
    for _ in range(VIEWS):
        turn = rng.uniform(-TURN_DEGREES, TURN_DEGREES)
        scale = rng.uniform(1 - SCALE, 1 + SCALE)
        matrix: NDArray[Any] = cv2.getRotationMatrix2D(centre, turn, scale)
        matrix[:, 2] += rng.uniform(-SHIFT_PIXELS, SHIFT_PIXELS, 2)
        moved = cv2.warpAffine(face, matrix, face.shape, borderMode=cv2.BORDER_REFLECT_101)
        light = (moved / 255) ** rng.uniform(1 - GAMMA, 1 + GAMMA) * 255
        seen.append(np.clip(light + rng.normal(0, NOISE_SIGMA, face.shape), 0, 255))
    return np.rint(seen).astype(np.uint8)


def cells_of(shares: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the leading emotion and the level of readings [shape=(n, 7)], as `cell_of` does."""
    return shares.argmax(axis=-1), np.searchsorted(LEVELS, shares.max(axis=-1), side="right")


def population(
    shares: NDArray[np.floating], *labels: NDArray[np.integer]
) -> dict[str, list[list[int]]]:
    """Return the numbers of faces by cell and label, as `POPULATION` has them.

    Parameters
    ----------
    labels : int [shape=(n,)] each, indices of `EMOTIONS`, −1 for none
    """
    faces = np.zeros((len(EMOTIONS), len(LEVELS) + 1, len(EMOTIONS)), int)
    for label in labels:
        has = label >= 0
        np.add.at(faces, (*cells_of(shares[has]), label[has]), 1)
    return dict(zip(EMOTIONS, faces.tolist(), strict=True))


def corrected(shares: NDArray[np.floating], corrections: Corrections) -> NDArray[np.floating]:
    """Return readings [shape=(n, 7)] as `Corrections.applied` makes them."""
    odds = np.array(
        [
            [list(corrections.odds((name, level)).values()) for level in range(len(LEVELS) + 1)]
            for name in EMOTIONS
        ]
    )
    moved = shares * odds[cells_of(shares)]
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


def answers_needed(
    views: NDArray[np.floating], truth: int, rng: np.random.Generator
) -> Counter[Answer] | None:
    """Return the answers after which most views are led by the true emotion; None for never.

    The question is asked where an emotion is named; where none is any more, of any other view.
    """
    given: Counter[Answer] = Counter()
    leading, level = cells_of(views)
    for _ in range(PATIENCE + 1):
        now = corrected(views, Corrections(given))
        wrong = now.argmax(axis=1) != truth
        if 2 * wrong.sum() < len(views):
            return given
        named = wrong & (now.max(axis=1) >= SURE_FROM)
        at = rng.choice(np.flatnonzero(named if named.any() else wrong))
        given[EMOTIONS[leading[at]], int(level[at]), EMOTIONS[truth]] += 1
    return None


def figures(
    people: NDArray[np.floating],
    shares: NDArray[np.floating],
    label: NDArray[np.integer],
    face: str = FACE,
) -> dict[str, Any]:
    """Return what answers do for people, and what they cost them.

    The keys are ``people``; ``read_right``, the share of them who are in the end; the ``median``
    and ``p90`` of ``corrections`` until then (null: never); and, of those who are, what the other
    six expressions lose in ``recall_lost``, the mean over the six, and in ``recall_lost_of_worst``.

    Parameters
    ----------
    people : float [shape=(people, views, 7)], views of a ``face`` of each
    shares, label : float [shape=(n, 7)] and int [shape=(n,)], readings of all faces
    """
    truth = EMOTIONS.index(face)
    others, other_label = shares[label != truth], label[label != truth]
    before = _recalls(others, other_label)
    rng = np.random.default_rng(SEED)
    needed, lost = [], []
    for views in people:
        given = answers_needed(views, truth, rng)
        needed.append(np.inf if given is None else given.total())
        if given is not None:
            after = _recalls(corrected(others, Corrections(given)), other_label)
            lost.append(before - after)
    losses = np.array(lost).reshape(-1, len(EMOTIONS))
    return {
        "people": len(people),
        "read_right": len(lost) / max(1, len(people)),
        "corrections": _spread(np.array(needed)),
        "recall_lost": _spread(np.nanmean(losses, axis=1)),
        "recall_lost_of_worst": _spread(np.nanmax(losses, axis=1)),
    }


def face_figures(
    model: EmotionFusion, table: FaceTable, face: str = FACE, read_as: str = READ_AS
) -> dict[str, Any]:
    """Return the ``population`` and, by the labels of each set, the figures of real faces."""
    shares = shown(predict(model, table.images)).astype(float)
    labels = {"by_fer2013": table.label.astype(np.intp)}
    if table.votes is not None:
        labels["by_ferplus"] = emotion_of_majority(table.votes)
    result: dict[str, Any] = {"population": population(shares, *labels.values())}
    misread = (shares.argmax(axis=1) == EMOTIONS.index(read_as)) & (shares.max(axis=1) >= SURE_FROM)
    for name, label in labels.items():
        theirs = table.images[misread & (label == EMOTIONS.index(face))]
        rng = np.random.default_rng(SEED)
        people = np.zeros((0, VIEWS, len(EMOTIONS)))
        if len(theirs):
            views = np.concatenate([views_of(one, rng) for one in theirs])
            people = shown(predict(model, views)).astype(float).reshape(-1, *people.shape[1:])
        has = label >= 0
        result[name] = figures(people, shares[has], label[has], face)
    return result


def confusion_figures(face: str = FACE, read_as: str = READ_AS) -> dict[str, Any]:
    """Return the figures by the confusions alone.

    Where no more is known than its cell, a face has the shares of all faces in it, so that no two
    of them can be told apart; and all views of a person are in one cell.
    """
    counts = np.array([POPULATION[name] for name in EMOTIONS])
    alike = counts / counts.sum(axis=2, keepdims=True)
    leading, level, label = (
        np.repeat(rows, counts.ravel()) for rows in np.indices(counts.shape).reshape(3, -1)
    )
    shares = alike[leading, level]
    theirs = (label == EMOTIONS.index(face)) & (leading == EMOTIONS.index(read_as))
    return figures(shares[theirs][:, None], shares, label, face)


def _recalls(shares: NDArray[np.floating], label: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the recall of each emotion [shape=(7,)]; NaN for one without a face."""
    right = np.bincount(label[shares.argmax(axis=1) == label], minlength=len(EMOTIONS))
    faces = np.bincount(label, minlength=len(EMOTIONS))
    return np.divide(right, faces, where=faces > 0, out=np.full(len(EMOTIONS), np.nan))


def _spread(values: NDArray[np.floating]) -> dict[str, float | None]:
    """Return the median and the ninth tenth of values; None where infinite, or of no values."""
    if not len(values):
        return {"median": None, "p90": None}
    middle, high = np.quantile(values, (0.5, 0.9), method="inverted_cdf")
    return {
        name: float(one) if np.isfinite(one) else None
        for name, one in (("median", middle), ("p90", high))
    }
