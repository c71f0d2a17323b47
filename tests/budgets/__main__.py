"""Measures one line of `docs/budgets.md`: `python -m tests.budgets make|read FOLDER NAME`.

The input is made in one process and read in another, so that making it says nothing of the memory
that reading it takes. Without arguments, all lines are measured and printed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.budgets.worst import every
from tests.fuzz.guard import CLEAR, HAS_PROC, PEAK, give_back, memory_mb
from tests.uncovered import without_coverage

ROOT = Path(__file__).parents[2]
PATIENCE_S = 600


def cpu_s() -> float:
    """Return the CPU time of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def read(folder: Path, name: str) -> None:
    """Read an input, and print the memory and the CPU time that this took."""
    worst = every()[name]
    worst.warm_up(folder)
    give_back()
    if HAS_PROC:
        CLEAR.write_text(PEAK)
    before_mb, before_s, began = memory_mb("VmRSS"), cpu_s(), time.monotonic()
    worst.read(folder)
    took = {
        "memory_mb": round(memory_mb("VmHWM") - before_mb, 1),
        "cpu_s": round((cpu_s() - before_s) / worst.times, 3),
        "wall_s": round(time.monotonic() - began, 2),
    }
    print(json.dumps(took))


def measured(name: str, folder: Path) -> dict[str, float]:
    """Return what reading an input takes, made and read in processes of their own.

    Raises
    ------
    AssertionError
        With what was said, when it cannot be made or read.
    """
    said = ""
    for what in ("make", "read"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.budgets", what, str(folder), name],
            cwd=ROOT,
            env=without_coverage(),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, f"{what}: {done.stdout}\n{done.stderr}"
        said = done.stdout
    return dict(json.loads(said.splitlines()[-1]))


def main() -> None:
    """Make or read one input, or measure all."""
    match sys.argv[1:]:
        case ["make", folder, name]:
            every()[name].make(Path(folder))
        case ["read", folder, name]:
            read(Path(folder), name)
        case wanted:
            for name in every():
                if wanted and not any(word in name for word in wanted):
                    continue
                with TemporaryDirectory() as made:
                    print(f"{name}: {measured(name, Path(made))}", flush=True)


if __name__ == "__main__":
    main()
