"""`python -m models.evaluate emotions`, `corrections` and `faces` as processes, on few faces."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from skimage import data

from detectors.emotions import EmotionFusion
from detectors.types import EMOTIONS
from detectors.weights import SHIPPED
from tests.fakes.face_tables import made_up_faces, save_faces

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
LONDON = ROOT.parent / "shared" / "data" / "london-faces"
PATIENCE_S = 120
# More than one batch of 64, and a rest.
COUNT = 80
COLUMNS = [
    "row", "fer_angry", "fer_disgust", "fer_fear", "fer_happy", "fer_sad", "fer_surprise",
    "fer_neutral", "plus_neutral", "plus_happiness", "plus_surprise", "plus_sadness", "plus_anger",
    "plus_disgust", "plus_fear", "plus_contempt",
]  # fmt: skip


@pytest.fixture(scope="module")
def faces() -> dict[str, NDArray[Any]]:
    return made_up_faces(COUNT)


def evaluate(
    *arguments: str | Path, what: str = "emotions", warnings: str = "error"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", warnings, "-m", "models.evaluate", what, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE_S,
    )


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON object that stdout ends with."""
    assert done.returncode == 0, done.stderr
    *before, last = done.stdout.splitlines()
    assert not any(line.lstrip().startswith("{") for line in before)
    found = json.loads(last, parse_constant=refuse_constant)
    assert isinstance(found, dict)
    return found


def read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.slow
def test_the_figures_come_as_one_line_of_json(
    tmp_path: Path, faces: dict[str, NDArray[Any]]
) -> None:
    found = result(evaluate("--data", save_faces(tmp_path / "faces.npz", faces), "--json"))
    assert found["n"] == COUNT
    assert list(found["fer2013_recall"]) == list(EMOTIONS)
    figures = [found[name] for name in ("fer2013_accuracy", "fer2013_macro_f1", "ece")]
    figures += [found["ferplus_accuracy"], *found["fer2013_recall"].values()]
    figures += [*found["cnn"].values(), *found["dcnn"].values(), found["accuracy_at_80"]]
    assert len(figures) == 4 + 7 + 2 + 2 + 1
    assert all(0 <= value <= 1 for value in figures)


@pytest.mark.slow
def test_through_the_camera_there_are_figures_more(tmp_path: Path) -> None:
    table = made_up_faces(12)
    table["images"][:] = cv2.cvtColor(
        cv2.resize(data.astronaut()[30:200, 140:310], (48, 48), interpolation=cv2.INTER_AREA),
        cv2.COLOR_RGB2GRAY,
    )
    saved = save_faces(tmp_path / "faces.npz", table)
    found = result(evaluate("--data", saved, "--through-camera", "--json", warnings="default"))
    assert found["detectable"] > 6
    assert found["found"] > 0.8
    assert 0 <= found["through_camera_accuracy"] <= 1
    # One face only, so that it is taken for the same emotion each time.
    label = np.bincount(table["label"]).max() / 12
    assert found["direct_accuracy_same_faces"] <= label + 0.2


def test_the_figures_are_those_of_the_predictions(
    tmp_path: Path, faces: dict[str, NDArray[Any]]
) -> None:
    faces_file, out = save_faces(tmp_path / "faces.npz", faces), tmp_path / "out.csv"
    found = result(evaluate("--data", faces_file, "--predictions", out, "--json"))
    rows = np.array([[float(value) for value in row[1:]] for row in read(out)[1:]])
    said = rows[:, :7].argmax(axis=1)
    assert found["fer2013_accuracy"] == pytest.approx(float(np.mean(said == faces["label"])))
    truth = faces["votes"][:, :8].argmax(axis=1)
    right = float(np.mean(rows[:, 7:].argmax(axis=1) == truth))
    assert found["ferplus_accuracy"] == pytest.approx(right)


@pytest.mark.slow
def test_the_predictions_stand_in_file_order_under_their_names(
    tmp_path: Path, faces: dict[str, NDArray[Any]]
) -> None:
    faces_file, out = save_faces(tmp_path / "faces.npz", faces), tmp_path / "out.csv"
    assert evaluate("--data", faces_file, "--predictions", out).returncode == 0
    header, *rows = read(out)
    assert header == COLUMNS
    assert [row[0] for row in rows] == [str(row) for row in range(COUNT)]
    expected = EmotionFusion(SHIPPED).probabilities(faces["images"])
    written = np.array([[float(value) for value in row[1:]] for row in rows])
    np.testing.assert_allclose(written, np.hstack([expected.fer, expected.plus]), atol=2e-5)


