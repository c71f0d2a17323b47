"""Running a command of ours as a person would: a process of its own, and nothing of ours set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OURS = ("SPOTIPY_", "MOODRING_", "YOUTUBE_")


def run_command(
    module: str, data_dir: Path, *arguments: str, timeout: float, environ: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m module`` with warnings as errors and return what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    utf8 = {"PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", module, *arguments],
        cwd=ROOT,
        env={**kept, **utf8, "MOODRING_DATA_DIR": str(data_dir), **environ},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=timeout,
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return the JSON objects that a command printed, one a line."""
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
