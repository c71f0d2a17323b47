"""Evaluate the shipped models by the code that the app runs.

``python -m models.evaluate emotions --data FILE.npz --json``: FILE.npz has the layout of FER-2013's
``publictest.npz`` (``images``, ``label``, and, for the FER+ figures, ``votes``).

``python -m models.evaluate corrections --data FILE.npz --json``: how soon a person's corrections
mend a misread face of theirs, and what they cost (``models.correction_figures``); without
``--data``, by the confusions alone.

``python -m models.evaluate faces --folder DIR --json``: recall of smiles and of neutral faces by
gender and ethnicity, of the pictures that ``DIR/labels.csv`` names (``models.group_figures``).

``python -m models.evaluate music --clips DIR --labels DIR/labels.csv --json``: the table has the
layout of 4Q or of Emotify, and its ``file`` is relative to DIR. Figures of the shipped music model
say nothing on the clips that it was trained on (``models.train_music`` cross-validates).
"""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from detectors.emotions import EmotionFusion
from detectors.faces import MtcnnDetector
from detectors.hearing.music import SHIPPED as MUSIC
from detectors.hearing.music import MusicTagger
from detectors.pipeline import Analyser
from detectors.types import EMOTIONS, FERPLUS_LABELS, GEMS_FEELINGS, QUADRANTS
from detectors.weights import DETECTOR, SHIPPED
from models import correction_figures, run
from models.emotion_figures import figures, predict
from models.face_table import load_faces
from models.group_figures import group_figures, read_faces
from models.music_metrics import hear_clips, music_figures
from models.music_table import read_music_table
from recommender.commands import PATH


def write_rows(
    path: Path, header: Sequence[str], rows: Iterable[tuple[object, Iterable[float]]]
) -> None:
    """Write a CSV file of rows, each with its name and numbers of six decimals."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([name, *(f"{v:.6f}" for v in values)] for name, values in rows)


COMMANDS = click.Group("models.evaluate", help=__doc__)
PREDICTIONS = click.option("--predictions", type=PATH, metavar="OUT.csv")
JSON = click.option("--json", "as_json", is_flag=True, help="end stdout with one JSON object")


@COMMANDS.command("emotions")
@click.option("--data", type=PATH, required=True)
@PREDICTIONS
@click.option("--through-camera", is_flag=True, help="also pasted into scenes (a few minutes)")
@JSON
@click.option("--manifest", type=PATH, default=SHIPPED, help="default: as shipped")
def _emotions(
    *, data: Path, predictions: Path | None, through_camera: bool, as_json: bool, manifest: Path
) -> None:
    """Evaluate the expression models."""
    table = load_faces(data)
    model = EmotionFusion(manifest)
    found = predict(model, table.images)
    if predictions:
        columns = [f"fer_{name}" for name in EMOTIONS] + [f"plus_{n}" for n in FERPLUS_LABELS]
        write_rows(predictions, ["row", *columns], enumerate(np.hstack([found.fer, found.plus])))
    result = figures(found, table)
    if through_camera:
        from models.through_camera import camera_figures

        result |= camera_figures(model, table, found, DETECTOR)
    _tell(result, as_json=as_json)


@COMMANDS.command("corrections")
@click.option("--data", type=PATH)
@click.option("--face", type=click.Choice(EMOTIONS), default=correction_figures.FACE)
@click.option("--read-as", type=click.Choice(EMOTIONS), default=correction_figures.READ_AS)
@JSON
def _corrections(*, data: Path | None, face: str, read_as: str, as_json: bool) -> None:
    """Simulate people who correct a misread expression of theirs."""
    by_confusion = correction_figures.confusion_figures(face, read_as)
    result: dict[str, Any] = {"face": face, "read_as": read_as, "by_confusion": by_confusion}
    if data is not None:
        model, table = EmotionFusion(SHIPPED), load_faces(data)
        result |= correction_figures.face_figures(model, table, face, read_as)
    _tell(result, as_json=as_json)


@COMMANDS.command("faces")
@click.option("--folder", type=PATH, required=True, metavar="DIR")
@JSON
@click.option("--manifest", type=PATH, default=SHIPPED, help="default: as shipped")
def _faces(*, folder: Path, as_json: bool, manifest: Path) -> None:
    """Compare how well groups of people are read."""
    detector = MtcnnDetector(DETECTOR)
    analyser = Analyser((detector, EmotionFusion(manifest)))
    _tell(group_figures(read_faces(folder, analyser)), as_json=as_json)


@COMMANDS.command("music")
@click.option("--clips", type=PATH, required=True, metavar="DIR")
@click.option("--labels", type=PATH, required=True, metavar="DIR/labels.csv")
@PREDICTIONS
@JSON
@click.option("--manifest", type=PATH, default=MUSIC, help="default: as shipped")
def _music(
    *, clips: Path, labels: Path, predictions: Path | None, as_json: bool, manifest: Path
) -> None:
    """Evaluate the music model."""
    table = read_music_table(labels)
    found = hear_clips(MusicTagger(manifest), clips, table.files)
    if predictions:
        columns = ["file", *(f"p_{name}" for name in QUADRANTS), "valence", "energy"]
        values = [
            () if one is None else (*one.quadrants, one.valence, one.energy, *one.feelings)
            for one in found
        ]
        rows = zip(table.files, values, strict=True)
        write_rows(predictions, [*columns, *GEMS_FEELINGS], rows)
    usable = [row for row, scores in enumerate(found) if scores is not None]
    scores = [one for one in found if one is not None]
    _tell(music_figures(scores, table.rows(usable)), as_json=as_json)


def _tell(result: dict[str, Any], *, as_json: bool) -> None:
    print(json.dumps(result, allow_nan=False, indent=None if as_json else 2))


if __name__ == "__main__":
    sys.exit(run(COMMANDS))
