"""`python -m detectors` on good, big, empty, broken and missing pictures."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import pytest
from PIL import Image

import detectors.__main__
import detectors.loading
from detectors.faces import overlap
from detectors.types import EMOTIONS
from detectors.weights import DETECTOR
from recommender.mood import CONTEMPT_POINT, EMOTION_POINTS
from tests.fakes.commands import call, lines, run_command
from tests.fakes.heif import in_tiles
from tests.fakes.scenes import ASTRONAUT_FACE, wall

if TYPE_CHECKING:
    import subprocess

    import numpy as np
    from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120
BIG = 5
ORIENTATION = 0x0112


def command(data_dir: Path, *paths: Path | str, **environ: str) -> subprocess.CompletedProcess[str]:
    return run_command("detectors", data_dir, *map(str, paths), timeout=PATIENCE_S, environ=environ)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def pictures(
    tmp_path_factory: pytest.TempPathFactory, astronaut: NDArray[np.uint8]
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pictures")
    names = ("good", "big", "turned", "head", "cut", "broken", "none")
    paths = {name: folder / f"{name}.jpg" for name in names}
    Image.fromarray(astronaut).save(paths["good"], quality=95)
    big = cv2.resize(astronaut, None, fx=BIG, fy=BIG, interpolation=cv2.INTER_CUBIC)
    Image.fromarray(big).save(paths["big"])
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    sideways = Image.fromarray(astronaut).transpose(Image.Transpose.ROTATE_90)
    sideways.save(paths["turned"], exif=exif.tobytes())
    # Nothing in the file says that it stands on its head.
    Image.fromarray(astronaut[::-1, ::-1]).save(paths["head"], quality=95)
    paths["cut"].write_bytes(paths["good"].read_bytes()[:-2])
    paths["broken"].write_bytes(paths["good"].read_bytes()[:5000])
    for kind in ("heic", "avif"):
        paths[kind] = folder / f"good.{kind}"
    paths["heic"].write_bytes(in_tiles(Image.fromarray(astronaut), 256).content())
    Image.fromarray(astronaut).save(paths["avif"])
    paths["empty"] = folder / "notaface.png"
    Image.fromarray(wall(640, 480)).save(paths["empty"])
    return paths


@pytest.fixture(scope="module")
def said(data_dir: Path, pictures: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """The line for each picture, all from one call."""
    found = lines(command(data_dir, *pictures.values()))
    assert [line["path"] for line in found] == [str(path) for path in pictures.values()]
    return dict(zip(pictures, found, strict=True))


@pytest.mark.slow
def test_a_face_is_given_in_pixels_with_emotions_and_a_mood(
    said: dict[str, dict[str, Any]],
) -> None:
    line = said["good"]
    assert list(line) == ["path", "face", "emotions", "contempt", "mood"]
    assert overlap(tuple(line["face"]), ASTRONAUT_FACE) >= 0.5
    assert list(line["emotions"]) == list(EMOTIONS)
    assert sum(line["emotions"].values()) == pytest.approx(1, abs=1e-3)
    assert 0 <= line["contempt"] <= 1
    assert list(line["mood"]) == ["valence", "energy", "confidence"]
    shares, contempt = line["emotions"], line["contempt"] / 2
    for place, name in enumerate(("valence", "energy")):
        seven = sum(shares[emotion] * EMOTION_POINTS[emotion][place] for emotion in EMOTIONS)
        expected = (1 - contempt) * seven + contempt * CONTEMPT_POINT[place]
        assert line["mood"][name] == pytest.approx(expected, abs=1e-3)
    assert line["mood"]["confidence"] == pytest.approx(max(shares.values()))


def test_a_smile_is_happy(said: dict[str, dict[str, Any]]) -> None:
    shares = said["good"]["emotions"]
    assert max(shares, key=shares.get) == "happy"


def test_in_a_big_picture_the_face_is_where_it_is_in_the_file(
    said: dict[str, dict[str, Any]],
) -> None:
    x, y, width, height = (value * BIG for value in ASTRONAUT_FACE)
    assert overlap(tuple(said["big"]["face"]), (x, y, width, height)) >= 0.5


def test_in_a_turned_picture_the_face_is_where_it_is_seen(said: dict[str, dict[str, Any]]) -> None:
    assert overlap(tuple(said["turned"]["face"]), ASTRONAUT_FACE) >= 0.5


@pytest.mark.parametrize("name", ["heic", "avif", "cut", "head"])
def test_pictures_as_phones_and_bad_lines_leave_them_are_read(
    name: str, said: dict[str, dict[str, Any]]
) -> None:
    assert said[name]["emotions"]["happy"] > 0.9
    x, y, width, height = ASTRONAUT_FACE
    turned = (512 - x - width, 512 - y - height, width, height)
    expected = turned if name == "head" else ASTRONAUT_FACE
    assert overlap(tuple(said[name]["face"]), expected) >= 0.5


def test_without_a_face_everything_is_null_and_nothing_is_an_error(
    said: dict[str, dict[str, Any]],
) -> None:
    line = dict(said["empty"])
    del line["path"]
    assert line == {"face": None, "emotions": None, "contempt": None, "mood": None}


@pytest.mark.parametrize(("name", "word"), [("broken", "damaged"), ("none", "cannot be opened")])
def test_a_file_that_cannot_be_read_is_said_in_its_line(
    said: dict[str, dict[str, Any]], name: str, word: str
) -> None:
    assert list(said[name]) == ["path", "error"]
    assert word in said[name]["error"]


def test_a_path_is_given_back_as_typed(data_dir: Path) -> None:
    (line,) = lines(command(data_dir, "nowhere/Größe.jpg"))
    assert line["path"] == "nowhere/Größe.jpg"


@pytest.mark.skipif(os.name != "posix", reason="names are text elsewhere")
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_name_that_is_no_text_is_given_back_in_every_encoding(
    data_dir: Path, encoding: str
) -> None:
    names = [os.fsdecode(b"\xff.jpg"), "Größe.jpg"]
    found = lines(command(data_dir, *names, PYTHONIOENCODING=encoding))
    assert [line["path"] for line in found] == names


def test_with_an_altered_net_the_command_says_so_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DETECTOR.parent, tmp_path, dirs_exist_ok=True)
    (tmp_path / "onet.tflite").write_bytes(b"")
    monkeypatch.setattr(detectors.loading, "DETECTOR", tmp_path / DETECTOR.name)
    done = call(detectors.__main__.main, tmp_path, "x.jpg")
    assert (done.returncode, done.stdout) == (1, "")
    assert "onet.tflite" in done.stderr


def test_without_a_picture_nothing_is_said(data_dir: Path) -> None:
    done = command(data_dir)
    assert (done.returncode, done.stdout) == (0, "")
