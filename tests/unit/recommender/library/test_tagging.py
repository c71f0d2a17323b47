"""What becomes of each file of a folder, with a tagger in this process."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from mutagen.id3 import TIT2
from mutagen.wave import WAVE
from sqlalchemy import update

from detectors.types import Message
from recommender.db.tables import RecordingRow
from recommender.library import tagging
from recommender.library.recordings import OWNER, Recordings
from recommender.library.scan import Music
from recommender.library.tagging_report import Progress, TaggingReport
from tests.fakes.tagged import NotingHere, key, names, tag
from tests.fakes.taggers import NextTagger, write_wav
from tests.said import said

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.library.file_tagging import Fingerprint


def test_files_are_heard_once_and_then_only_when_they_change(
    engine: Engine, music: Path, here: NotingHere
) -> None:
    seen: list[Progress] = []
    assert tag(engine, music, progress=seen.append) == TaggingReport(tagged=3, sound_s=6.0)
    assert [(one.done, one.total) for one in seen] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert seen[0].left_s is None
    assert seen[-1].left_s == 0
    (quiet, *_) = Recordings(engine).of(OWNER)
    assert quiet.path == music / "a.wav"
    assert (quiet.valence, quiet.energy) == (pytest.approx(0.8, 0.01), pytest.approx(0.1, 0.01))
    assert quiet.seconds == 1.0
    assert tag(engine, music, music / "below", progress=seen.append) == TaggingReport(unchanged=3)
    assert seen[-1] == Progress(3, 3)
    # Written again, with the same in it.
    write_wav(music / "a.wav", 0.1, seconds=1.0)
    write_wav(music / "b.wav", 0.7)
    assert tag(engine, music) == TaggingReport(tagged=1, unchanged=2, sound_s=0.2)
    assert here.heard == ["a.wav", "b.wav", "c.wav", "b.wav"]
    assert len(names(engine)) == 3


def test_an_unchanged_file_is_not_even_read(
    engine: Engine, music: Path, here: NotingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(engine, music)

    def fail(_: Path) -> Fingerprint:
        pytest.fail("it was read")

    monkeypatch.setattr(tagging, "fingerprint", fail)
    assert tag(engine, music).unchanged == 3
    assert here.heard


def test_a_moved_file_keeps_what_was_said_of_it(
    engine: Engine, music: Path, here: NotingHere
) -> None:
    tag(engine, music)
    shutil.move(music / "a.wav", music / "below" / "renamed.wav")
    report = tag(engine, music)
    assert report == TaggingReport(unchanged=2, moved=1)
    assert names(engine) == {"b": "b.wav", "c": "c.wav", "renamed": "renamed.wav"}
    assert len(here.heard) == 3
    assert tag(engine, music) == TaggingReport(unchanged=3)


def test_two_files_that_change_names_are_told_apart(
    engine: Engine, music: Path, here: NotingHere
) -> None:
    tag(engine, music)
    before = {one.key: one.energy for one in Recordings(engine).of(OWNER)}
    (music / "a.wav").rename(music / "x")
    (music / "b.wav").rename(music / "a.wav")
    (music / "x").rename(music / "b.wav")
    tag(engine, music)
    assert len(here.heard) == 3
    assert {one.key: one.energy for one in Recordings(engine).of(OWNER)} == before


def test_a_copy_is_no_second_recording(engine: Engine, music: Path, here: NotingHere) -> None:
    shutil.copy(music / "a.wav", music / "copy.wav")
    assert tag(engine, music) == TaggingReport(tagged=3, unchanged=1, sound_s=6.0)
    for _ in range(2):
        assert tag(engine, music) == TaggingReport(unchanged=4)
    assert names(engine)["a"] == "a.wav"
    (music / "a.wav").unlink()
    assert tag(engine, music) == TaggingReport(unchanged=2, moved=1)
    assert names(engine)["copy"] == "copy.wav"
    assert len(here.heard) == 3


def test_another_model_hears_all_again_and_corrections_stay(
    engine: Engine, music: Path, here: NotingHere
) -> None:
    tag(engine, music)
    recordings = Recordings(engine)
    assert recordings.correct(key(engine, "a"), OWNER, -0.5, 0.9)
    here.tagger = NextTagger()
    assert tag(engine, music).tagged == 3
    corrected = recordings.get(key(engine, "a"), OWNER)
    assert corrected is not None
    assert (corrected.valence, corrected.energy, corrected.corrected) == (-0.5, 0.9, True)
    assert tag(engine, music) == TaggingReport(unchanged=3)


@pytest.mark.parametrize("earlier", [False, True], ids=["now", "earlier"])
def test_a_file_that_has_gone_is_removed_and_a_corrected_one_comes_back(
    engine: Engine, music: Path, here: NotingHere, tmp_path: Path, *, earlier: bool
) -> None:
    tag(engine, music)
    recordings = Recordings(engine)
    recordings.correct(key(engine, "a"), OWNER, -0.5, 0.9)
    for name in ("a.wav", "b.wav"):
        shutil.move(music / name, tmp_path / name)
    assert tag(engine, music) == TaggingReport(unchanged=1, removed=1, archived=1)
    assert set(names(engine)) == {"c"}
    assert [(one.path.name, one.problem) for one in recordings.problems(OWNER)] == [
        ("a.wav", Message("recording-gone"))
    ]
    if earlier:  # kept as a sentence then
        with engine.begin() as connection:
            gone = RecordingRow.problem.is_not(None)
            connection.execute(
                update(RecordingRow).where(gone).values(problem=said("recording-gone"))
            )
    assert tag(engine, music) == TaggingReport(unchanged=1)
    shutil.move(tmp_path / "a.wav", music / "back.wav")
    assert tag(engine, music) == TaggingReport(unchanged=1, moved=1)
    back = recordings.get(key(engine, "back"), OWNER)
    assert back is not None
    assert (back.valence, back.corrected) == (-0.5, True)
    assert len(here.heard) == 3
    assert recordings.problems(OWNER) == []


def test_a_correction_outlives_edited_tags_but_not_another_sound(
    engine: Engine, music: Path, here: NotingHere
) -> None:
    tag(engine, music)
    for title in ("a", "b"):
        Recordings(engine).correct(key(engine, title), OWNER, -0.5, 0.9)
    file = WAVE(music / "a.wav")
    file.add_tags()
    file.tags.add(TIT2(text=["New title"]))
    file.save()
    write_wav(music / "b.wav", 0.8, seconds=0.3)
    report = tag(engine, music)
    assert (report.tagged, report.removed, report.archived) == (2, 0, 0)
    corrected = {one.title: one.corrected for one in Recordings(engine).of(OWNER)}
    assert corrected == {"New title": True, "b": False, "c": False}
    assert here.heard[3:] == ["a.wav", "b.wav"]


def test_of_a_folder_that_is_missing_or_empty_nothing_is_removed(
    engine: Engine, music: Path, here: NotingHere, tmp_path: Path
) -> None:
    tag(engine, music)
    shutil.move(music, tmp_path / "elsewhere")
    assert tag(engine, music).problems == ((music, Message("folder-missing")),)
    music.mkdir()
    assert tag(engine, music).problems == ((music, Message("folder-empty")),)
    assert len(names(engine)) == 3
    # One that never held anything is just empty.
    (tmp_path / "new").mkdir()
    assert tag(engine, tmp_path / "new") == TaggingReport()
    assert here.heard


def test_other_folders_are_left_alone(engine: Engine, music: Path, here: NotingHere) -> None:
    tag(engine, music)
    (music / "a.wav").unlink()
    (music / "below" / "d.wav").write_bytes((music / "b.wav").read_bytes())
    assert tag(engine, music / "below").removed == 0
    assert set(names(engine)) == {"a", "b", "c"}
    assert here.heard


def test_what_cannot_be_looked_into_keeps_its_recordings(
    engine: Engine, music: Path, here: NotingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(engine, music)
    monkeypatch.setattr(
        tagging, "find_audio_files", lambda folder: Music((folder / "a.wav",), (folder / "below",))
    )
    report = tag(engine, music)
    assert report == TaggingReport(
        unchanged=1, removed=1, problems=((music / "below", Message("unreadable")),)
    )
    assert set(names(engine)) == {"a", "c"}
    assert here.heard
