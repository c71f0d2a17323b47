"""The short form of `make fuzz`, and that it finds what is planted."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from random import Random

import pytest

from pages.ui.covers.recording import LARGE
from tests.fuzz import __main__ as command
from tests.fuzz import child, pictures, running
from tests.fuzz.kind import Kind, ending_of
from tests.fuzz.kinds import KINDS, kind_of
from tests.fuzz.mutation import MAX_REPEATED, changed, repeated

ROOT = Path(__file__).parents[2]
# Always the same: what is found is there, whoever looks. `make fuzz` takes another each time.
SEED = 16
# Inputs of each kind, all that once broke something among them: 20 seconds of CPU together.
COUNTS = {
    "pictures": 700,
    "sounds": 120,
    "tables": 100,
    "playlists": 120,
    "backups": 60,
    "settings": 1200,
}


# What takes longest to read waits for `make test-slow`.
SLOW_KINDS = ("backups", "playlists", "sounds", "tables")


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow) if kind in SLOW_KINDS else kind for kind in KINDS],
)
def test_what_is_damaged_is_read_or_refused_in_a_sentence(kind: str, tmp_path: Path) -> None:
    report = running.fuzz(kind, SEED, count=COUNTS[kind], faults=tmp_path)
    wrong = [path.with_name(f"{path.name}.txt").read_text() for path in report.faults]
    assert not wrong, wrong[0]
    assert report.outcomes["fault"] == 0
    assert report.outcomes.total() == COUNTS[kind]
    # All were one or the other: the damage was neither none nor all there was.
    assert report.outcomes["read"] > 0
    assert report.outcomes["refused"] > 0


# Names of bombs in the report of attempts, of which each must be among what is always tried.
ATTEMPTS = {
    "pictures": ("H2 scans", "H2 padff"),
    "sounds": ("H3 NULs", "H3 covers"),
    "tables": ("M8 dictionary", "M8 line", "M9 damaged"),
    "playlists": ("M7 blanks",),
    "backups": ("L9 two revisions", "L9 a table missing"),
    "settings": ("L7 empty port", "L7 unknown parameter"),
}


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow) if kind in SLOW_KINDS else kind for kind in KINDS],
)
def test_samples_are_always_the_same_and_each_attempt_is_among_what_is_tried(kind: str) -> None:
    made = kind_of(kind)
    assert made.samples() == made.samples()
    named = made.seeds()
    for wanted in ATTEMPTS[kind]:
        assert any(name.startswith(wanted) for name in named)
    assert len(named) < COUNTS[kind] / 2


@pytest.mark.parametrize("kind", ["playlists", "settings"])
def test_inputs_are_the_same_for_a_seed_and_begin_with_what_broke_something(
    kind: str, tmp_path: Path
) -> None:
    made = kind_of(kind)
    seeds = child.write_seeds(made, tmp_path / "seeds")
    broke = [*made.seeds().values()]
    assert [path.read_bytes() for path in seeds] == broke
    many = len(seeds)
    first, second = (child.inputs(made, SEED, many - 1, seeds) for _ in range(2))
    assert next(first)[2] == next(second)[2] == broke[-1]
    for _ in range(20):
        assert next(first) == next(second)
    other = child.inputs(made, SEED + 1, many, seeds)
    assert [next(other)[2] for _ in range(5)] != [next(first)[2] for _ in range(5)]


def test_files_that_broke_something_are_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tests.fuzz.kind.SEEDS", tmp_path)
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "kept.toy").write_bytes(b"x")
    assert TOYS.seeds() == {"kept.toy": b"x"}


@pytest.mark.parametrize(
    ("name", "ending"),
    [("M8 line.csv.gz", ".csv.gz"), ("frames of 2.3 .mp3", ".mp3"), ("x.png", ".png"), ("x", "")],
)
def test_the_end_of_a_name_is_that_of_its_last_word(name: str, ending: str) -> None:
    assert ending_of(name) == ending


def test_covers_are_decoded_as_the_library_does() -> None:
    assert pictures.COVER_SIDE == 2 * LARGE


def test_damage_changes_and_stays_within_its_size() -> None:
    content = bytes(range(200))
    made = [changed(content, Random(n), others=[b"other"], words=[b"word"]) for n in range(300)]  # noqa: S311
    assert len({*made}) > 250
    assert max(map(len, made)) <= MAX_REPEATED + 2 * len(content)
    assert any(b"word" in one for one in made)
    assert repeated(b"", Random(1), ()) == b""  # noqa: S311


PLANTED = """
import os, time
from tests.fuzz import child, guard
from tests.fuzz.kind import Kind

