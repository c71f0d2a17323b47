"""Predictions of the music model for many clips."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

from detectors.types import GEMS_FEELINGS, QUADRANTS
from models import progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from detectors.types import AudioTagger, MusicScores


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
