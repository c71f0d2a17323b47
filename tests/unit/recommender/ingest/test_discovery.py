"""Which files hold songs, and which of a folder are taken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from recommender.errors import UnreadableTable
from recommender.ingest import discovery
from recommender.ingest.discovery import ENDINGS, MORE_ENDINGS, check_file, files_in, kind_of
from recommender.paths import absolute, is_folder, is_there

if TYPE_CHECKING:
    from collections.abc import Iterator


def make(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def test_a_files_kind_is_told_by_its_ending_in_any_case() -> None:
    for ending, kind in {**ENDINGS, **MORE_ENDINGS}.items():
        assert kind_of(Path(f"a.b{ending}")) == kind_of(Path(f"A{ending.upper()}")) == kind
    assert kind_of(Path("csv")) is None
    assert kind_of(Path("notes.txt")) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_what_is_no_file_is_told_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (file,) = make(tmp_path, "songs.csv")
    for path, problem in (
        (tmp_path / "none.csv", "There is no such file."),
        (file / "none.csv", "There is no such file."),
        (tmp_path, "This is a folder, a pipe or a device, and no file."),
        (tmp_path / "pipe.csv", "This is a folder, a pipe or a device, and no file."),
    ):
        with pytest.raises(UnreadableTable, match=f"^{problem}$"):
            check_file(path)
    check_file(file)

    def deny(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "stat", deny)
    check_file(file)


def test_a_folder_gives_tables_then_playlists_sorted_and_nothing_hidden(tmp_path: Path) -> None:
    wanted = make(tmp_path, "B.CSV", "a/x.tsv.gz", "c/d/e.parquet", "a.m3u", "b/list.jspf")
    make(tmp_path, ".x.csv", ".git/x.csv", "x.txt", "data.json", "photos.tar.gz", "csv")
    (tmp_path / "folder.csv").mkdir()
    found = files_in(tmp_path)
    assert found.files == tuple(wanted)
    assert found.unreadable == ()


def test_links_to_folders_are_not_followed_and_those_to_files_are(tmp_path: Path) -> None:
    (real,) = make(tmp_path, "music/real.csv")
    (tmp_path / "music" / "again").symlink_to(tmp_path, target_is_directory=True)
    link, broken = (tmp_path / "music" / name for name in ("link.csv", "broken.csv"))
    link.symlink_to(real)
    broken.symlink_to(tmp_path / "none.csv")
    assert files_in(tmp_path).files == (link, real)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
def test_what_is_no_file_cannot_hold_a_folder_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert files_in(tmp_path).files == ()


def test_a_folder_of_very_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "MAX_FILES", 3)
    make(tmp_path, "a.csv", "b/b.csv", "c.csv")
    assert len(files_in(tmp_path).files) == 3
    make(tmp_path, "b/d.csv")
    with pytest.raises(UnreadableTable, match="holds more than 3 tables and playlists"):
        files_in(tmp_path)


def test_folders_that_cannot_be_read_are_named_and_the_others_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (good,) = make(tmp_path, "good/a.csv")
    make(tmp_path, "bad/a.csv")
    scan = os.scandir

    def refuse(path: Path | str) -> Iterator[Any]:
        if str(path).endswith("bad"):
            raise PermissionError(13, "no", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = files_in(tmp_path)
    assert (found.files, found.unreadable) == ((good,), (tmp_path / "bad",))
    assert files_in(tmp_path / "none").unreadable == (tmp_path / "none",)


def test_a_file_that_may_not_be_looked_at_is_left_to_whoever_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: Path, **_options: object) -> os.stat_result:
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "stat", refuse)
    assert is_there(Path("x.csv"))
    assert not is_folder(Path("x"))


def test_a_path_is_the_same_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute(Path("a/../x.csv")) == tmp_path / "x.csv"
    with pytest.raises(UnreadableTable, match="not in UTF-8"):
        absolute(Path(b"m\xff.csv".decode("utf-8", "surrogateescape")))
