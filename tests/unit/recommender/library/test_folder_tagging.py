"""The watched folders while the app runs, with a tagging that the test counts."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TYPE_CHECKING

import pytest
from watchdog.events import (
    DirCreatedEvent,
    DirModifiedEvent,
    FileClosedEvent,
    FileClosedNoWriteEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileOpenedEvent,
)

from detectors.types import Message
from recommender.db.engine import make_engine
from recommender.db.tables import Base
from recommender.errors import CannotTag
from recommender.library import folder_tagging
from recommender.library.folder_tagging import FolderTagging, ScanStatus, start_folder_tagging
from recommender.library.recordings import OWNER, Recordings
from recommender.library.scan import FolderWatcher, watch
from recommender.library.tagging_report import Progress, TaggingReport
from recommender.library.uploads import FOLDER
from tests.fakes.taggers import LoudnessTagger, write_wav

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine
    from watchdog.events import FileSystemEvent

PATIENCE_S = 20.0
QUIET_S = 0.2


class Tagging:
    """Counts how often it is asked for."""

    def __init__(self, act: Callable[[], object] = lambda: None) -> None:
        self.act = act
        self.times = threading.Semaphore(0)
        self.count = 0

    def __call__(
        self, progress: Callable[[Progress], None], _stopping: Callable[[], bool]
    ) -> TaggingReport:
        self.count += 1
        progress(Progress(1, 2))
        self.act()
        self.times.release()
        return TaggingReport(tagged=self.count)

    def wait(self) -> None:
        assert self.times.acquire(timeout=PATIENCE_S)


@pytest.fixture
def started() -> Iterator[Callable[..., FolderTagging]]:
    made: list[FolderTagging] = []

    def start(tag: Tagging, **options: object) -> FolderTagging:
        made.append(FolderTagging(tag, **{"quiet_s": QUIET_S, "first_s": 0.0, **options}))  # type: ignore[arg-type]
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        one.stop()
        assert not one._thread.is_alive()


def test_it_looks_again_after_a_while_and_when_asked(
    started: Callable[..., FolderTagging],
) -> None:
    tag = Tagging()
    tagging = started(tag, period_s=0.05)
    for _ in range(3):
        tag.wait()
    tag = Tagging()
    tagging = started(tag, first_s=PATIENCE_S, period_s=PATIENCE_S, quiet_s=PATIENCE_S)
    assert tagging.status() == ScanStatus()
    tagging.request_scan()
    assert tagging.status().running
    tag.wait()


def test_changes_of_music_are_heard_once_all_is_still(
    started: Callable[..., FolderTagging], tmp_path: Path
) -> None:
    tag = Tagging()
    ready = threading.Event()
    started(tag, folders=lambda: [tmp_path, tmp_path / "none"], on_status=lambda _now: ready.set())
    tag.wait()
    assert ready.wait(PATIENCE_S)
    # A file that is written for long, in pieces.
    with (tmp_path / "long.mp3").open("wb", buffering=0) as file:
        for _ in range(8):
            file.write(b"x")
            time.sleep(QUIET_S / 4)
        assert tag.count == 1
    tag.wait()
    # What is no music, and what is only read, is no change.
    (tmp_path / "notes.txt").write_text("x")
    assert (tmp_path / "long.mp3").read_bytes()
    assert not tag.times.acquire(timeout=4 * QUIET_S)
    (tmp_path / "long.mp3").unlink()
    tag.wait()


def test_music_that_never_stands_still_is_heard_all_the_same(
    started: Callable[..., FolderTagging], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_tagging, "SETTLE_S", 3 * QUIET_S)
    tag = Tagging()
    tagging = started(tag)
    tag.wait()
    for _ in range(100):
        tagging._changed.set()
        if tag.count > 1:
            break
        time.sleep(QUIET_S / 4)
    assert tag.count > 1


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (FileModifiedEvent("/m/x.mp3"), True),
        (FileModifiedEvent(b"/m/x.mp3"), True),
        (FileClosedEvent("/m/x.MP3"), True),
        (FileMovedEvent("/m/x.part", "/m/x.mp3"), True),
        (DirCreatedEvent("/m/new"), True),
        (DirModifiedEvent("/m"), False),
        (FileOpenedEvent("/m/x.mp3"), False),
        (FileClosedNoWriteEvent("/m/x.mp3"), False),
        (FileModifiedEvent("/m/cover.jpg"), False),
        (FileModifiedEvent("/m/.x.mp3"), False),
    ],
)
def test_only_changes_of_music_are_told(event: FileSystemEvent, *, told: bool) -> None:
    calls: list[int] = []
    FolderWatcher(lambda: calls.append(1)).dispatch(event)
    assert bool(calls) == told


@pytest.mark.parametrize("error", [ImportError("no watchdog"), OSError("no inotify left")])
def test_where_folders_cannot_be_watched_they_are_tagged_all_the_same_and_it_is_said(
    started: Callable[..., FolderTagging],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: Exception,
) -> None:
    def refuse(_: FolderWatcher) -> None:
        raise error

    monkeypatch.setattr(FolderWatcher, "__enter__", refuse)
    ended: queue.Queue[ScanStatus] = queue.Queue()
    tag = Tagging()
    tagging = started(
        tag, folders=lambda: [tmp_path], on_status=ended.put, period_s=PATIENCE_S, quiet_s=0.0
    )
    for count in (1, 2):
        now = ended.get(timeout=PATIENCE_S)
        assert (now.running, now.unwatched, now.problem) == (False, True, None)
        assert now.report == TaggingReport(tagged=count)
        tagging.request_scan()


def test_a_folder_that_the_system_does_not_watch_is_said(
    started: Callable[..., FolderTagging], tmp_path: Path
) -> None:
    ended: queue.Queue[ScanStatus] = queue.Queue()
    there = [tmp_path, tmp_path / "unplugged"]
    tagging = started(Tagging(), folders=lambda: there, on_status=ended.put, period_s=PATIENCE_S)
    assert ended.get(timeout=PATIENCE_S).unwatched
    there.pop()
    tagging.request_scan()
    assert not ended.get(timeout=PATIENCE_S).unwatched


def test_it_says_what_it_is_at_and_what_failed(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[ScanStatus] = []

    def fail(error: Exception) -> None:
        raise error

    tag = Tagging(lambda: seen.append(tagging.status()))
    tagging = FolderTagging(tag, on_status=seen.append)
    tagging.look()
    assert seen == [
        ScanStatus(running=True, progress=Progress(1, 2)),
        ScanStatus(report=TaggingReport(1)),
    ]
    tag.act = lambda: fail(CannotTag("There is no model."))
    tagging.look()
    assert tagging.status() == ScanStatus(problem=Message("There is no model."))
    tag.act = lambda: fail(ZeroDivisionError("secret"))
    with caplog.at_level(logging.WARNING):
        tagging.look()
    assert tagging.status().problem == Message("folder-tagging-broken")
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(tmp_path / "data")
    Base.metadata.create_all(made)
    yield made
    made.dispose()


def test_in_the_app_the_remembered_folders_are_tagged_and_lost_files_swept(
    engine: Engine, tmp_path: Path
) -> None:
    write_wav(tmp_path / "music" / "a.wav")
    lost = tmp_path / "data" / FOLDER / ("0" * 64)
    lost.mkdir(parents=True)
    tagging = start_folder_tagging(engine, tmp_path / "data", lambda: LoudnessTagger)
    try:
        tagging.look()
        assert tagging.status() == ScanStatus()
        assert not lost.exists()
        watch(engine, tmp_path / "music")
        tagging.look()
    finally:
        tagging.stop()
    report = tagging.status().report
    assert tagging.status().problem is None
    assert report is not None
    assert report.tagged == 1
    assert [one.title for one in Recordings(engine).of(OWNER)] == ["a"]
