"""Commands of ours, as a process of their own or in this one, with nothing of ours set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

if TYPE_CHECKING:
    from collections.abc import Callable

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


def call(
    main: Callable[[list[str]], int],
    data_dir: Path,
    *arguments: str,
    encoding: str = "utf-8",
    environ: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Call a main function in this process, and return what it printed in an encoding."""
    unset = {name: None for name in os.environ if name.startswith(OURS)}
    env = {**unset, "MOODRING_DATA_DIR": str(data_dir), **(environ or {})}
    with CliRunner(charset=encoding).isolation(env=env) as (out, err, _):
        status = main(list(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
        texts = [stream.getvalue().decode(encoding) for stream in (out, err)]
    return subprocess.CompletedProcess(arguments, status, *texts)
