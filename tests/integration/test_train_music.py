"""`python -m models.train_music` on sounds made here: what it writes says what was fitted.

The clips try the plumbing: the figures on them mean nothing.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.errors import BadAudio
from detectors.hearing.music import HEAD, SHIPPED, TAGGERS, MusicTagger
from detectors.types import GEMS_FEELINGS, MusicScores
from detectors.weights import Network, read_manifest
from models import run
from models.music_head import fit_head
from models.music_table import read_music_table
from models.train_music import (
    KERNEL_4Q,
    KERNEL_EMOTIFY,
    command,
    embed_clips,
    quadrant_shares,
    targets_4q,
    targets_emotify,
)
from tests.fakes import sounds

ROOT = Path(__file__).parents[2]
# TensorFlow starts once; on a busy machine that takes its time.
PATIENCE_S = 300
COUNT = 40
RATE = 16_000


def clip(row: int) -> np.ndarray[Any, Any]:
    """Return three seconds: fast and bright or slow and soft, each higher, faster or louder."""
    # Played faster, the same sound is higher.
    speed = 1 + 0.02 * (row // 4)
    made = sounds.pattern if row % 4 < 2 else sounds.pad
    sound = made(3 * speed, round(RATE / speed))[: 3 * RATE]
    hiss = np.random.default_rng(row).normal(0, 0.002 * (1 + row % 7), len(sound))
    return ((0.3 + 0.5 * (row % 4 in (0, 3))) * sound + hiss).astype(np.float32)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with 40 clips in the layout of 4Q, and the same in that of Emotify."""
    folder = tmp_path_factory.mktemp("music")
    norms = {0: (7, 6.5), 1: (3, 6.5), 2: (3, 2.5), 3: (7, 2.5)}
    genres = ("classical", "electronic", "pop", "rock")
    with_labels: dict[str, list[list[object]]] = {
        "4q": [["artist", "quadrant", "warriner_valence", "warriner_arousal", "file"]],
        "emotify": [["genre", *GEMS_FEELINGS, "file"]],
    }
    for row in range(COUNT):
        name = f"clips/{row:03}.wav"
        with_labels["4q"].append([f"artist {row // 3}", f"Q{row % 4 + 1}", *norms[row % 4], name])
        shares = [0.2 + 0.6 * ((row % 4 + place) % 3 == 0) for place in range(9)]
        with_labels["emotify"].append([genres[row % 4], *shares, name])
        content = sounds.encode(clip(row), ".wav", RATE)
        for layout in with_labels:
            (folder / layout / "clips").mkdir(parents=True, exist_ok=True)
            (folder / layout / name).write_bytes(content)
    for layout, rows in with_labels.items():
        with (folder / layout / "labels.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    return folder


def taggers_alone(folder: Path) -> Path:
    """Copy the shipped taggers and a manifest that names no head."""
    entry = read_manifest(SHIPPED)[TAGGERS]
    shutil.copy(entry.path, folder / entry.path.name)
    text = json.dumps({TAGGERS: dict(entry.facts)})
    (folder / "music.json").write_text(text, encoding="utf-8")
    return folder / "music.json"


def train(data: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["-m", "models.train_music", "--data", str(data), *map(str, options)]
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trained")


@pytest.fixture(scope="module")
def figures(data: Path, work: Path) -> dict[str, Any]:
    """The figures that a run prints; what it writes lies in ``work``."""
    before = [path.read_bytes() for path in (SHIPPED, SHIPPED.with_suffix(".md"))]
    done = train(data, "--manifest", taggers_alone(work), "--keep", work)
    assert done.returncode == 0, done.stderr
    assert [path.read_bytes() for path in (SHIPPED, SHIPPED.with_suffix(".md"))] == before
    return dict(json.loads(done.stdout))


@pytest.mark.slow
def test_there_are_the_figures_of_both_tables(figures: dict[str, Any], work: Path) -> None:
    assert list(figures) == ["4q", "transfer", "emotify"]
    assert figures["4q"]["n"] == figures["emotify"]["n"] == COUNT
    # Each clip is heard without its own artist, and the four kinds of sound are far apart.
    assert figures["4q"]["arousal_hilo"] > 0.9
    assert figures["4q"]["quadrant_accuracy"] > 0.5
    assert list(figures["emotify"]["gems_r2"]) == [*GEMS_FEELINGS, "mean"]
    assert figures["emotify"]["gems_r2"]["mean"] > 0.3
    assert list(figures["transfer"]) == list(GEMS_FEELINGS)
    written = json.loads((work / "music.json").read_text(encoding="utf-8"))
    assert written[HEAD]["metrics"]["cross_validation"] == figures


@pytest.mark.slow
def test_the_manifest_states_the_new_head_beside_the_taggers(
    figures: dict[str, Any], work: Path
) -> None:
    assert figures
    written = json.loads((work / "music.json").read_text(encoding="utf-8"))
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    assert written[TAGGERS] == shipped[TAGGERS]
    for fact in ("file", "outputs", "quadrant_labels", "feeling_labels", "input", "card"):
        assert written[HEAD][fact] == shipped[HEAD][fact]
    assert written[HEAD]["training_data"] == "4Q (40 clips) and Emotify (40 clips)"
    assert written[HEAD]["sha256"] != shipped[HEAD]["sha256"]
    kept = {"4q.npy", "emotify.npy", "music.json", "music.tflite", "musicnn.tflite"}
    assert {path.name for path in work.iterdir()} == kept


@pytest.mark.slow
def test_the_written_head_says_what_was_fitted(
    figures: dict[str, Any], work: Path, data: Path
) -> None:
    assert figures
    tagger = MusicTagger(work / "music.json")
    music, feelings = (np.load(work / f"{name}.npy") for name in ("4q", "emotify"))
    np.testing.assert_array_equal(music, feelings)
    table = read_music_table(data / "4q" / "labels.csv")
    judged = fit_head(music, targets_4q(table), KERNEL_4Q).predict(music)
    shares = targets_emotify(read_music_table(data / "emotify" / "labels.csv"))
    felt = fit_head(feelings, shares, KERNEL_EMOTIFY).predict(feelings)
    for row in range(0, COUNT, 5):
        scores = tagger.tag(data / "4q" / table.files[row])
        assert isinstance(scores, MusicScores)
        expected = quadrant_shares(judged[row : row + 1, :4].astype(float))[0]
        assert scores.quadrants == pytest.approx(expected, abs=1e-3)
        assert 5 + 4 * scores.valence == pytest.approx(judged[row, 4], abs=1e-2)
        assert 1 + 8 * scores.energy == pytest.approx(judged[row, 5], abs=1e-2)
        assert scores.feelings == pytest.approx(felt[row].clip(0, 1), abs=1e-3)


@pytest.mark.slow
def test_kept_embeddings_are_not_heard_again(
    figures: dict[str, Any], work: Path, data: Path, tmp_path: Path
) -> None:
    assert figures
    # Without the clips themselves.
    shutil.copy(data / "4q" / "labels.csv", tmp_path)
    taggers = Network(read_manifest(SHIPPED)[TAGGERS])
    kept = embed_clips(tmp_path, taggers, work / "4q.npy")
    np.testing.assert_array_equal(kept.embeddings, np.load(work / "4q.npy"))
    with pytest.raises(BadAudio):
        embed_clips(tmp_path, taggers, None)


def test_no_table_and_a_bad_clip_are_one_sentence_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = taggers_alone(tmp_path)
    options = ["--data", str(tmp_path), "--manifest", str(manifest)]
    assert run(command, options) == 2
    assert "labels.csv cannot be read" in capsys.readouterr().err
    (tmp_path / "4q").mkdir()
    (tmp_path / "4q" / "a.wav").write_bytes(b"no sound")
    (tmp_path / "4q" / "labels.csv").write_text("file\na.wav\n", encoding="utf-8")
    before = manifest.read_bytes()
    assert run(command, options) == 2
    assert capsys.readouterr().err.startswith("a.wav: ")
    assert manifest.read_bytes() == before
