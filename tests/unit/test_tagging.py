"""What becomes of each file of a folder, with a tagger in this process."""

from __future__ import annotations

import shutil
import sys
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from mutagen.id3 import TIT2
from mutagen.wave import WAVE
from sqlalchemy import func, select

from recommender.database import make_engine
from recommender.errors import CannotTag, Unavailable
from recommender.library import keeping, tagging
from recommender.library.finding import Music
from recommender.library.hearing import CHANGED, UNREADABLE, Look, Said, hear
from recommender.library.keeping import SAVE_TRIES, key_of, patiently
from recommender.library.known import GONE
from recommender.library.recordings import Recordings
from recommender.library.reports import Progress, TaggingReport
from recommender.library.scope import OWNER
from recommender.library.tagging import EMPTY, NO_FOLDER, NO_TEXT, tag_folders
from recommender.tables import Base, RecordingRow
from tests.fakes.taggers import LoudnessTagger, NextTagger, write_wav

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from detectors.types import AudioTagger


class Here:
    """Hears in this process, and notes what."""

    def __init__(self, tagger: AudioTagger) -> None:
        self.tagger = tagger
        self.heard: list[str] = []

    @property
    def version(self) -> str:
        return self.tagger.version

    def hear(
        self, looks: Iterable[Look], stopping: Callable[[], bool]
    ) -> Iterator[tuple[Look, Said]]:
        for look in looks:
            if stopping():
                return
            self.heard.append(look.path.name)
            yield look, hear(look, self.tagger)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(tmp_path / "data")
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Three files in two folders."""
    folder = tmp_path / "music"
    for number, name in enumerate(("a.wav", "b.wav", "below/c.wav")):
        write_wav(folder / name, 0.1 + 0.1 * number, seconds=1.0 + number)
    return folder


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    made = Here(LoudnessTagger())
    monkeypatch.setattr(tagging, "_hearers", lambda *_: nullcontext(made))
    return made


def tag(engine: Engine, *folders: Path, **options: object) -> TaggingReport:
    report = tag_folders(engine, folders, LoudnessTagger, **options)  # type: ignore[arg-type]
    return replace(report, took_s=0.0)


def names(engine: Engine) -> dict[str, str]:
    """Return the names of files by title."""
    return {one.title: one.path.name for one in Recordings(engine).of(OWNER)}


def key(engine: Engine, title: str) -> str:
    return next(one.key for one in Recordings(engine).of(OWNER) if one.title == title)


def test_files_are_heard_once_and_then_only_when_they_change(
    engine: Engine, music: Path, here: Here
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
    engine: Engine, music: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(engine, music)

    def fail(_: Path) -> Look:
        pytest.fail("it was read")

    monkeypatch.setattr(tagging, "look_at", fail)
    assert tag(engine, music).unchanged == 3
    assert here.heard


def test_a_moved_file_keeps_what_was_said_of_it(engine: Engine, music: Path, here: Here) -> None:
    tag(engine, music)
    shutil.move(music / "a.wav", music / "below" / "renamed.wav")
    report = tag(engine, music)
    assert report == TaggingReport(unchanged=2, moved=1)
    assert names(engine) == {"b": "b.wav", "c": "c.wav", "renamed": "renamed.wav"}
    assert len(here.heard) == 3
    assert tag(engine, music) == TaggingReport(unchanged=3)


def test_two_files_that_change_names_are_told_apart(
    engine: Engine, music: Path, here: Here
) -> None:
    tag(engine, music)
    before = {one.key: one.energy for one in Recordings(engine).of(OWNER)}
    (music / "a.wav").rename(music / "x")
    (music / "b.wav").rename(music / "a.wav")
    (music / "x").rename(music / "b.wav")
    tag(engine, music)
    assert len(here.heard) == 3
    assert {one.key: one.energy for one in Recordings(engine).of(OWNER)} == before


def test_a_copy_is_no_second_recording(engine: Engine, music: Path, here: Here) -> None:
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
    engine: Engine, music: Path, here: Here
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


def test_a_file_that_has_gone_is_removed_and_a_corrected_one_comes_back(
    engine: Engine, music: Path, here: Here, tmp_path: Path
) -> None:
    tag(engine, music)
    recordings = Recordings(engine)
    recordings.correct(key(engine, "a"), OWNER, -0.5, 0.9)
    for name in ("a.wav", "b.wav"):
        shutil.move(music / name, tmp_path / name)
    assert tag(engine, music) == TaggingReport(unchanged=1, removed=1, put_aside=1)
    assert set(names(engine)) == {"c"}
    assert [(one.path.name, one.problem) for one in recordings.problems(OWNER)] == [("a.wav", GONE)]
    assert tag(engine, music) == TaggingReport(unchanged=1)
    shutil.move(tmp_path / "a.wav", music / "back.wav")
    assert tag(engine, music) == TaggingReport(unchanged=1, moved=1)
    back = recordings.get(key(engine, "back"), OWNER)
    assert back is not None
    assert (back.valence, back.corrected) == (-0.5, True)
    assert len(here.heard) == 3
    assert recordings.problems(OWNER) == []


def test_a_correction_outlives_edited_tags_but_not_another_sound(
    engine: Engine, music: Path, here: Here
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
    assert (report.tagged, report.removed, report.put_aside) == (2, 0, 0)
    said = {one.title: one.corrected for one in Recordings(engine).of(OWNER)}
    assert said == {"New title": True, "b": False, "c": False}
    assert here.heard[3:] == ["a.wav", "b.wav"]


def test_of_a_folder_that_is_missing_or_empty_nothing_is_removed(
    engine: Engine, music: Path, here: Here, tmp_path: Path
) -> None:
    tag(engine, music)
    shutil.move(music, tmp_path / "elsewhere")
    assert tag(engine, music).problems == ((music, NO_FOLDER),)
    music.mkdir()
    assert tag(engine, music).problems == ((music, EMPTY),)
    assert len(names(engine)) == 3
    # One that never held anything is just empty.
    (tmp_path / "new").mkdir()
    assert tag(engine, tmp_path / "new") == TaggingReport()
    assert here.heard


def test_other_folders_are_left_alone(engine: Engine, music: Path, here: Here) -> None:
    tag(engine, music)
    (music / "a.wav").unlink()
    (music / "below" / "d.wav").write_bytes((music / "b.wav").read_bytes())
    assert tag(engine, music / "below").removed == 0
    assert set(names(engine)) == {"a", "b", "c"}
    assert here.heard


def test_what_cannot_be_looked_into_keeps_its_recordings(
    engine: Engine, music: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(engine, music)
    monkeypatch.setattr(
        tagging, "music_in", lambda folder: Music((folder / "a.wav",), (folder / "below",))
    )
    report = tag(engine, music)
    assert report == TaggingReport(
        unchanged=1, removed=1, problems=((music / "below", UNREADABLE),)
    )
    assert set(names(engine)) == {"a", "c"}
    assert here.heard


def test_bad_files_are_named_once_and_stop_no_other(
    engine: Engine, music: Path, here: Here
) -> None:
    bad = music / "a bad one.mp3"
    bad.write_bytes(b"nothing")
    report = tag(engine, music)
    assert report.tagged == 3
    assert report.problems == ((bad, "It is no audio that can be read."),)
    assert tag(engine, music) == TaggingReport(unchanged=3, known_problems=1)
    assert [one.path for one in Recordings(engine).problems(OWNER)] == [bad]
    bad.write_bytes((write_wav(music / "x", 0.9)).read_bytes())
    assert tag(engine, music).tagged == 1
    assert Recordings(engine).problems(OWNER) == []
    assert here.heard


def test_a_file_that_changes_or_goes_meanwhile_comes_another_time(
    engine: Engine, music: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(engine, music)
    write_wav(music / "a.wav", 0.9)
    write_wav(music / "b.wav", 0.95)
    real = tagging.look_at

    def late(path: Path) -> Look:
        if path.name == "b.wav":
            raise OSError
        look = real(path)
        write_wav(path, 0.5)
        return look

    monkeypatch.setattr(tagging, "look_at", late)
    report = tag(engine, music)
    assert report.problems == ((music / "a.wav", CHANGED), (music / "b.wav", UNREADABLE))
    assert report.removed == 0
    # Until then, what was there before is kept.
    assert set(names(engine)) == {"a", "b", "c"}
    monkeypatch.undo()
    monkeypatch.setattr(tagging, "_hearers", lambda *_: nullcontext(here))
    assert tag(engine, music) == TaggingReport(tagged=2, unchanged=1, sound_s=0.4)
    assert len(names(engine)) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_in_other_bytes_than_text_are_named(
    engine: Engine, music: Path, here: Here, tmp_path: Path
) -> None:
    odd = b"m\xff.wav".decode("utf-8", "surrogateescape")
    write_wav(music / odd, 0.6)
    report = tag(engine, music, tmp_path / odd)
    assert report.problems == ((tmp_path / odd, NO_TEXT), (music / odd, NO_TEXT))
    assert report.tagged == 3
    assert all(line.isprintable() for line in report.lines())
    assert here.heard


def test_a_run_that_is_stopped_keeps_what_it_heard_and_removes_nothing(
    engine: Engine, music: Path, here: Here
) -> None:
    tag(engine, music / "below")
    shutil.rmtree(music / "below")
    report = tag(engine, music, stopping=lambda: len(here.heard) >= 2)
    assert report.stopped
    assert report.tagged == 1
    assert "Stopped: 1 tagged" in report.summary()
    assert "c" in names(engine)
    report = tag(engine, music)
    assert (report.tagged, report.unchanged, report.removed) == (1, 1, 1)


def test_two_runs_at_once_make_no_row_twice_and_take_nothing_from_each_other(
    engine: Engine, music: Path, here: Here
) -> None:
    others = Here(LoudnessTagger())

    def meanwhile(progress: Progress) -> None:
        if progress.done == 1 and not others.heard:
            # The other sees a further file.
            write_wav(music / "late.wav", 0.9)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(tagging, "_hearers", lambda *_: nullcontext(others))
                tag(engine, music)

    tag(engine, music, progress=meanwhile)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(RecordingRow)) == 4
    assert set(names(engine)) == {"a", "b", "c", "late"}
    assert (here.heard[0], "a.wav" in others.heard) == ("a.wav", False)


def test_what_another_run_finds_elsewhere_meanwhile_is_not_removed(
    engine: Engine, music: Path, here: Here, tmp_path: Path
) -> None:
    tag(engine, music)
    (tmp_path / "elsewhere").mkdir()
    shutil.move(music / "a.wav", tmp_path / "elsewhere")

    def meanwhile(progress: Progress) -> None:
        if progress.path is None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(tagging, "_hearers", lambda *_: nullcontext(Here(LoudnessTagger())))
                assert tag(engine, tmp_path / "elsewhere").moved == 1

    tag(engine, music, progress=meanwhile)
    assert names(engine)["a"] == "a.wav"
    assert len(here.heard) == 3


def test_a_busy_database_is_waited_for_and_a_broken_one_is_not_for_ever() -> None:
    tries: list[int] = []

    def busy() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise Unavailable("busy")

    patiently(busy)
    assert len(tries) == 3

    def broken() -> None:
        tries.append(1)
        raise Unavailable("broken")

    with pytest.raises(Unavailable):
        patiently(broken)
    assert len(tries) == 3 + SAVE_TRIES


def test_the_same_content_has_a_key_for_each_listener() -> None:
    assert len({key_of("0" * 64), key_of("0" * 64, "me"), key_of("0" * 64, "you")}) == 3
    assert keeping.key_of("0" * 64) == key_of("0" * 64, None)


def test_real_processes_are_asked_without_a_scheduler(engine: Engine, music: Path) -> None:
    report = tag_folders(engine, [music], LoudnessTagger, workers=2)
    assert report.tagged == 3
    assert report.speed > 0
    with pytest.raises(CannotTag, match="There is no Dask scheduler at 127"):
        tag_folders(engine, [music], LoudnessTagger, scheduler="127.0.0.1:1")
