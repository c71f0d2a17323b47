"""Bad files, stops, and others who write at once, while folders are tagged in this process."""

from __future__ import annotations

import shutil
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from detectors.types import Message
from pages.ui.library.song_list import playlist_of
from recommender.db.tables import RecordingRow
from recommender.errors import CannotTag, Unavailable
from recommender.library import reconcile, tagging, writer
from recommender.library.recordings import OWNER, Recordings
from recommender.library.tagging import tag_folders
from recommender.library.tagging_report import Progress, TaggingReport
from recommender.library.writer import SAVE_TRIES, key_of, retry_while_busy
from tests.fakes.tagged import NotingHere, names, tag
from tests.fakes.taggers import LoudnessTagger, write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.library.file_tagging import Fingerprint


def test_bad_files_are_named_once_and_stop_no_other(
    engine: Engine, music: Path, here: NotingHere
) -> None:
    bad = music / "a bad one.mp3"
    bad.write_bytes(b"nothing")
    report = tag(engine, music)
    assert report.tagged == 3
    assert report.problems == ((bad, Message("It is no audio that can be read.")),)
    assert tag(engine, music) == TaggingReport(unchanged=3, known_problems=1)
    # A version that reads more kinds of files tries it again, once.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconcile, "KINDS", 3)
        assert tag(engine, music).problems == report.problems
        assert tag(engine, music) == TaggingReport(unchanged=3, known_problems=1)
    assert [one.path for one in Recordings(engine).problems(OWNER)] == [bad]
    bad.write_bytes((write_wav(music / "x", 0.9)).read_bytes())
    assert tag(engine, music).tagged == 1
    assert Recordings(engine).problems(OWNER) == []
    assert here.heard


def test_a_file_that_changes_or_goes_meanwhile_comes_another_time(
    engine: Engine, music: Path, here: NotingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(engine, music)
    write_wav(music / "a.wav", 0.9)
    write_wav(music / "b.wav", 0.95)
    real = tagging.fingerprint

    def late(path: Path) -> Fingerprint:
        if path.name == "b.wav":
            raise OSError
        look = real(path)
        write_wav(path, 0.5)
        return look

    monkeypatch.setattr(tagging, "fingerprint", late)
    report = tag(engine, music)
    assert report.problems == (
        (music / "a.wav", Message("file-changed")),
        (music / "b.wav", Message("unreadable")),
    )
    assert report.removed == 0
    # Until then, what was there before is kept.
    assert set(names(engine)) == {"a", "b", "c"}
    monkeypatch.undo()
    monkeypatch.setattr(tagging, "tagger_pool", lambda *_: nullcontext(here))
    assert tag(engine, music) == TaggingReport(tagged=2, unchanged=1, sound_s=0.4)
    assert len(names(engine)) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_files_whose_names_are_not_in_utf_8_are_heard_and_found_again(
    engine: Engine, music: Path, here: NotingHere, tmp_path: Path
) -> None:
    odd = b"\xc9t\xe9\xff%.wav".decode("utf-8", "surrogateescape")
    write_wav(music / odd / odd, 0.6)
    report = tag(engine, music, tmp_path / odd)
    assert report.problems == ((tmp_path / odd, Message("name-no-text")),)
    assert report.tagged == 4
    assert all(line.isprintable() for line in report.lines())
    assert here.heard
    assert "Étéÿ%" in names(engine)
    (found,) = (one for one in Recordings(engine).of(OWNER) if one.title == "Étéÿ%")
    assert found.path == music / odd / odd
    assert found.path.as_uri() in playlist_of([found], paths=True).decode()
    assert tag(engine, music).unchanged == 4
    shutil.move(music / odd / odd, music / odd / f"b{odd}")
    assert tag(engine, music).moved == 1
    shutil.rmtree(music / odd)
    assert tag(engine, music).removed == 1


def test_a_run_that_is_stopped_keeps_what_it_heard_and_removes_nothing(
    engine: Engine, music: Path, here: NotingHere
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
    engine: Engine, music: Path, here: NotingHere
) -> None:
    others = NotingHere(LoudnessTagger())

    def meanwhile(progress: Progress) -> None:
        if progress.done == 1 and not others.heard:
            # The other sees a further file.
            write_wav(music / "late.wav", 0.9)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(tagging, "tagger_pool", lambda *_: nullcontext(others))
                tag(engine, music)

    tag(engine, music, progress=meanwhile)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(RecordingRow)) == 4
    assert set(names(engine)) == {"a", "b", "c", "late"}
    assert (here.heard[0], "a.wav" in others.heard) == ("a.wav", False)


def test_what_another_run_finds_elsewhere_meanwhile_is_not_removed(
    engine: Engine, music: Path, here: NotingHere, tmp_path: Path
) -> None:
    tag(engine, music)
    (tmp_path / "elsewhere").mkdir()
    shutil.move(music / "a.wav", tmp_path / "elsewhere")

    def meanwhile(progress: Progress) -> None:
        if progress.path is None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    tagging, "tagger_pool", lambda *_: nullcontext(NotingHere(LoudnessTagger()))
                )
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

    retry_while_busy(busy)
    assert len(tries) == 3

    def broken() -> None:
        tries.append(1)
        raise Unavailable("broken")

    with pytest.raises(Unavailable):
        retry_while_busy(broken)
    assert len(tries) == 3 + SAVE_TRIES


def test_the_same_content_has_a_key_for_each_listener() -> None:
    assert len({key_of("0" * 64), key_of("0" * 64, "me"), key_of("0" * 64, "you")}) == 3
    assert writer.key_of("0" * 64) == key_of("0" * 64, None)


def test_real_processes_are_asked_without_a_scheduler(engine: Engine, music: Path) -> None:
    report = tag_folders(engine, [music], LoudnessTagger, workers=2)
    assert report.tagged == 3
    assert report.speed > 0
    with pytest.raises(CannotTag, match="There is no Dask scheduler at 127"):
        tag_folders(engine, [music], LoudnessTagger, scheduler="127.0.0.1:1")
