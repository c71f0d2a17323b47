"""What is promised of the files that listeners drop, the same on every engine."""

from __future__ import annotations

import errno
import os
import resource
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from detectors.types import Message
from recommender.db.app_state import BELIEVED_AFTER_DAYS
from recommender.db.engine import write_transaction
from recommender.db.tables import ListenerRow
from recommender.errors import CannotTag, Unavailable
from recommender.library import uploads
from recommender.library.recordings import Recording, Recordings, Scope
from recommender.library.scan import find_audio_files
from recommender.library.uploads import (
    _BEGAN,
    FOLDER,
    MAX_BYTES,
    MAX_FILES,
    TAGGING_S,
    delete_uploads,
    purge_orphans,
    remove_upload,
    save_upload,
    upload_folder,
)
from recommender.listeners.store import FORGOTTEN_AFTER_DAYS, drop_forgotten, id_of
from recommender.wording import sentence
from tests.fakes.taggers import Here, LoudnessTagger, write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


ME, YOU = id_of("me"), id_of("you")


def content(folder: Path, loudness: float = 0.3) -> bytes:
    return write_wav(folder / "some.wav", loudness).read_bytes()


def test_a_dropped_file_is_kept_and_deleted_again(engine: Engine, tmp_path: Path) -> None:
    data, tagger = tmp_path / "data", Here(LoudnessTagger())
    mine = save_upload(engine, data, ME, "../My Song.WAV", content(tmp_path), tagger)
    assert isinstance(mine, Recording)
    assert (mine.title, mine.dropped) == ("My Song", True)
    assert mine.path.parent == upload_folder(data, ME)
    assert mine.path.read_bytes() == content(tmp_path)
    # Whoever tags the folder around does not take it for the owner's.
    assert find_audio_files(data).files == ()
    assert save_upload(engine, data, ME, "again.wav", content(tmp_path), tagger) == mine
    mine.path.unlink()
    again = save_upload(engine, data, ME, "My Song.wav", content(tmp_path), tagger)
    assert isinstance(again, Recording)
    assert replace(again, stamp=mine.stamp) == mine
    assert not remove_upload(engine, data, YOU, mine.key)
    assert remove_upload(engine, data, ME, mine.key)
    assert list(upload_folder(data, ME).iterdir()) == []
    assert Recordings(engine).of(Scope(ME)) == []


def test_what_is_dropped_and_no_use_leaves_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, dropped, why in (
        ("x.exe", b"", "must end in .mp3"),
        ("mp3", b"", "must end in .mp3"),
        ("x.mp3", bytes(MAX_BYTES + 1), "larger than 25 MB"),
        ("x.mp3", b"nothing", "no audio that can be read"),
    ):
        answer = save_upload(engine, tmp_path, ME, name, dropped, Here(LoudnessTagger()))
        assert isinstance(answer, Message)
        assert why in sentence(answer)
    assert not [path for path in (tmp_path / FOLDER).rglob("*") if path.suffix]
    monkeypatch.setattr("recommender.library.uploads.MAX_FILES", 1)
    assert MAX_FILES > 1
    said = [
        save_upload(
            engine, tmp_path, listener, "x.wav", content(tmp_path, loudness), Here(LoudnessTagger())
        )
        for listener, loudness in ((ME, 0.1), (ME, 0.2), (YOU, 0.2), (ME, 0.1))
    ]
    assert [one for one in said if isinstance(one, Message)] == [said[1]]
    assert said[1] == Message("upload-too-many", {"most": 1})
    assert said[3] == said[0]


