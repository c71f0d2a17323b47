"""Run the tests that failed once more, alone: ``python -m tests.again``.

For the check of a change, where four workers share two cores: a page or a process may then be
slower than a test waits. Both runs are in the log. Tests that wait for neither, and more than a
few, are not given another chance.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FAILED = Path(".pytest_cache/v/cache/lastfailed")
MOST = 3
# These wait for browsers, and for processes and clusters that are killed.
WAITING = ("tests/e2e/", "tests/integration/")


def worth_another_run(failed: list[str]) -> bool:
    """Return whether these are few, and all of them wait for others."""
    return 0 < len(failed) <= MOST and all(one.startswith(WAITING) for one in failed)


def main(arguments: list[str]) -> int:
    """Return the status of the second run, or 1 where there is none."""
    failed = list(json.loads(FAILED.read_text(encoding="utf-8"))) if FAILED.exists() else []
    if not worth_another_run(failed):
        return 1
    print("Once more, alone:", *failed, sep="\n  ", flush=True)
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-m", "", *arguments, *failed]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
