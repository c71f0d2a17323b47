"""Predictions of the music model for many clips, their metrics on 4Q and Emotify, and its card."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import r2_score

from detectors.types import GEMS_FEELINGS, AudioTagger, Message, MusicScores
from models.metrics import macro_f1
from models.music_table import MusicTable
from recommender.commands import progress, report


def hear_clips(tagger: AudioTagger, folder: Path, files: Sequence[str]) -> list[MusicScores | None]:
    """Return the scores of the folder's files, None for an unusable file (reported on stderr)."""
    found: list[MusicScores | None] = []
    with progress("clips") as show:
        for name in files:
            scores = tagger.tag(folder / name)
            if isinstance(scores, Message):
                report(scores, f"{name}:")
            found.append(None if isinstance(scores, Message) else scores)
            show(len(found), len(files))
    return found


# The quadrants of high valence, and those of high arousal.
HIGH_VALENCE, HIGH_AROUSAL = (0, 3), (0, 1)


def determination(truth: NDArray[np.float64], found: NDArray[np.float64]) -> float:
    """Return the coefficient of determination, 1 − squared error / variance: ≤ 1.

    Values whose truth is unknown (NaN) do not count. The result is 0 for a truth without variance.
    """
    known = ~np.isnan(truth)
    if not known.any() or np.ptp(truth[known]) == 0:
        return 0.0
    return float(r2_score(truth[known], found[known]))


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


CARD = Path(__file__).parent / "music.md"
BEGIN, END = (
    "<!-- measured: python -m models.train_music -->",
    "<!-- end of what was measured -->",
)


def measured_part(figures: Mapping[str, Any]) -> str:
    """Return the card's tables of the figures from `models.train_music.validate`."""
    music, feelings, transfer = figures["4q"], figures["emotify"], figures["transfer"]
    rows = [
        ("quadrant, macro-F1", music["quadrant_macro_f1"]),
        ("quadrant, accuracy", music["quadrant_accuracy"]),
        ("valence high or low", music["valence_hilo"]),
        ("arousal high or low", music["arousal_hilo"]),
        ("valence against the word norms, R²", music["valence_r2"]),
        ("arousal against the word norms, R²", music["arousal_r2"]),
    ]
    lines = [
        f"4Q, {music['n']} clips, ten folds grouped by artist:",
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {value:.3f} |" for name, value in rows),
        "",
        f"Emotify, {feelings['n']} clips, ten folds stratified by genre (it names no artists),",
        "the mean of three draws of the folds. The last two columns say what transfers: how the",
        "listeners' shares go with the valence and arousal that the head of 4Q hears there.",
        "",
        "| feeling | R² | with valence | with arousal |",
        "| --- | --- | --- | --- |",
        *(
            f"| {name.replace('_', ' ')} | {feelings['gems_r2'][name]:.3f} | "
            f"{transfer[name]['valence']:+.2f} | {transfer[name]['arousal']:+.2f} |"
            for name in GEMS_FEELINGS
        ),
        f"| **mean** | **{feelings['gems_r2']['mean']:.3f}** | | |",
    ]
    return "\n".join(lines)


def with_measured(card: str, figures: Mapping[str, Any]) -> str:
    """Replace the tables between the two marks in the card's text."""
    before, rest = card.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{measured_part(figures)}\n{END}{after}"
