"""The lock files, and what the look at them finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import locks

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = (f"--hash=sha256:{digit * 64}" for digit in "ab")
WISH = "# songs\nhalo==1.*  # the newest\n"
LOCK = f"halo==1.2 ; python_version < '3.12' \\\n    {ONE} \\\n    {OTHER}\n    # via -r x.in\n"
ALSO = f"halo==1.3 ; python_version >= '3.12' \\\n    {ONE}\n"


def test_ours_are_whole() -> None:
    assert locks.faults() == []
    assert locks.main() == 0


def said(folder: Path, lock: str, wishes: str = WISH) -> list[str]:
    (folder / "requirements.in").write_text(wishes, encoding="utf-8")
    (folder / "requirements.txt").write_text(lock, encoding="utf-8")
    return locks.faults(folder)


def test_a_whole_one_has_no_faults(tmp_path: Path) -> None:
    assert said(tmp_path, LOCK) == said(tmp_path, LOCK + ALSO) == []
    assert said(tmp_path, LOCK.replace("halo", "Ha_lo[loud]"), "ha-lo\n-c other.txt\n") == []


@pytest.mark.parametrize(
    ("lock", "fault"),
    [
        ("", "halo is not locked"),
        (LOCK.replace("==1.2", "==2.1"), "halo is locked otherwise"),
        (LOCK + ALSO.replace("==1.3", "==2.0"), "halo is locked otherwise"),
        (LOCK.replace("==", ">="), "halo is not pinned"),
        (LOCK.replace("==1.2", ""), "halo is not pinned"),
        (LOCK.replace("1.2", "1.*"), "halo is not pinned"),
        (LOCK.replace("==1.2", "==1.2,!=1.3"), "halo is not pinned"),
        (LOCK.replace("==1.2", " @ https://evil.test/halo-1.2.tar.gz"), "halo is not pinned"),
        ("halo==1.2\n", "halo lacks a hash"),
        (LOCK.replace("sha256", "md5"), "halo lacks a hash"),
        (LOCK.replace(OTHER, "--config-settings=x"), "something else beside it"),
        (f"--extra-index-url https://evil.test/simple\n{LOCK}", "no package of an index"),
        (f"-r other.txt\n{LOCK}", "no package of an index"),
        (f"-e ./halo\n{LOCK}", "no package of an index"),
    ],
)
def test_each_fault_is_told(tmp_path: Path, lock: str, fault: str) -> None:
    assert fault in "\n".join(said(tmp_path, lock))


def test_what_is_no_package_among_the_wishes_is_told(tmp_path: Path) -> None:
    assert said(tmp_path, LOCK, "./halo\n") == ["requirements.in: no package of an index: ./halo"]


def test_two_lock_files_that_differ_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements-dev.in").write_text("halo\n", encoding="utf-8")
    assert said(tmp_path, LOCK) == ["requirements-dev.in: there is no requirements-dev.txt"]
    (tmp_path / "requirements-dev.txt").write_text(LOCK.replace(f"{ONE} \\\n", ""))
    assert locks.faults(tmp_path) == ["halo is locked in two ways"]
    monkeypatch.setattr(locks, "faults", lambda: ["halo is locked in two ways"])
    assert locks.main() == 1
    assert capsys.readouterr().err == "halo is locked in two ways\n"


def test_no_lock_file_at_all_is_a_fault(tmp_path: Path) -> None:
    assert locks.faults(tmp_path) == ["there are no lock files"]
