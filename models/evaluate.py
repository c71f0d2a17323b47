"""Evaluate the shipped models by the code that the app runs.

``python -m models.evaluate emotions --data FILE.npz --json``: FILE.npz has the layout of FER-2013's
``publictest.npz`` (``images``, ``label``, and, for the FER+ figures, ``votes``).

``python -m models.evaluate music --clips DIR --labels DIR/labels.csv --json``: the table has the
layout of 4Q or of Emotify, and its ``file`` is relative to DIR. Figures of the shipped music model
say nothing on the clips that it was trained on (``models.train_music`` cross-validates).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from detectors.conversion import converted_detector
from detectors.emotions import EmotionFusion
from detectors.errors import DetectorError
from detectors.music import SHIPPED as MUSIC
from detectors.music import MusicTagger
from detectors.types import EMOTIONS, FERPLUS_LABELS
from detectors.weights import SHIPPED
from models.emotion_figures import figures, predict
from models.face_table import BadTable, load_faces
from models.music_metrics import hear_clips, music_figures, write_music_predictions
from models.music_table import BadMusicTable, read_music_table
from recommender.commands import carry_every_letter
from recommender.settings import BadSetting, settings_from

if TYPE_CHECKING:
    from detectors.emotions import Probabilities


def write_predictions(path: Path, found: Probabilities) -> None:
    """Write one row per face in file order; labels and votes are not used."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        columns = [f"fer_{name}" for name in EMOTIONS] + [f"plus_{n}" for n in FERPLUS_LABELS]
        writer.writerow(["row", *columns])
        for row, values in enumerate(np.hstack([found.fer, found.plus])):
            writer.writerow([row, *(f"{value:.6f}" for value in values)])


def _emotions(options: argparse.Namespace) -> dict[str, Any]:
    table = load_faces(options.data)
    model = EmotionFusion(options.manifest)
    found = predict(model, table.images)
    if options.predictions:
        write_predictions(options.predictions, found)
    result = figures(found, table)
    if options.through_camera:
        from models.through_camera import camera_figures

        detector = converted_detector(settings_from(os.environ).data_dir)
        result |= camera_figures(model, table, found, detector)
    return result


def _music(options: argparse.Namespace) -> dict[str, Any]:
    table = read_music_table(options.labels)
    found = hear_clips(MusicTagger(options.manifest), options.clips, table.files)
    if options.predictions:
        write_music_predictions(options.predictions, table.files, found)
    usable = [row for row, scores in enumerate(found) if scores is not None]
    scores = [one for one in found if one is not None]
    return music_figures(scores, table.rows(usable))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 2 for unusable input."""
    carry_every_letter()
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    emotions = commands.add_parser("emotions", help="the expression models")
    emotions.add_argument("--data", type=Path, required=True)
    emotions.add_argument("--predictions", type=Path, metavar="OUT.csv")
    emotions.add_argument(
        "--through-camera", action="store_true", help="also pasted into scenes (a few minutes)"
    )
    emotions.add_argument("--json", action="store_true", help="end stdout with one JSON object")
    emotions.add_argument("--manifest", type=Path, default=SHIPPED, help="default: as shipped")
    music = commands.add_parser("music", help="the music model")
    music.add_argument("--clips", type=Path, required=True, metavar="DIR")
    music.add_argument("--labels", type=Path, required=True, metavar="DIR/labels.csv")
    music.add_argument("--predictions", type=Path, metavar="OUT.csv")
    music.add_argument("--json", action="store_true", help="end stdout with one JSON object")
    music.add_argument("--manifest", type=Path, default=MUSIC, help="default: as shipped")
    options = parser.parse_args(arguments)
    measure = _emotions if options.command == "emotions" else _music
    try:
        result = measure(options)
    except (BadTable, BadMusicTable, DetectorError, BadSetting, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(result, allow_nan=False, indent=None if options.json else 2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
