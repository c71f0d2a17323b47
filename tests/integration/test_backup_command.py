"""`python -m recommender backup` and `restore`, as a person calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.commands import run_command

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PATIENCE_S = 60.0


def command(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command("recommender", data_dir, *arguments, timeout=PATIENCE_S, environ={})


def test_a_backup_of_one_folder_is_restored_into_another(tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    for arguments in (("backup", str(file)), ("restore", str(file))):
        done = command(tmp_path / arguments[0], *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    again = command(tmp_path / "backup", "backup", str(file))
    assert (again.returncode, again.stderr) == (1, "There is a file backup.db already.\n")


def test_what_is_no_backup_is_named(tmp_path: Path) -> None:
    done = command(tmp_path, "restore", str(tmp_path / "none.db"))
    assert (done.returncode, done.stderr) == (1, "There is no file none.db.\n")
    (tmp_path / "junk.db").write_text("junk")
    done = command(tmp_path, "restore", str(tmp_path / "junk.db"))
    assert (done.returncode, done.stderr) == (1, "The file junk.db is no backup.\n")
