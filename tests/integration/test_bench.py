"""`python -m tests.bench` as a process, in its short form: every figure is there."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.bench.__main__ import show
from tests.bench.busy import PROCESSES, busy_cores
from tests.bench.catalogue import TABLE
from tests.bench.peer import PeerFigures
from tests.bench.recall import FACES
from tests.bench.sizes import FULL, QUICK
from tests.uncovered import without_coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
PATIENCE_S = 300

OF_FACES = {
    *("recall_ours", "recall_package", "overlap_ours", "overlap_package"),
    *("false_boxes_ours", "false_boxes_package"),
}
MAY_BE_ZERO = {"false_boxes_ours", "false_boxes_package"}
FIGURES = OF_FACES | {
    *("live_cpu_ms", "searched_cpu_ms", "detect_cpu_ms", "follow_cpu_ms", "fusion_cpu_ms"),
    *("baseline_cpu_ms", "ratio", "startup_s", "rss_mb", "import_s"),
    *("rank_p95_ms", "rank_p95_busy_ms", "rank_vs_pandas"),
    *("music_real_time", "music_vs_tensorflow"),
}

WITHOUT_TENSORFLOW = """
import sys

sys.modules["tensorflow"] = None
import numpy as np

from tests.bench import peer
from tests.bench.sizes import QUICK

if __name__ == "__main__":
    print(peer._measure_here(np.zeros((48, 48), np.uint8), QUICK))
"""
BUSY_UNTIL_KILLED = """
import time

from tests.bench.busy import busy_cores

with busy_cores() as loops:
    print(*(loop.pid for loop in loops), flush=True)
    time.sleep(600)
"""


def missing_here() -> set[str]:
    """The figures whose data does not lie beside the checkout, or not on this system."""
    return (
        (set() if FACES.exists() else OF_FACES)
        | (set() if TABLE.exists() else {"import_s"})
        | (set() if Path("/proc").exists() else {"rss_mb"})
    )


def has_ended(process: psutil.Process) -> bool:
    try:
        # Nobody may be there to collect what is left of it.
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def all_end(processes: Sequence[psutil.Process]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not all(map(has_ended, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return all(map(has_ended, processes))


def test_the_short_form_has_every_figure() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--json"],
        cwd=ROOT,
        env=without_coverage(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    assert "no peer to compare with" not in done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("quick") is True
    assert found.keys() == FIGURES
    assert {name for name, value in found.items() if value is None} == missing_here()
    measured = {name: value for name, value in found.items() if value is not None}
    assert all(map(math.isfinite, measured.values()))
    assert {name for name, value in measured.items() if value <= 0} <= MAY_BE_ZERO


def test_without_its_packages_there_is_no_peer() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert done.stdout.strip() == str(PeerFigures({}, None, None))
    assert done.stderr.startswith("no peer to compare with: ")


@pytest.mark.parametrize("missing", [set(), OF_FACES | {"import_s", "rss_mb"}])
def test_the_table_stands_whatever_is_missing(
    missing: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {name: None if name in missing else 2.0 for name in FIGURES}
    peer = PeerFigures({}, None, None) if missing else PeerFigures({"detect": 8.0}, None, None)
    show(figures, peer, QUICK if missing else FULL)
    table = capsys.readouterr().out
    assert ("54,372 rows" in table) == ("mean overlap" in table) == (not missing)
    assert ("1,000,000 tracks" in table) == ("8.0     4.0" in table) == (not missing)


def test_busy_processes_are_gone_when_the_measured_work_fails() -> None:
    def measure() -> None:
        assert [loop.poll() for loop in loops] == [None] * PROCESSES
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), busy_cores() as loops:
        measure()
    assert None not in [loop.poll() for loop in loops]


def test_busy_processes_end_when_the_benchmark_is_killed() -> None:
    command = [sys.executable, "-c", BUSY_UNTIL_KILLED]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as benchmark:
        loops = [psutil.Process(int(pid)) for pid in benchmark.stdout.readline().split()]
        benchmark.kill()
    assert len(loops) == PROCESSES
    assert all_end(loops)
