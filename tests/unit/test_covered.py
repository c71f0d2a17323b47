"""The record of the lines and branches that processes run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.covered import __main__ as covered

ROOT = Path(__file__).parents[2]
SERVERS = "recommender/turn/servers.py"
CLOUDFLARE = "recommender/turn/cloudflare.py"
LOAD = "from recommender.turn.servers import ends_of; ends_of((), (), %s)"


@pytest.fixture(autouse=True)
def _of_one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """To look at all that there is takes seconds."""
    monkeypatch.setattr(covered, "PACKAGES", ("recommender/turn",))


def run(folder: Path | None, *arguments: str) -> int:
    """Run Python with a record in the folder, and return its status."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ
        | {"COVERAGE_FOLDER": str(folder or ""), "PYTHONPATH": str(ROOT / "tests" / "covered")},
        capture_output=True,
        check=False,
    ).returncode


def share_of(folder: Path, module: str) -> float:
    files = covered.recorded(folder).get_coverage()["files"]
    return float(files[module]["summary"]["percent_covered"])


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("", 0),
        ("raise SystemExit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ],
    ids=["end", "exit", "terminated"],
)
def test_however_a_process_ends_it_has_written_what_it_ran(
    tmp_path: Path, end: str, status: int
) -> None:
    assert run(tmp_path, "-c", f"{LOAD % None}\n{end}") == status
    assert share_of(tmp_path, SERVERS) > 0
    assert share_of(tmp_path, CLOUDFLARE) == 0


def test_what_another_process_ran_is_added(tmp_path: Path) -> None:
    lines = (ROOT / SERVERS).read_text(encoding="utf-8").splitlines()
    line = 1 + lines.index("    if own is None:")
    for own, missed in ((None, [(line, line + 2)]), ("()", [])):
        assert run(tmp_path, "-c", LOAD % own) == 0
        found = covered.recorded(tmp_path).get_coverage()["files"][SERVERS]
        assert [one for one in found["missing_branches"] if one[0] == line] == missed


def test_a_module_that_is_run_by_its_name_is_recorded(tmp_path: Path) -> None:
    assert run(tmp_path, "-m", "recommender.turn.servers") == 0
    assert share_of(tmp_path, SERVERS) > 0


def test_without_a_folder_nothing_is_recorded() -> None:
    loaded = "import sys; sys.exit('slipcover' in sys.modules)"
    assert run(None, "-c", loaded) == 0


@pytest.mark.parametrize(("floor", "status"), [("0", 0), ("99", 1)])
def test_a_share_below_the_floor_is_an_error(tmp_path: Path, floor: str, status: int) -> None:
    assert run(tmp_path, "-c", LOAD % None) == 0
    found = CliRunner().invoke(covered.command, [str(tmp_path), "--floor", floor])
    assert found.exit_code == status, found.output
    assert f"the floor is {floor} %" in found.output
