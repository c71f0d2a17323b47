"""`python -m models.card`: the measured part of the model card."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
from skimage import data

from detectors.weights import SHIPPED
from models import card
from models.face_table import load_faces
from tests.fakes.face_tables import made_up_faces, save_faces

ROOT = Path(__file__).parents[2]
PATIENCE_S = 300


def write(*arguments: str | Path, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "models.card", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == status, done.stderr
    return done.stderr


@pytest.mark.slow
def test_the_measured_part_is_renewed_and_the_rest_stays(tmp_path: Path) -> None:
    table = made_up_faces(16)
    face = cv2.resize(data.astronaut()[30:200, 140:310], (48, 48), interpolation=cv2.INTER_AREA)
    table["images"][:] = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    path = tmp_path / "card.md"
    shipped = (ROOT / "models" / "emotions.md").read_text(encoding="utf-8")
    begin = shipped[shipped.index("<!-- measured") :].partition("\n")[0]
    end = next(line for line in shipped.splitlines() if line.startswith("<!-- end"))
    path.write_text(
        f"# Title\n\nbefore\n\n{begin}\n\nwhat stood here\n\n{end}\n\nafter\n", encoding="utf-8"
    )
    write("--data", save_faces(tmp_path / "faces.npz", table), "--card", path)

    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# Title\n\nbefore\n\n{begin}\n\nOn publictest (16 faces)")
    assert text.endswith(f"{end}\n\nafter\n")
    assert "what stood here" not in text
    assert "| faces that the unmodified `mtcnn` finds |" in text
    assert not re.search(r"\bnan\b", text)
    # Every face is the same, so that all are read alike.
    happy = next(line for line in text.splitlines() if line.startswith("| happy |"))
    labels = np.bincount(table["label"], minlength=7)
    assert happy.split(" | ")[1] == str(labels[3])
    picture = ET.parse(tmp_path / "confusion.svg").getroot()  # noqa: S314 - our own file
    letters = [element.text for element in picture.iter() if element.tag.endswith("text")]
    assert {"FER-2013", "FER+", "contempt", "happy"} <= set(letters)


@pytest.mark.slow
def test_what_is_written_on_it_while_it_measures_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "card.md"
    path.write_text(f"old\n{card.BEGIN}\n{card.END}\n", encoding="utf-8")

    def camera_figures(*_: object) -> dict[str, float]:
        path.write_text(f"new\n{card.BEGIN}\n{card.END}\nmore\n", encoding="utf-8")
        names = ("found", "through_camera_accuracy", "direct_accuracy_same_faces")
        return {"detectable": 8, **dict.fromkeys(names, 1.0)}

    monkeypatch.setattr(card, "camera_figures", camera_figures)
    table = load_faces(save_faces(tmp_path / "faces.npz", made_up_faces(8)))
    card.write_card(path, SHIPPED, table, tmp_path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"new\n{card.BEGIN}\n\nOn publictest (8 faces)")
    assert text.endswith(f"{card.END}\nmore\n")


def test_a_table_without_votes_is_one_sentence_and_the_card_stays(tmp_path: Path) -> None:
    table = made_up_faces(8)
    del table["votes"]
    path = tmp_path / "card.md"
    path.write_text("as it was", encoding="utf-8")
    said = write("--data", save_faces(tmp_path / "faces.npz", table), "--card", path, status=2)
    assert "the card needs FER+ votes" in said
    assert "Traceback" not in said
    assert path.read_text(encoding="utf-8") == "as it was"
