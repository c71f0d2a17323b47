"""Recall by groups of people: intervals, groups, and what a folder may hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detectors.pipeline import NO_FACE, Reading
from detectors.types import EmotionScores, Face
from models import BadInput
from models.group_figures import group_figures, read_faces, wilson

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LABELS = """file,person,expression,gender,ethnicity
a.png,1,happy,female,white
b.png,1,neutral,female,white
c.png,2,happy,male,black
d.png,3,happy,male,white
"""
HAPPY, NEUTRAL = ({"happy": 1.0}, {"neutral": 1.0})
FACE = Face((10, 10, 40, 40), 0.9, ((20, 20), (40, 20), (30, 30), (22, 40), (38, 40)))


class Reader:
    """Reads the emotion from a picture's grey level: 1 happy, 2 neutral, anything else no face."""

    def analyse(self, frame: NDArray[np.uint8]) -> Reading:
        said = {1: HAPPY, 2: NEUTRAL}.get(int(frame[0, 0, 0]))
        if said is None:
            return NO_FACE
        others = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
        return Reading(FACE, EmotionScores(**{name: said.get(name, 0.0) for name in others}))


def folder_with(folder: Path, labels: str, levels: str = "1213") -> Path:
    (folder / "pictures").mkdir()
    (folder / "labels.csv").write_text(labels, encoding="utf-8")
    for name, level in zip("abcd", levels, strict=True):
        picture = Image.fromarray(np.full((8, 8, 3), int(level), np.uint8))
        picture.save(folder / "pictures" / f"{name}.png")
    return folder


def test_each_group_has_its_pictures_and_their_recall(tmp_path: Path) -> None:
    found = group_figures(read_faces(folder_with(tmp_path, LABELS), Reader()))  # type: ignore[arg-type]
    assert (found["n"], found["found"]) == (4, 3)
    rows = {(g["by"], g["group"], g["expression"]): g for g in found["groups"]}
    assert {key: (g["n"], g["recall"]) for key, g in rows.items()} == {
        ("all", "all", "happy"): (3, 2 / 3),
        ("all", "all", "neutral"): (1, 1.0),
        ("gender", "female", "happy"): (1, 1.0),
        ("gender", "female", "neutral"): (1, 1.0),
        ("gender", "male", "happy"): (2, 0.5),
        ("ethnicity", "black", "happy"): (1, 1.0),
        ("ethnicity", "white", "happy"): (2, 0.5),
        ("ethnicity", "white", "neutral"): (1, 1.0),
    }
    assert [g["by"] for g in found["groups"]] == ["all"] * 2 + ["gender"] * 3 + ["ethnicity"] * 3
    for one in found["groups"]:
        assert 0 <= one["low"] <= one["recall"] <= one["high"] <= 1
        assert one["mouth"] == pytest.approx(0.8)


def test_a_group_of_which_no_face_was_found_has_no_mouth(tmp_path: Path) -> None:
    found = group_figures(read_faces(folder_with(tmp_path, LABELS, "3333"), Reader()))  # type: ignore[arg-type]
    assert found["found"] == 0
    assert {(g["recall"], g["mouth"]) for g in found["groups"]} == {(0.0, None)}


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    # As in Wilson's formula worked out by hand, and in Agresti & Coull's table.
    [(0, 0, 0, 1), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (5, 10, 0.2366, 0.7634)],
)
def test_the_interval_is_wilsons(right: int, count: int, low: float, high: float) -> None:
    found = wilson(right, count)
    assert found == pytest.approx((low, high), abs=1e-4)
    assert not math.isnan(sum(found))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (None, "not a readable table"),
        ("file,expression,gender,ethnicity\n", "needs rows"),
        (LABELS.replace("gender", "sex"), "needs rows with file, expression, gender"),
        (LABELS.replace(",happy,male", ",bored,male"), "unknown expressions: bored"),
        (LABELS.replace("d.png", "e.png"), "e.png: not a readable picture"),
    ],
)
def test_a_folder_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, labels: str | None, said: str
) -> None:
    folder_with(tmp_path, labels or LABELS)
    if labels is None:
        (tmp_path / "labels.csv").unlink()
    with pytest.raises(BadInput, match=said):
        read_faces(tmp_path, Reader())  # type: ignore[arg-type]
