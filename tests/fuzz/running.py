"""One kind of input after another child process, for so long or for so many inputs."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.child import ACCOUNT
from tests.uncovered import without_coverage

ROOT = Path(__file__).parents[2]
FAULTS = ROOT / ".failures" / "fuzz"
COMMAND = ("-m", "tests.fuzz.child")
# A process reads so many at most: what it does not give back must not add up.
AT_ONCE = 3000
# Seconds without a new input after which a process hangs, however little it computes.
HANGS_S = 90.0
LOOK_S = 0.1


@dataclass(slots=True)
class Report:
    """An account of the inputs of a kind.

    outcomes : how many were "read", "refused", and a "fault"
    slowest : seconds of CPU that one took
    largest : MB that one took
    faults : files that hold inputs; beside each lies what was wrong, with .txt at its end
    """

    kind: str
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    largest: float = 0.0
    faults: list[Path] = field(default_factory=list)

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{self.kind}: {self.outcomes.total():,} inputs, {self.outcomes['read']:,} read, "
            f"{self.outcomes['refused']:,} refused, {self.outcomes['fault']:,} faults; at most "
            f"{self.slowest:.2f} s of CPU and {self.largest:.0f} MB for one"
        )


def fuzz(
    kind: str,
    seed: int,
    *,
    seconds: float = float("inf"),
    count: int = sys.maxsize,
    faults: Path = FAULTS,
) -> Report:
    """Read inputs of a kind for so many seconds, or so many of them.

    faults : the folder that takes inputs that are none of read and refused
    """
    faults.mkdir(parents=True, exist_ok=True)
    report, end, number = Report(kind), time.monotonic() + seconds, 0
    while number < count and time.monotonic() < end:
        with TemporaryDirectory(prefix="moodring-fuzz-") as name:
            folder = Path(name)
            before = {*faults.iterdir()}
            how = _run(
                *(kind, name, str(faults), "--seed", str(seed), "--first", str(number)),
                *("--count", str(min(AT_ONCE, count - number))),
                *("--seconds", str(end - time.monotonic())),
                folder=folder,
            )
            number = max(number, _account(folder, report))
            if how is not None:
                number = _culprit(folder, faults / f"{kind}-{seed}", how) + 1
                report.outcomes["fault"] += 1
            new = {*faults.iterdir()} - before
            report.faults += sorted(path for path in new if path.suffix != ".txt")
    return report


def again(kind: str, path: Path) -> str | None:
    """Read one input once more; return what is wrong, None when all is well."""
    with TemporaryDirectory(prefix="moodring-fuzz-") as name:
        folder = Path(name)
        (folder / "faults").mkdir()
        how = _run(
            *(kind, name, str(folder / "faults"), "--seed", "0", "--again", str(path)),
            folder=folder,
        )
        wrong = next((folder / "faults").glob("*.txt"), None)
        return how if wrong is None else wrong.read_text(encoding="utf-8")


def _run(*arguments: str, folder: Path) -> str | None:
    """Let a child process read inputs; return how it ended, None when it ended well."""
    with (
        (folder / "stderr.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, *COMMAND, *arguments],
            cwd=ROOT,
            env=without_coverage(),
            stdout=log,
            stderr=log,
        ) as child,
    ):
        seen, since = "", time.monotonic()
        while child.poll() is None:
            now = " ".join(sorted(path.name for path in folder.iterdir()))
            if now != seen:
                seen, since = now, time.monotonic()
            if time.monotonic() - since > HANGS_S:
                child.kill()
                child.wait()
                return "hangs"
            time.sleep(LOOK_S)
    if child.returncode == 0:
        return None
    end = (folder / "stderr.log").read_text(errors="replace")[-3000:]
    if child.returncode > 0:
        return f"ended with status {child.returncode}:\n{end}"
    return f"ended by {signal.Signals(-child.returncode).name}\n{end}"


def _account(folder: Path, report: Report) -> int:
    """Add what a child process came to, and return the number of the next input."""
    path = folder / ACCOUNT
    if not path.exists():
        return 0
    told = json.loads(path.read_text(encoding="utf-8"))
    report.outcomes.update(told["outcomes"])
    report.slowest = max(report.slowest, told["slowest"])
    report.largest = max(report.largest, told["largest"])
    return int(told["done"])


def _culprit(folder: Path, start: Path, how: str) -> int:
    """Keep the input that ended a process, and return its number."""
    left = [path for path in folder.iterdir() if path.name.partition(".")[0].isdigit()]
    if not left:
        # No input did it: nothing could be read at all.
        raise RuntimeError(how)
    (path,) = left
    kept = start.with_name(f"{start.name}-{path.name}")
    shutil.copy(path, kept)
    kept.with_name(f"{kept.name}.txt").write_text(how, encoding="utf-8")
    return int(path.name.partition(".")[0])
