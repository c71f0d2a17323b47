"""The tags of files that a playlist names by their paths."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from mutagen.id3 import TALB, TDRC, TIT2, TPE1
from mutagen.wave import WAVE

from recommender.errors import CannotTag
from recommender.ingest import listed_files
from recommender.ingest.entries import Entry, Problem, entry_of_line
from recommender.ingest.listed_files import MAX_DEATHS, found_file, with_tags
from recommender.library.tags import Tags
from recommender.library.worker_process import WorkerDied
from tests.fakes.taggers import write_wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def sound(path: Path, title: str | None = None, artist: str | None = None) -> Path:
    """Write a file with tags, or without."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, 0.3)
    if title and artist:
        file = WAVE(path)
        file.add_tags()
        for frame in (TIT2(3, [title]), TPE1(3, [artist]), TALB(3, ["Night"]), TDRC(3, ["2011"])):
            file.tags.add(frame)
        file.save()
    return path


def entries(*paths: str) -> list[Entry]:
    return [entry_of_line(number, "", path) for number, path in enumerate(paths, 1)]


def test_the_tags_of_files_that_are_there_count_more_than_their_names(tmp_path: Path) -> None:
    sound(tmp_path / "music" / "a b.wav", "Lamp", "Nora")
    sound(tmp_path / "music" / "Tide - Ferns.wav")
    there = (tmp_path / "music" / "a b.wav").as_uri()
    asked = entries(r"music\a b.wav", there, "music/Tide - Ferns.wav", "Nora - Moor.wav", "x.wav")
    found = list(with_tags(asked, tmp_path))
    songs = [one.song and (one.song.title, one.song.artists, one.song.album) for one in found]
    assert songs == [
        ("Lamp", ("Nora",), "Night"),
        ("Lamp", ("Nora",), "Night"),
        ("Ferns", ("Tide",), None),
        ("Moor", ("Nora",), None),
        None,
    ]
    assert [bool(one.path) for one in found] == [False, False, True, True, True]
    assert found[0].song is not None
    assert found[0].song.year == 2011
    assert found[4].problem is Problem.NAMELESS


def test_lines_with_names_are_left_as_they_are(tmp_path: Path) -> None:
    sound(tmp_path / "x.wav", "Lamp", "Nora")
    line = entry_of_line(1, "Ferns - Tide", "x.wav")
    assert list(with_tags([line], tmp_path)) == [line]
    # A title alone does not name the song.
    (named,) = with_tags([entry_of_line(1, "Blue", "x.wav")], tmp_path)
    assert named.song is not None
    assert named.song.title == "Lamp"


@pytest.mark.parametrize(
    "path",
    [
        "http://x.example/a.wav",
        r"\\server\share\a.wav",
        "//server/share/a.wav",
        "file://server/a.wav",
        "a\0.wav",
        "x" * 5000 + ".wav",
        "folder.wav",
        "pipe.wav",
    ],
)
def test_only_files_of_this_machine_are_opened(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "pipe.wav")
    assert found_file(path, tmp_path) is None


def test_blanks_around_a_name_may_be_its_own(tmp_path: Path) -> None:
    sound(tmp_path / " a.wav")
    assert found_file(" a.wav", tmp_path) == tmp_path / " a.wav"
    sound(tmp_path / "b.wav")
    assert found_file(" b.wav ", tmp_path) == tmp_path / "b.wav"
    assert found_file("%62.wav", tmp_path) == tmp_path / "b.wav"


class FakeWorker:
    """A process that ends at some files."""

    started = 0
    broken = False

    def __init__(self, factory: object) -> None:
        assert factory is None

    def wait_until_ready(self) -> None:
        if FakeWorker.broken:
            raise CannotTag("no process")
        FakeWorker.started += 1

    def tags(self, path: Path, _patience_s: float) -> Tags:
        if path.stem.startswith("bad"):
            raise WorkerDied("ended")
        return Tags("Lamp", "Nora")

    def end(self) -> None:
        pass


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeWorker]:
    monkeypatch.setattr(listed_files, "Worker", FakeWorker)
    FakeWorker.started, FakeWorker.broken = 0, False
    return FakeWorker


@pytest.fixture
def titles(tmp_path: Path) -> Callable[..., list[str]]:
    def read(*names: str, **options: Callable[[], float]) -> list[str]:
        for name in names:
            (tmp_path / name).touch()
        found = [one.song for one in with_tags(entries(*names), tmp_path, **options)]
        return [song.title if song else "" for song in found]

    return read


def test_a_file_that_ends_the_process_is_skipped(
    fake: type[FakeWorker], titles: Callable[..., list[str]]
) -> None:
    names = ("good.wav", "bad - 1.wav", "good - 2.wav")
    assert titles(*names) == ["Lamp", "1", "Lamp"]
    assert fake.started == 2


def test_many_such_files_end_the_reading(
    fake: type[FakeWorker], titles: Callable[..., list[str]]
) -> None:
    names = [f"bad - {number}.wav" for number in range(MAX_DEATHS)]
    assert titles(*names, "x - good.wav")[-1] == "good"
    assert fake.started == MAX_DEATHS


def test_without_a_process_names_are_taken_from_paths(
    fake: type[FakeWorker], titles: Callable[..., list[str]]
) -> None:
    fake.broken = True
    assert titles("x - good.wav") == ["good"]


def test_the_reading_ends_in_time(fake: type[FakeWorker], titles: Callable[..., list[str]]) -> None:
    times = iter([0.0, listed_files.ALL_S, listed_files.ALL_S + 1])
    assert titles("x - a.wav", "x - b.wav", clock=lambda: next(times)) == ["Lamp", "b"]
    assert fake.started == 1