@pytest.mark.slow
def test_labels_and_votes_have_no_influence_on_the_predictions(
    tmp_path: Path, faces: dict[str, NDArray[Any]]
) -> None:
    shuffled = {**faces, "label": faces["label"][::-1], "votes": faces["votes"][::-1]}
    tables = {"as it is": faces, "shuffled": shuffled}
    written = []
    for name, table in tables.items():
        out = tmp_path / f"{name}.csv"
        faces_file = save_faces(tmp_path / f"{name}.npz", table)
        assert evaluate("--data", faces_file, "--predictions", out).returncode == 0
        written.append(out.read_bytes())
    assert written[0] == written[1]


@pytest.mark.slow
def test_without_votes_or_some_classes_the_figures_that_need_them_are_null(
    tmp_path: Path, faces: dict[str, NDArray[Any]]
) -> None:
    bare = {"images": faces["images"], "label": np.where(faces["label"] > 3, 3, faces["label"])}
    found = result(evaluate("--data", save_faces(tmp_path / "faces.npz", bare), "--json"))
    nothing = {name for name, value in found.items() if value is None}
    assert nothing == {"ferplus_accuracy", "ferplus_accuracy_clear", "ece"}
    assert found["cnn"]["ferplus_accuracy"] is found["dcnn"]["ferplus_accuracy"] is None
    absent = {name for name, value in found["fer2013_recall"].items() if value is None}
    assert absent == {"sad", "surprise", "neutral"}


@pytest.mark.slow
def test_without_json_the_same_figures_are_laid_out_for_people(
    tmp_path: Path, faces: dict[str, NDArray[Any]]
) -> None:
    done = evaluate("--data", save_faces(tmp_path / "faces.npz", faces))
    assert json.loads(done.stdout)["n"] == COUNT
    assert len(done.stdout.splitlines()) > 10


def test_corrections_are_simulated_by_the_confusions_alone() -> None:
    found = result(evaluate("--json", what="corrections"))
    assert (found["face"], found["read_as"]) == ("neutral", "sad")
    figures = found["by_confusion"]
    assert figures["read_right"] > 0.9
    assert figures["corrections"]["median"] <= 6
    assert figures["recall_lost"]["median"] <= 0.02


@pytest.mark.slow
def test_of_faces_without_votes_corrections_are_simulated_by_one_set_of_labels(
    tmp_path: Path, faces: dict[str, NDArray[Any]]
) -> None:
    bare = {name: faces[name] for name in ("images", "label")}
    saved = save_faces(tmp_path / "faces.npz", bare)
    found = result(evaluate("--data", saved, "--json", what="corrections"))
    assert "by_ferplus" not in found
    assert np.sum(list(found["population"].values())) == COUNT


def test_an_unusable_table_is_one_sentence_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "faces.npz").write_text("no table")
    for name in ("faces.npz", "nowhere.npz"):
        done = evaluate("--data", tmp_path / name, "--json")
        assert done.returncode == 2
        assert done.stdout == ""
        assert name in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_manifest_that_names_nothing_usable_is_one_sentence_on_stderr(
    tmp_path: Path, faces: dict[str, NDArray[Any]]
) -> None:
    faces_file = save_faces(tmp_path / "faces.npz", faces)
    done = evaluate("--data", faces_file, "--manifest", tmp_path / "manifest.json")
    assert done.returncode == 2
    assert "manifest.json" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_predictions_that_cannot_be_written_are_one_sentence_on_stderr(
    tmp_path: Path, faces: dict[str, NDArray[Any]]
) -> None:
    faces_file = save_faces(tmp_path / "faces.npz", faces)
    done = evaluate("--data", faces_file, "--predictions", tmp_path / "no" / "folder.csv")
    assert done.returncode == 2
    assert "folder.csv" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_groups_of_people_are_compared_on_real_pictures(tmp_path: Path) -> None:
    if not LONDON.exists():
        pytest.skip("needs the London faces in ../shared")
    header, *rows = (LONDON / "labels.csv").read_text(encoding="utf-8").splitlines()
    some = [row for row in rows if row.startswith(("009_", "010_"))]
    (tmp_path / "labels.csv").write_text("\n".join([header, *some]), encoding="utf-8")
    (tmp_path / "pictures").symlink_to(LONDON / "pictures")
    found = result(evaluate("--folder", tmp_path, "--json", what="faces", warnings="default"))
    assert (found["n"], found["found"]) == (4, 4)
    women = [one for one in found["groups"] if one["by"] == "gender"]
    assert [(one["group"], one["expression"], one["n"]) for one in women] == [
        ("female", "happy", 2),
        ("female", "neutral", 2),
    ]
    assert all(one["low"] <= one["recall"] <= one["high"] for one in found["groups"])
