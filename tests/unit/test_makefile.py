"""What `make` would run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_nothing_pinned_is_built_here_but_what_stands_apart(tmp_path: Path) -> None:
    told = subprocess.run(
        ["make", "--dry-run", f"VENV={tmp_path}", "setup"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    installs = [line for line in told.splitlines() if " install " in line]
    assert len(installs) == 3
    assert all("--require-hashes" in line for line in installs)
    assert [line for line in installs if "--only-binary :all:" not in line] == [
        line for line in installs if line.endswith("--no-deps -r requirements-musicnn.txt")
    ]
