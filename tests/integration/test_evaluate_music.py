"""`python -m models.evaluate music` as a process, on clips made here and on free ones."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.types import GEMS_FEELINGS
from tests.fakes.sounds import RATE, pad, pattern, write

ROOT = Path(__file__).parents[2]
DEMO = ROOT.parent / "shared" / "data" / "demo-audio"
PATIENCE_S = 120
COLUMNS = ["file", "p_q1", "p_q2", "p_q3", "p_q4", "valence", "energy", *GEMS_FEELINGS]
NAMES = ("clips/fast.mp3", "clips/slow.flac", "clips/fast again.opus", "clips/slow again.ogg")
QUADRANTS = ("Q1", "Q3", "Q1", "Q4")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four short clips."""
    made = tmp_path_factory.mktemp("music")
    (made / "clips").mkdir()
    for number, name in enumerate(NAMES):
        write(made / name, (pad if number % 2 else pattern)(4.0 + number), RATE)
    return made


def label(folder: Path, name: str, header: str, rows: list[str]) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def evaluate(folder: Path, labels: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "models.evaluate", "music", "--clips", folder]
    return subprocess.run(
        [*map(str, [*command, "--labels", labels, "--json", *more])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE_S,
    )


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.slow
def test_quadrants_and_norms(folder: Path, tmp_path: Path) -> None:
    labels = label(
        folder,
        "labels.csv",
        "song_id,artist,quadrant,warriner_valence,warriner_arousal,file",
        [
            f"{number},A{number},{quadrant},{4 + number},{5 - number},{name}"
            for number, (quadrant, name) in enumerate(zip(QUADRANTS, NAMES, strict=True))
        ],
    )
    done = evaluate(folder, labels, "--predictions", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert list(result) == [
        "n", "quadrant_accuracy", "quadrant_macro_f1", "valence_hilo", "arousal_hilo",
        "valence_r2", "arousal_r2",
    ]  # fmt: skip
    assert result["n"] == len(NAMES)
    header, *rows = rows_of(tmp_path / "out.csv")
    assert header == COLUMNS
    assert [row[0] for row in rows] == list(NAMES)
    shares = [[float(value) for value in row[1:5]] for row in rows]
    assert all(sum(share) == pytest.approx(1, abs=1e-4) for share in shares)
    # What is printed follows from what is written.
    hits = [
        share.index(max(share)) == int(quadrant[1]) - 1
        for share, quadrant in zip(shares, QUADRANTS, strict=True)
    ]
    assert result["quadrant_accuracy"] == sum(hits) / len(hits)


def test_feelings(folder: Path) -> None:
    labels = label(
        folder,
        "feelings.csv",
        ",".join(["track_id", *GEMS_FEELINGS, "n", "genre", "file"]),
        [
            ",".join([str(n), *(f"0.{n + 1}" for _ in GEMS_FEELINGS), "40", "rock", name])
            for n, name in enumerate(NAMES)
        ],
    )
    done = evaluate(folder, labels)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert list(result) == ["n", "gems_r2"]
    assert list(result["gems_r2"]) == [*GEMS_FEELINGS, "mean"]
    by_feeling = [result["gems_r2"][name] for name in GEMS_FEELINGS]
    assert result["gems_r2"]["mean"] == pytest.approx(sum(by_feeling) / len(by_feeling))


@pytest.mark.slow
def test_predictions_need_no_labels_and_a_bad_clip_stops_no_other(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "bad.mp3").write_bytes(b"no music")
    labels = label(folder, "files.csv", "file", [NAMES[0], "bad.mp3", "missing.mp3", NAMES[1]])
    done = evaluate(folder, labels, "--predictions", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"n": 2}
    assert "bad.mp3: " in done.stderr
    assert "missing.mp3: " in done.stderr
    widths = [len(row) for row in rows_of(tmp_path / "out.csv")]
    assert widths == [len(COLUMNS), len(COLUMNS), 1, 1, len(COLUMNS)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("header", "row"), [("song,quadrant", "x,Q1"), ("file,quadrant", "x.mp3,Q5")]
)
def test_a_bad_table_is_one_sentence(folder: Path, header: str, row: str) -> None:
    done = evaluate(folder, label(folder, "bad.csv", header, [row]))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.skipif(not DEMO.exists(), reason="no ../shared: the free clips are not here")
def test_all_free_clips_are_heard(tmp_path: Path) -> None:
    done = evaluate(DEMO, DEMO / "demo_tracks.csv", "--predictions", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"n": 34}
    assert len(rows_of(tmp_path / "out.csv")) == 35
