"""Which files of a folder are music."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recommender.errors import CannotTag
from recommender.library import scan
from recommender.library.scan import ENDINGS, NOMEDIA, Music, find_audio_files, is_below, is_music


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_all_usual_kinds_are_found_everywhere_below_and_hidden_ones_are_not(tmp_path: Path) -> None:
    wanted = [tmp_path / f"x{ending}" for ending in ENDINGS]
    wanted += [tmp_path / "a" / "B" / "Ä.MP3", tmp_path / "a" / "..x.ogg".lstrip(".")]
    touch(*wanted, tmp_path / ".x.mp3", tmp_path / ".git" / "x.mp3", tmp_path / "cover.jpg")
    touch(tmp_path / "private" / "x.mp3", tmp_path / "private" / NOMEDIA)
    touch(tmp_path / "private" / "below" / "x.mp3")
    (tmp_path / "folder.mp3").mkdir()
    assert find_audio_files(tmp_path) == Music(tuple(sorted(wanted)), ())


def test_the_kinds_that_people_have_are_among_them() -> None:
    assert {".mp3", ".m4a", ".flac", ".ogg", ".opus", ".wav"} <= set(ENDINGS)
    assert not is_music("mp3")
    assert not is_music("x.mp3.part")


def test_links_lead_to_files_but_never_round_in_a_circle(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "x.mp3")
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    (tmp_path / "a" / "self.mp3").symlink_to(tmp_path / "a" / "self.mp3")
    (tmp_path / "a" / "lost.mp3").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b.mp3").symlink_to(tmp_path / "a" / "x.mp3")
    found = find_audio_files(tmp_path).files
    assert found == (tmp_path / "a" / "x.mp3", tmp_path / "b.mp3")


def test_folders_that_cannot_be_read_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "a" / "x.mp3", tmp_path / "b" / "x.mp3")
    real = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "no", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert find_audio_files(tmp_path) == Music((tmp_path / "a" / "x.mp3",), (tmp_path / "b",))


def test_far_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MAX_FILES", 2)
    touch(*(tmp_path / f"{number}.mp3" for number in range(3)))
    with pytest.raises(CannotTag, match="more than 2 files"):
        find_audio_files(tmp_path)


def test_what_is_below_a_folder_does_not_only_begin_like_it(tmp_path: Path) -> None:
    assert is_below(tmp_path / "a" / "b", [tmp_path / "c", tmp_path / "a"])
    assert is_below(tmp_path / "a", [tmp_path / "a"])
    assert not is_below(tmp_path / "ab", [tmp_path / "a"])
