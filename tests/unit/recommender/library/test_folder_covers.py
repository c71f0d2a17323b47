"""Pictures beside music: which of them is the cover, and which are not looked at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from mutagen.id3 import APIC, ID3

from recommender.library import folder_covers
from recommender.library.folder_covers import pictures_beside
from recommender.library.tags import MAX_COVER_BYTES, Cover, read_cover
from tests.fakes import sounds
from tests.fakes.tag_bombs import TOO_MANY

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n "
JPEG = b"\xff\xd8\xff\xe0 "


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return sounds.write(tmp_path / "Beyonce\u0301 - Halo.mp3", sounds.pad(0.5))


@pytest.mark.parametrize(
    "name",
    [
        *("cover.jpg", "Cover.JPEG", "FOLDER.JPG", "front.png", "AlbumArt.png", "album.webp"),
        "beyoncé - halo.PNG",
    ],
)
def test_a_picture_beside_the_song_is_its_cover(song: Path, name: str) -> None:
    assert read_cover(song) is None
    song.with_name(name).write_bytes(PNG)
    assert read_cover(song) == Cover(PNG, "image/png")


@pytest.mark.parametrize("name", ["back.jpg", "cover.txt", "cover.gif", ".cover.jpg", "cover"])
def test_other_files_are_no_cover(song: Path, name: str) -> None:
    song.with_name(name).write_bytes(PNG)
    assert read_cover(song) is None


def test_the_songs_own_goes_first_and_what_is_in_it_before_that(song: Path) -> None:
    for name in ("front.png", "cover.jpg", "folder.jpg", f"{song.stem}.jpg"):
        song.with_name(name).write_bytes(PNG + name.encode())
    names = [content.removeprefix(PNG).decode() for content in pictures_beside(song, 1000)]
    assert names == [f"{song.stem}.jpg", "cover.jpg", "folder.jpg", "front.png"]
    tags = ID3()
    tags.add(APIC(encoding=0, mime="", type=3, desc="", data=JPEG))
    tags.save(song)
    assert read_cover(song) == Cover(JPEG, "image/jpeg")


def test_what_is_no_picture_or_too_large_is_passed_over(song: Path) -> None:
    os.mkfifo(song.with_name("cover.jpg"))
    song.with_name("cover.jpeg").write_bytes(JPEG.ljust(MAX_COVER_BYTES + 1))
    song.with_name("cover.png").write_bytes(b"<svg onload=x>")
    song.with_name("folder.jpg").mkdir()
    song.with_name("front.jpg").write_bytes(JPEG)
    assert read_cover(song) == Cover(JPEG, "image/jpeg")


def test_a_song_whose_tags_are_not_read_has_the_cover_beside_it(song: Path) -> None:
    song.write_bytes(TOO_MANY["pictures"]())
    song.with_name("cover.jpg").write_bytes(JPEG)
    assert read_cover(song) == Cover(JPEG, "image/jpeg")


def test_of_a_huge_folder_not_all_is_looked_at(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    song.with_name("cover.jpg").write_bytes(JPEG)
    monkeypatch.setattr(folder_covers, "MAX_FILES", 0)
    assert list(pictures_beside(song, 1000)) == []
    assert read_cover(song.parent / "no folder" / "x.mp3") is None
