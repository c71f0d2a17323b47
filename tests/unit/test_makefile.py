"""Commands that `make` would run, and no rule that is left out twice."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import SLOW_BY_FIXTURE, SLOW_ONLY

ROOT = Path(__file__).parents[2]
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def told(*goals: str) -> list[str]:
    """The commands that `make` would run, whatever the options of the one that runs the tests."""
    own = {"MAKEFLAGS", "ARGS", "COVERAGE"}
    env = {name: value for name, value in os.environ.items() if name not in own}
    return subprocess.run(
        ["make", "--dry-run", *goals],
        cwd=ROOT,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()


@needs_make
def test_nothing_is_installed_that_is_not_pinned_or_has_to_be_built(tmp_path: Path) -> None:
    installs = [line for line in told(f"VENV={tmp_path}", "setup") if " install " in line]
    assert len(installs) == 3
    for line in installs:
        assert "--require-hashes" in line
        assert "--only-binary :all:" in line


@needs_make
def test_nothing_is_locked_that_has_to_be_built_or_lacks_a_hash(tmp_path: Path) -> None:
    compiled = [line for line in told(f"VENV={tmp_path}", "lock") if " pip compile " in line]
    assert len(compiled) == 6
    for line in compiled:
        assert "--only-binary :all:" in line
        assert "--generate-hashes" in line
        assert "--universal" in line
        assert "--no-emit-index-url" in line


@needs_make
def test_linting_looks_for_faults_of_security_and_at_the_lock_files(tmp_path: Path) -> None:
    linted = "\n".join(told(f"VENV={tmp_path}", "lint"))
    assert "app.py detectors recommender models pages" in linted
    assert "python -m tests.locks" in linted


@needs_make
@pytest.mark.parametrize(
    ("options", "words"), [((), "--minutes 10"), (("MINUTES=3", "SEED=7"), "--minutes 3 --seed 7")]
)
def test_fuzzing_takes_as_long_as_is_said(tmp_path: Path, options: str, words: str) -> None:
    (line,) = [one for one in told(f"VENV={tmp_path}", "fuzz", *options) if "tests.fuzz" in one]
    assert line.partition("-m tests.fuzz ")[2].split() == words.split()


def test_what_bandit_leaves_to_ruff_is_asked_for_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shown = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-settings", "app.py"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    enabled = re.search(r"linter\.rules\.enabled = \[(.*?)\]", shown, re.DOTALL)
    assert enabled
    asked = set(re.findall(r"\((S[0-9]+)\)", enabled[1]))
    left = {f"S{name[1:]}" for name in project["tool"]["bandit"]["skips"]}
    assert left
    assert left <= asked
    apart = project["tool"]["ruff"]["lint"]["per-file-ignores"]
    assert [files for files, rules in apart.items() if left.intersection(rules)] == ["tests/**"]


@needs_make
def test_slow_tests_are_looked_for_where_they_are(tmp_path: Path) -> None:
    assert f'-m "{SLOW_ONLY}"' in "\n".join(told(f"VENV={tmp_path}", "test-slow"))
    marking = ROOT.glob("tests/*/**/conftest.py")
    assert {path.parent.name for path in marking if "slow" in path.read_text()} == SLOW_BY_FIXTURE


@needs_make
@pytest.mark.parametrize(("options", "recorded"), [((), False), (("COVERAGE=1",), True)])
def test_what_is_run_is_recorded_when_asked_for(
    tmp_path: Path, options: tuple[str, ...], *, recorded: bool
) -> None:
    known = told(f"VENV={tmp_path}", *options, "--print-data-base", "test-slow")
    of_goal = [line for line in known if line.startswith("test-slow: COVERAGE_FOLDER := ")]
    assert bool(of_goal) is recorded