@pytest.mark.parametrize("error", [CannotTag("No model."), Unavailable("No database.")])
def test_what_could_not_be_heard_or_kept_does_not_stay(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    worker = Here(LoudnessTagger())
    if isinstance(error, CannotTag):
        monkeypatch.setattr(worker, "tag_file", fail)
    else:
        monkeypatch.setattr("recommender.library.uploads.save_recording", fail)
    with pytest.raises(type(error), match=str(error)):
        save_upload(engine, tmp_path / "data", ME, "x.wav", content(tmp_path), worker)
    assert list(upload_folder(tmp_path / "data", ME).iterdir()) == []
    assert Recordings(engine).of(Scope(ME)) == []


def test_a_full_disk_is_called_so_and_nothing_of_the_file_stays(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, worker = tmp_path / "data", Here(LoudnessTagger())
    sound, write = content(tmp_path), uploads._write
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def write_little(path: Path, content: bytes) -> None:
        # Only here: the database may need more.
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) // 2, hard))
        try:
            write(path, content)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    monkeypatch.setattr(uploads, "_write", write_little)
    with pytest.raises(Unavailable, match=r"^There is no room left for files on this machine\.$"):
        save_upload(engine, data, ME, "x.wav", sound, worker)
    assert list(upload_folder(data, ME).iterdir()) == []
    assert Recordings(engine).of(Scope(ME)) == []


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "no room left"), (errno.EDQUOT, "no room left"), (errno.EIO, "be stored on")],
)
def test_a_disk_that_fails_is_not_the_catalogue(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("recommender.library.uploads.os.replace", fail)
    with pytest.raises(Unavailable, match=said):
        save_upload(engine, tmp_path, ME, "x.wav", content(tmp_path), Here(LoudnessTagger()))
    assert list(upload_folder(tmp_path, ME).iterdir()) == []


def test_files_of_nobody_are_swept_away(engine: Engine, tmp_path: Path) -> None:
    assert purge_orphans(engine, tmp_path) == 0
    for listener in (ME, YOU):
        save_upload(engine, tmp_path, listener, "x.wav", content(tmp_path), Here(LoudnessTagger()))
    (tmp_path / FOLDER / "something else").mkdir()
    assert purge_orphans(engine, tmp_path) == 0
    with write_transaction(engine) as connection:
        mine = ListenerRow.id == ME
        now = datetime.now(UTC)
        long_ago = now.date() - timedelta(days=FORGOTTEN_AFTER_DAYS + 1)
        connection.execute(update(ListenerRow).where(mine).values(seen_on=long_ago))
        for day in range(BELIEVED_AFTER_DAYS):
            drop_forgotten(connection, now + timedelta(days=day))
    assert purge_orphans(engine, tmp_path) == 1
    assert not upload_folder(tmp_path, ME).exists()
    assert len(list(upload_folder(tmp_path, YOU).iterdir())) == 1
    delete_uploads(tmp_path, YOU)
    delete_uploads(tmp_path, YOU)
    assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == [
        ".nomedia",
        "something else",
    ]


def test_a_file_whose_hearing_was_killed_is_swept_away(engine: Engine, tmp_path: Path) -> None:
    kept = save_upload(engine, tmp_path, ME, "x.wav", content(tmp_path), Here(LoudnessTagger()))
    assert isinstance(kept, Recording)
    folder = upload_folder(tmp_path, ME)
    killed, part, being_heard = folder / f"{'0' * 64}.mp3", folder / ".tmp_x1", folder / "1.wav"
    for path in (killed, part, being_heard):
        path.write_bytes(b"sound")
    # One was written before this process began, and one long ago.
    os.utime(killed, (0, time.time() - TAGGING_S - 1))
    os.utime(part, (0, _BEGAN - 1))
    os.utime(kept.path, (0, 0))
    assert purge_orphans(engine, tmp_path) == 0
    assert sorted(folder.iterdir()) == sorted([kept.path, being_heard])
    assert Recordings(engine).of(Scope(ME)) == [kept]


@pytest.mark.parametrize("listener", ["", "..", "a/b", "A" * 64, "0" * 63])
def test_no_path_is_made_of_what_is_no_listener(tmp_path: Path, listener: str) -> None:
    with pytest.raises(ValueError, match="not the id"):
        upload_folder(tmp_path, listener)
