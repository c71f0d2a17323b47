"""Predictions of the music model for many clips, and how good they are by 4Q and Emotify."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from detectors.types import GEMS_FEELINGS, QUADRANTS
from models import progress
from models.metrics import macro_f1

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from detectors.types import AudioTagger, MusicScores
    from models.music_table import MusicTable


def hear_clips(tagger: AudioTagger, folder: Path, files: Sequence[str]) -> list[MusicScores | None]:
    """Return the scores of the folder's files, None for an unusable file (reported on stderr)."""
    found: list[MusicScores | None] = []
    for done, name in enumerate(files, start=1):
        scores = tagger.tag(folder / name)
        if isinstance(scores, str):
            sys.stderr.write(f"{name}: {scores}\n")
            found.append(None)
        else:
            found.append(scores)
        progress.show(done, len(files), "clips")
    return found


def write_music_predictions(
    path: Path, files: Sequence[str], found: Sequence[MusicScores | None]
) -> None:
    """Write one row per clip, in the table's order; only the name of an unusable clip."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        shares = [f"p_{name}" for name in QUADRANTS]
        writer.writerow(["file", *shares, "valence", "energy", *GEMS_FEELINGS])
        for name, scores in zip(files, found, strict=True):
            if scores is None:
                values: Sequence[float] = ()
            else:
                values = (*scores.quadrants, scores.valence, scores.energy, *scores.feelings)
            writer.writerow([name, *(f"{value:.6f}" for value in values)])


# The quadrants of high valence, and those of high arousal.
HIGH_VALENCE, HIGH_AROUSAL = (0, 3), (0, 1)


def determination(truth: NDArray[np.float64], found: NDArray[np.float64]) -> float:
    """Return the coefficient of determination, 1 − squared error / variance: ≤ 1.

    Values whose truth is unknown (NaN) do not count. The result is 0 for a truth without variance.
    """
    known = ~np.isnan(truth)
    if not known.any() or np.ptp(truth[known]) == 0:
        return 0.0
    error = ((truth - found)[known] ** 2).sum()
    spread = ((truth[known] - truth[known].mean()) ** 2).sum()
    return float(1 - error / spread)


def norms_of(scores: Sequence[MusicScores]) -> NDArray[np.float64]:
    """Return valence and arousal in the scale of the word norms, 1..9 [shape=(n, 2)]."""
    return np.array([(5 + 4 * one.valence, 1 + 8 * one.energy) for one in scores])


def quadrant_figures(truth: NDArray[np.int64], shares: NDArray[np.float64]) -> dict[str, float]:
    """Return the metrics of the quadrants.

    A clip is high or low by the sum of the two quadrants of each half.

    Parameters
    ----------
    truth : int, 0..3 [shape=(n,)]
    shares : float, probability of each quadrant [shape=(n, 4)]
    """
    halves = {
        name: ((shares[:, high].sum(axis=1) > 1 / 2) == np.isin(truth, high)).mean()
        for name, high in (
            ("valence_hilo", list(HIGH_VALENCE)),
            ("arousal_hilo", list(HIGH_AROUSAL)),
        )
    }
    found = shares.argmax(axis=1)
    return {
        "quadrant_accuracy": float((found == truth).mean()),
        "quadrant_macro_f1": macro_f1(found, truth),
        **{name: float(value) for name, value in halves.items()},
    }


def music_figures(scores: Sequence[MusicScores], table: MusicTable) -> dict[str, Any]:
    """Return ``n`` and the metrics that the labels of a table allow; only ``n`` without clips."""
    result: dict[str, Any] = {"n": len(scores)}
    if not scores:
        return result
    if table.quadrants is not None:
        shares = np.array([one.quadrants for one in scores])
        result |= quadrant_figures(table.quadrants, shares)
    if table.norms is not None:
        norms = norms_of(scores)
        result["valence_r2"] = determination(table.norms[:, 0], norms[:, 0])
        result["arousal_r2"] = determination(table.norms[:, 1], norms[:, 1])
    if table.feelings is not None:
        found = np.array([one.feelings for one in scores])
        by_feeling = {
            name: determination(table.feelings[:, column], found[:, column])
            for column, name in enumerate(GEMS_FEELINGS)
        }
        mean = float(np.mean(list(by_feeling.values())))
        result["gems_r2"] = {**by_feeling, "mean": mean}
    return result