def read(path):
    what = path.read_bytes()
    if what == b"raises":
        raise KeyError("planted")
    if what == b"mumbles":
        return "no sentence"
    if what == b"tells":
        return f"It lies in {path.parent}."
    if what == b"works":
        until = time.process_time() + 0.4
        while time.process_time() < until:
            pass
    if what == b"works for ever":
        while True:
            pass
    if what == b"eats":
        bytearray(b"x" * 90_000_000)
    if what == b"dies":
        os.abort()
    return "It is refused." if what == b"refused" else None

BOMBS = ("raises", "mumbles", "tells", "works", "works for ever", "eats", "dies", "refused", "read")
bombs = lambda: {f"{one.replace(' ', '-')}.toy": one.encode() for one in BOMBS}
child.kind_of = lambda _: Kind("toys", lambda: {"x.toy": b"read"}, bombs, read, ())
child.limits_of = lambda _: (0.2, 50)
guard.MORE_S = 1
"""
TOYS = Kind("toys", dict, dict, lambda _: None, ())


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for faults; processes know but one kind, each of whose inputs does what it says."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "planted.py").write_text(PLANTED, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'path'}{os.pathsep}{ROOT}")
    code = "import planted; from tests.fuzz import child; child.main()"
    monkeypatch.setattr(running, "COMMAND", ("-c", code))
    return tmp_path / "faults"


@pytest.mark.skipif(sys.platform != "linux", reason="limits are Linux's")
def test_all_that_is_planted_is_found_and_kept(planted: Path) -> None:
    report = running.fuzz("toys", SEED, count=9, faults=planted)
    wrong = {
        path.read_text(): path.with_name(f"{path.name}.txt").read_text() for path in report.faults
    }
    assert {*wrong} == {"raises", "mumbles", "tells", "works", "works for ever", "eats", "dies"}
    assert "KeyError: 'planted'" in wrong["raises"]
    assert wrong["mumbles"] == "no sentence: 'no sentence'"
    assert wrong["tells"].startswith("names a folder")
    assert "s of CPU, and 0.2 are allowed" in wrong["works"]
    assert "SIGXCPU" in wrong["works for ever"]
    assert "MB, and 50 are allowed" in wrong["eats"]
    assert "SIGABRT" in wrong["dies"]
    assert report.outcomes == {"fault": 7, "read": 1, "refused": 1}
    assert "9 inputs, 1 read, 1 refused, 7 faults" in str(report)
    (kept,) = [path for path in report.faults if path.read_text() == "raises"]
    assert "planted" in (running.again("toys", kept) or "")
    (died,) = [path for path in report.faults if path.read_text() == "dies"]
    assert "SIGABRT" in (running.again("toys", died) or "")
    kept.write_text("read")
    assert running.again("toys", kept) is None


def test_a_process_that_hangs_is_ended(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.parent.joinpath("path", "planted.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr(running, "HANGS_S", 0.3)
    with pytest.raises(RuntimeError, match="hangs"):
        running.fuzz("toys", SEED, count=1, faults=planted)


def test_a_process_that_cannot_begin_says_why(planted: Path) -> None:
    planted.parent.joinpath("path", "planted.py").write_text("raise KeyError('no kind')\n")
    with pytest.raises(RuntimeError, match="no kind"):
        running.fuzz("toys", SEED, count=1, faults=planted)


def test_the_command_prints_its_seed_and_where_faults_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = tmp_path / "pictures-7-3.png"
    fault.with_name(f"{fault.name}.txt").write_text("Traceback\nKeyError: 'planted'\n")
    asked: dict[str, object] = {}

    def fuzz(kind: str, **options: object) -> running.Report:
        asked[kind] = options
        return running.Report(kind, faults=[fault] if kind == "pictures" else [])

    monkeypatch.setattr(command, "fuzz", fuzz)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--minutes", "3", "--seed", "7"])
    assert command.main() == 1
    said = capsys.readouterr().out
    assert "Seed 7: 60 s for each kind" in said
    assert f"{fault}: KeyError: 'planted'" in said
    assert str(running.FAULTS) in said
    assert asked == {kind: {"seed": 7, "seconds": 60.0} for kind in KINDS}
    monkeypatch.setattr(sys, "argv", ["fuzz", "--kinds", "tables", "--minutes", "1"])
    assert command.main() == 0
    assert "60 s for each kind" in capsys.readouterr().out
    monkeypatch.setattr(command, "again", lambda *_: json.dumps("wrong"))
    monkeypatch.setattr(sys, "argv", ["fuzz", "--again", "tables", "x.csv"])
    assert command.main() == 1
    assert "wrong" in capsys.readouterr().out
