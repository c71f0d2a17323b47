"""`python -m recommender backup` and `restore`, as a person calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recommender.__main__ import main
from tests.fakes.commands import call

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path


def command(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(main, data_dir, *arguments)


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


def test_a_damaged_database_is_put_aside_and_replaced(tmp_path: Path) -> None:
    file, data_dir = tmp_path / "backup.db", tmp_path / "data"
    assert command(data_dir, "backup", str(file)).returncode == 0
    present = data_dir / "catalogue.db"
    for beside in data_dir.glob("catalogue.db-*"):
        beside.unlink()
    present.write_bytes(b"damaged" * 1000)
    junk = tmp_path / "junk.db"
    junk.write_text("junk")
    assert command(data_dir, "restore", str(junk)).returncode == 1
    assert [path.name for path in data_dir.glob("*.db*")] == ["catalogue.db"]
    done = command(data_dir, "restore", str(file))
    (aside,) = data_dir.glob("catalogue-damaged-*.db")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"The damaged database was renamed to {aside.name}.\n"
    assert aside.read_bytes() == b"damaged" * 1000
    assert command(data_dir, "backup", str(tmp_path / "again.db")).returncode == 0
