"""A heard file with another in its place: nothing of that is sent to anybody."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pages.ui.library.access import content_of
from recommender.library.file_tagging import fingerprint, read_tagged
from tests.fakes.taggers import write_wav
from tests.unit.pages.library.test_library_views import SONG

if TYPE_CHECKING:
    from pathlib import Path

    from recommender.library.recordings import Recording


def song(path: Path, *, dropped: bool = False) -> Recording:
    look = fingerprint(write_wav(path))
    about = {"sha256": look.sha256, "stamp": look.stamp, "size": look.size}
    return replace(SONG, path=path, dropped=dropped, **about)


@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize(
    "swap", ["link", "hard link", "same size and time", "pipe", "folder", "parent", "nothing"]
)
def test_a_heard_file_that_was_swapped_is_not_sent(
    tmp_path: Path, swap: str, dropped: bool
) -> None:
    heard = song(tmp_path / "music" / "private.wav", dropped=dropped)
    path, times = heard.path, heard.path.stat()
    assert content_of(heard) == path.read_bytes()
    secret = tmp_path / "secret" / "private.wav"
    secret.parent.mkdir()
    secret.write_bytes(b"s" * (heard.size + (swap != "same size and time")))
    path.unlink()
    if swap == "link":
        path.symlink_to(secret)
    elif swap == "hard link":
        os.link(secret, path)
    elif swap == "same size and time":
        shutil.copy(secret, path)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif swap == "pipe":
        os.mkfifo(path)
    elif swap == "folder":
        path.mkdir()
    elif swap == "parent":
        path.parent.rmdir()
        path.parent.symlink_to(secret.parent)
    assert content_of(heard) is None


def test_links_are_the_owners_alone_and_a_copy_from_a_backup_is_the_file(tmp_path: Path) -> None:
    real = song(tmp_path / "real.wav")
    link = tmp_path / "link.wav"
    link.symlink_to(real.path)
    assert content_of(replace(real, path=link)) == real.path.read_bytes()
    assert content_of(replace(real, path=link, dropped=True)) is None
    copied = replace(real, path=tmp_path / "copied.wav", dropped=True)
    shutil.copy(real.path, copied.path)
    assert content_of(copied) == real.path.read_bytes()


def test_a_file_that_is_written_while_it_is_read_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = song(tmp_path / "x.wav")
    with heard.path.open("r+b") as file:
        file.write(b"other")
    stamps = [(heard.stamp, heard.size), ("2", heard.size)]
    monkeypatch.setattr("recommender.library.file_tagging.stamp_of", lambda _: stamps.pop(0))
    assert read_tagged(heard.path, heard.stamp, heard.sha256, heard.size, links=False) is None
