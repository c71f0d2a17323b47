"""Recall of smiles and of neutral faces by groups of people, through the app's own pipeline.

A folder holds ``labels.csv`` (file, person, expression, gender, ethnicity) and ``pictures/``; the
Face Research Lab London Set (DeBruine & Jones 2017, CC BY 4.0) has that layout. Groups are as the
people named them themselves.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, UnidentifiedImageError
from scipy.stats import binomtest

from detectors.types import EMOTIONS, Face
from models import BadInput
from recommender.commands import progress

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from detectors.pipeline import Analyser

GROUPINGS = ("all", "gender", "ethnicity")
COLUMNS = ("file", "expression", "gender", "ethnicity")


@dataclass(frozen=True, slots=True)
class Picture:
    """A labelled picture, and what was found in it.

    Attributes
    ----------
    expression : str, one of `EMOTIONS`, as labelled
    groups : mapping of each of `GROUPINGS` to the person's group
    said : str, the leading emotion; "" without a face
    mouth : float, width of the mouth by the distance of the eyes; nan without a face
    """

    expression: str
    groups: dict[str, str]
    said: str
    mouth: float


def wilson(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, JASA 22, 1927); 0 and 1 for none of none."""
    if not count:
        return 0.0, 1.0
    interval = binomtest(right, count).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def read_labels(folder: Path) -> list[dict[str, str]]:
    """Read the table of a folder.

    Raises
    ------
    BadInput
        When it is missing, has no rows, lacks a column, or names an unknown expression.
    """
    path = folder / "labels.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path}: not a readable table ({error})") from error
    if not rows or any(row.get(name) is None for row in rows for name in COLUMNS):
        raise BadInput(f"{path}: needs rows with {', '.join(COLUMNS)}")
    unknown = {row["expression"] for row in rows} - set(EMOTIONS)
    if unknown:
        raise BadInput(f"{path}: unknown expressions: {', '.join(sorted(unknown))}")
    return rows


def _read_picture(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"), dtype=np.uint8)
    except (OSError, UnidentifiedImageError) as error:
        raise BadInput(f"{path}: not a readable picture ({error})") from error


def mouth_width(face: Face) -> float:
    """Return the distance of the corners of the mouth by that of the eyes."""
    left, right, _, *corners = face.landmarks
    return math.dist(*corners) / max(math.dist(left, right), 1.0)


def read_faces(folder: Path, analyser: Analyser) -> list[Picture]:
    """Read each picture of a folder as the app reads a photo.

    Raises
    ------
    BadInput
        When the table or a picture cannot be read.
    """
    found, rows = [], read_labels(folder)
    with progress("pictures") as show:
        for row in rows:
            reading = analyser.analyse(_read_picture(folder / "pictures" / row["file"]))
            said, mouth = "", math.nan
            if reading.face is not None and reading.scores is not None:
                said, mouth = reading.scores.leading, mouth_width(reading.face)
            groups = {name: row.get(name, "all") for name in GROUPINGS}
            found.append(Picture(row["expression"], groups, said, mouth))
            show(len(found), len(rows))
    return found


def group_figures(pictures: list[Picture]) -> dict[str, Any]:
    """Return pictures, faces found, and by group and expression the recall with its interval.

    A picture without a face counts as misread. ``mouth`` is the mean width of the mouth by the
    distance of the eyes, a control of the smiles' strength; None where no face was found.
    """
    keys = sorted(
        {(by, one.groups[by], one.expression) for one in pictures for by in GROUPINGS},
        key=lambda key: (GROUPINGS.index(key[0]), *key[1:]),
    )
    groups = []
    for by, group, expression in keys:
        these = [p for p in pictures if p.groups[by] == group and p.expression == expression]
        right = sum(one.said == expression for one in these)
        mouths = [one.mouth for one in these if one.said]
        low, high = wilson(right, len(these))
        groups.append(
            {
                "by": by,
                "group": group,
                "expression": expression,
                "n": len(these),
                "recall": right / len(these),
                "low": low,
                "high": high,
                "mouth": float(np.mean(mouths)) if mouths else None,
            }
        )
    return {"n": len(pictures), "found": sum(bool(p.said) for p in pictures), "groups": groups}
