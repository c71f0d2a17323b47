"""`python -m recommender refresh`, as a person calls it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from recommender.__main__ import main
from tests.fakes.commands import call, run_command

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PATIENCE_S = 120.0
# Enough that both are at it at the same time.
SONGS = 12_000


def command(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(main, data_dir, *arguments)


def write(path: Path, *titles: str) -> None:
    rows = "".join(f"{title},X,0.9,0.7\n" for title in titles)
    path.write_text(f"title,artist,valence,energy\n{rows}", encoding="utf-8")


def test_a_refresh_says_what_has_changed(tmp_path: Path) -> None:
    data_dir, folder, table = tmp_path / "data", tmp_path / "music", tmp_path / "mine.csv"
    done = command(data_dir, "refresh")
    assert (done.returncode, done.stdout) == (0, "Nothing to refresh yet.\n")
    folder.mkdir()
    write(table, "One", "Two")
    assert command(data_dir, "import", str(folder), str(table)).returncode == 0
    write(table, "Two", "Three", "Four")
    write(folder / "new.csv", "Five")
    done = command(data_dir, "refresh")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{table}: 2 songs came, 1 went.",
        f"{folder / 'new.csv'}: new, 1 song.",
    ]


def test_a_refresh_that_failed_somewhere_says_so_by_its_status(tmp_path: Path) -> None:
    data_dir, table = tmp_path / "data", tmp_path / "mine.csv"
    write(table, "One")
    command(data_dir, "import", str(table))
    table.write_text("nothing\n")
    done = command(data_dir, "refresh")
    assert done.returncode == 1
    assert done.stdout.startswith(f"{table}: The table has no column of title")
    assert done.stdout.endswith(" Its songs are kept.\n")
    table.unlink()
    done = command(data_dir, "refresh")
    assert (done.returncode, done.stdout) == (
        0,
        f"{table}: no longer there; its songs are kept.\n",
    )


def test_without_a_database_one_sentence_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("this is no folder")
    done = command(tmp_path / "data", "refresh")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The song catalogue on this machine cannot be used.\n"


@pytest.mark.slow
def test_refreshes_at_once_get_along(tmp_path: Path) -> None:
    data_dir, table = tmp_path / "data", tmp_path / "mine.csv"
    write(table, "One")
    command(data_dir, "import", str(table))
    write(table, *(f"Song {number}" for number in range(SONGS)))

    def refresh(_: int) -> subprocess.CompletedProcess[str]:
        return run_command("recommender", data_dir, "refresh", timeout=PATIENCE_S, environ={})

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(refresh, range(2))
    assert (first.stderr, second.stderr) == ("", "")
    assert sorted([first.stdout, second.stdout]) == [
        f"{table}: {SONGS:,} songs came, 1 went.\n",
        f"{table}: unchanged.\n",
    ]
