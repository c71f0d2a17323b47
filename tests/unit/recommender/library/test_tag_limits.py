"""Tags that are made to take for ever: they are told by their sizes, and stop nobody."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import mutagen
import pytest

from detectors.types import Message
from pages.ui.covers import recording
from recommender.library import tags
from recommender.library.file_tagging import fingerprint, tag_file
from recommender.library.pool import IdleWorker
from recommender.library.tag_limits import MAX_ITEMS, TooManyTags, tags_fit
from recommender.library.tags import read_cover, read_tags
from tests.busy import LATE_S
from tests.fakes import sounds
from tests.fakes.tag_bombs import TOO_LARGE, TOO_MANY, flac, vorbis
from tests.fakes.taggers import LoudnessTagger, write_wav
from tests.unit.pages.library.test_library_views import picture, with_cover

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", TOO_MANY)
def test_a_song_with_far_too_many_tags_is_refused_in_a_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(TOO_MANY[kind]())
    began = time.process_time()
    with pytest.raises(TooManyTags):
        tags_fit(path)
    assert tag_file(fingerprint(path), LoudnessTagger()).problem == Message("file-too-many-tags")
    assert read_tags(path).title == "x"
    assert read_cover(path) is None
    assert time.process_time() - began < LATE_S


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_a_song_whose_tags_are_too_large_is_heard_without_them(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(TOO_LARGE[kind]())
    began = time.process_time()
    assert not tags_fit(path)
    assert tag_file(fingerprint(path), LoudnessTagger()).tags == read_tags(path) == tags.Tags("x")
    assert read_cover(path) is None
    assert time.process_time() - began < LATE_S


@pytest.mark.parametrize("ending", sounds.KINDS)
def test_tags_of_usual_files_fit(tmp_path: Path, ending: str) -> None:
    path = sounds.write(tmp_path / f"x{ending}", sounds.pad(0.5), tags={"title": "a" * 1000})
    assert tags_fit(path)


def test_as_many_tags_as_are_allowed_fit(tmp_path: Path) -> None:
    path = tmp_path / "x.flac"
    # With the two blocks and the tags' own.
    path.write_bytes(flac((4, vorbis(MAX_ITEMS - 2))))
    assert tags_fit(path)
    path.write_bytes(flac((4, vorbis(MAX_ITEMS - 1))))
    with pytest.raises(TooManyTags):
        tags_fit(path)


def test_what_takes_too_long_all_the_same_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(flac())
    monkeypatch.setattr(mutagen, "File", lambda _: signal.pause())
    monkeypatch.setattr(tags, "TAGS_S", 0.2)
    began = time.monotonic()
    assert read_tags(path) == tags.Tags("x")
    assert read_cover(path) is None
    assert time.monotonic() - began < LATE_S


def test_tags_and_covers_are_read_in_another_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> None:
        pytest.fail("the app itself has parsed a file")

    monkeypatch.setattr(tags, "_opened", fail)
    worker, reader = IdleWorker(LoudnessTagger), IdleWorker(None)
    monkeypatch.setattr(recording.resources, "cover_reader", lambda: reader)
    path = write_wav(tmp_path / "Song.wav")
    _, said = worker.tag_file(fingerprint(path, "Its name.wav"))
    assert said.tags is not None
    assert (said.tags.title, said.tags.seconds) == ("Its name", 0.2)
    song = with_cover(tmp_path / "a.flac", picture("PNG"))
    assert recording.cover_of(song).startswith("data:image/webp;base64,")
    (tmp_path / "hostile.mp3").write_bytes(TOO_MANY["pictures"]())
    assert reader.cover(tmp_path / "hostile.mp3") is None
    worker.rest()
    reader.rest()
