"""`python -m recommender tag`, as a person calls it, with a tagger that only hears loudness."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from recommender.__main__ import main
from recommender.commands import progress
from recommender.db.engine import make_engine
from recommender.library.recordings import OWNER, Recordings
from recommender.library.scan import watch, watched
from recommender.wiring import open_engine
from tests.fakes.commands import OURS, ROOT
from tests.fakes.taggers import RoughTagger, write_wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_S = 120.0
# The command with a tagger of the tests. Who starts the tests in the background of a shell has them
# ignore Ctrl-C, and what they start with them.
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from recommender.__main__ import main
from recommender.library import worker_process as process
from tests.fakes import taggers
# Where the taggers of the tests say what they hear.
process.KEPT |= {"HEARD_LOG"}
sys.exit(main(sys.argv[2:], lambda: getattr(taggers, sys.argv[1])))
"""


def start(data_dir: Path, *arguments: str, tagger: str = "RoughTagger") -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", COMMAND, tagger, "tag", *arguments],
        cwd=ROOT,
        env={
            **kept,
            "MOODRING_DATA_DIR": str(data_dir),
            "HEARD_LOG": str(data_dir.parent / "heard"),
            "PYTHONPATH": str(ROOT),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def tag(
    data_dir: Path, *arguments: str, tagger: str = "RoughTagger"
) -> subprocess.CompletedProcess[str]:
    process = start(data_dir, *arguments, tagger=tagger)
    out, err = process.communicate(timeout=PATIENCE_S)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def heard(data_dir: Path) -> list[str]:
    """Return the names of the files that were heard, each time."""
    log = data_dir.parent / "heard"
    return [line.split()[1] for line in log.read_text().splitlines()] if log.exists() else []


def kept(data_dir: Path) -> list[str]:
    """Return the names of the files in the library."""
    engine = make_engine(data_dir)
    try:
        return sorted(one.path.name for one in Recordings(engine).of(OWNER))
    finally:
        engine.dispose()


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up, "it does not come"
        time.sleep(0.05)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Forty files, each of which takes a moment."""
    folder = tmp_path / "music"
    for number in range(40):
        write_wav(folder / f"{number % 3}" / f"slow{number:02}.wav", 0.005 * number + 0.01)
    return folder


@pytest.mark.slow
def test_folders_are_tagged_and_again_only_what_changed(data_dir: Path, music: Path) -> None:
    (music / "bad \x1b[1m.mp3").write_bytes(b"nothing")
    write_wav(music / "deadly.wav", 0.9)
    first = tag(data_dir, str(music), "--workers", "2")
    assert first.returncode == 1
    assert first.stdout.startswith("40 tagged, 0 unchanged, 2 with a problem. 8 s of music in ")
    assert sorted(line.rpartition("/")[2] for line in first.stderr.splitlines()) == [
        "bad [1m.mp3: It is no audio that can be read.",
        "deadly.wav: Hearing it ended the process (signal 9).",
    ]
    again = tag(data_dir, str(music))
    assert (again.returncode, again.stdout) == (0, "0 tagged, 40 unchanged.\n")
    assert again.stderr == "2 files could not be used before, and have not changed.\n"
    assert len(heard(data_dir)) == 40 + 1 + 2
    newer = tag(data_dir, str(music), tagger="NextTagger")
    assert newer.stdout.startswith("41 tagged, 0 unchanged, 1 with a problem.")


@pytest.mark.slow
def test_a_run_that_was_killed_is_taken_up(data_dir: Path, music: Path) -> None:
    killed = start(data_dir, str(music), "--workers", "2")
    wait_for(lambda: len(heard(data_dir)) >= 15)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=PATIENCE_S)
    before = kept(data_dir)
    assert 5 <= len(before) < 40
    began = len(heard(data_dir))
    done = tag(data_dir, str(music), "--workers", "2")
    assert done.returncode == 0
    assert f"{40 - len(before)} tagged, {len(before)} unchanged" in done.stdout
    assert set(heard(data_dir)[began:]).isdisjoint(before)
    assert len(kept(data_dir)) == 40


@pytest.mark.slow
def test_ctrl_c_ends_it_in_a_sentence(data_dir: Path, music: Path) -> None:
    process = start(data_dir, str(music), "--workers", "1")
    wait_for(lambda: len(heard(data_dir)) >= 3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert said == "\nStopped. Tagged files are kept; the next run continues.\n"
    assert kept(data_dir)


@pytest.mark.slow
def test_two_runs_at_once_make_no_row_twice(data_dir: Path, music: Path) -> None:
    runs = [start(data_dir, str(music), "--workers", "1") for _ in range(2)]
    for run in runs:
        out, err = run.communicate(timeout=PATIENCE_S)
        assert (run.returncode, err) == (0, "")
        assert "removed" not in out
    assert len(kept(data_dir)) == len(set(kept(data_dir))) == 40


@pytest.mark.slow
def test_watched_folders_need_no_name_and_changes_in_them_are_heard(
    data_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "music"
    write_wav(folder / "a.wav", 0.1)
    process = start(data_dir, "--watch", str(folder), "--workers", "1")
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("1 tagged, 0 unchanged.")
        write_wav(folder / "new" / "b.wav", 0.2)
        assert process.stdout.readline().startswith("1 tagged, 1 unchanged.")
        (folder / "a.wav").unlink()
        assert process.stdout.readline().startswith("0 tagged, 1 unchanged, 1 removed.")
        # Its own reading is no change, and neither is what is no music.
        (folder / "notes.txt").write_text("x")
        write_wav(folder / "c.wav", 0.3)
        assert process.stdout.readline().startswith("1 tagged, 1 unchanged.")
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, rest) == (130, "")
    assert heard(data_dir) == ["a.wav", "b.wav", "c.wav"]
    assert tag(data_dir).stdout == "0 tagged, 2 unchanged.\n"
    assert kept(data_dir) == ["b.wav", "c.wav"]


def test_a_folder_that_is_unwatched_is_forgotten_and_its_songs_stay(
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MOODRING_DATA_DIR", str(data_dir))
    monkeypatch.delenv("MOODRING_DATABASE_URL", raising=False)
    folder = write_wav(tmp_path / "music" / "a.wav").parent
    engine = open_engine(data_dir)
    watch(engine, folder)
    assert main(["tag"], lambda: RoughTagger) == 0
    assert capsys.readouterr().out.startswith("1 tagged")
    assert watched(engine) == [folder]
    assert main(["tag", "--unwatch", str(folder)], lambda: RoughTagger) == 0
    assert watched(engine) == []
    engine.dispose()
    assert main(["tag"], lambda: RoughTagger) == 1
    assert capsys.readouterr() == ("", "No folder is watched yet; name one.\n")
    assert kept(data_dir) == ["a.wav"]


def test_a_watch_that_can_tag_nothing_ends(data_dir: Path, tmp_path: Path) -> None:
    done = tag(data_dir, "--watch", str(tmp_path), tagger="BrokenTagger")
    assert done.returncode == 1
    assert done.stderr.startswith("The music models cannot be loaded: The file music.tflite")


def test_a_folder_that_is_not_there_is_named(data_dir: Path, tmp_path: Path) -> None:
    done = tag(data_dir, str(tmp_path / "none"))
    assert done.returncode == 1
    assert (
        done.stderr == f"{tmp_path / 'none'}: There is no such folder; its recordings are kept.\n"
    )


@pytest.mark.slow
def test_a_moved_library_is_not_heard_again(data_dir: Path, music: Path) -> None:
    tag(data_dir, str(music))
    shutil.move(music, music.with_name("elsewhere"))
    done = tag(data_dir, str(music.with_name("elsewhere")))
    assert done.stdout == "0 tagged, 0 unchanged, 40 moved.\n"
    assert len(heard(data_dir)) == 40


@pytest.mark.parametrize(
    "wrong",
    [
        ["x", "--workers", "0"],
        ["x", "--workers", "257"],
        ["--unwatch"],
        ["--unwatch", "--watch", "x"],
    ],
)
def test_options_that_mean_nothing_are_refused(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", *wrong]) == 2
    assert "Error: " in capsys.readouterr().err


def test_a_terminal_is_told_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal)
        with progress("files") as show:
            show(1, 2000)
            show(2000, 2000)
        drawn = capsys.readouterr().err
        assert ("files" in drawn) == terminal
    assert "1/2000" in drawn
    assert drawn.endswith("2000/2000\x1b[?25h\n")


def test_large_libraries_are_not_loaded_before_they_are_needed() -> None:
    code = "import sys, recommender.__main__; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"distributed", "dask", "mutagen", "watchdog", "av"}.isdisjoint(done.stdout.split())
    assert "recommender.library.tagging" in done.stdout.split()
