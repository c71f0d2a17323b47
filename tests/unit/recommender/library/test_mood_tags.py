"""Moods into the owner's files: shown, written as a whole, kept in the database, and undone."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update

from recommender.db.engine import write_transaction
from recommender.db.tables import ListenerRow, OpinionRow, RecordingRow
from recommender.library import mood_tags
from recommender.library.file_tagging import fingerprint
from recommender.library.mood_playlists import delete_playlists, mood_playlists, write_playlist
from recommender.library.mood_tag_files import read_mood_fields, write_mood_fields
from recommender.library.mood_tags import COPY, JOURNAL, Change, MoodTags, fields_of
from recommender.library.recordings import OWNER, Recording, Recordings
from recommender.library.tags import Tags
from recommender.library.untouched import NotWritable
from recommender.library.writer import TaggedFile, save_recording
from recommender.text import utc_now
from tests.fakes.library import scores_at
from tests.fakes.sounds import pattern, write
from tests.fakes.tagged import tag

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.library.mood_tag_files import Fields
    from tests.fakes.tagged import NotingHere


class Here:
    """Writes in this process."""

    def mood_fields(self, path: Path, fields: Fields | None = None) -> dict[str, list[str]]:
        if fields is not None:
            write_mood_fields(path, fields)
        return read_mood_fields(path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("sound") / "a.mp3", pattern(1.5), tags={"title": "A"})


@pytest.fixture
def folder(tmp_path: Path, sound: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(sound, folder / "a.mp3")
    return folder


def keep(engine: Engine, path: Path, at: tuple[float, float] = (0.9, 0.7)) -> Recording:
    file = fingerprint(path)
    tags, scores = Tags(path.stem), replace(scores_at(*at), tempo=117.6)
    key = save_recording(
        engine, TaggedFile(path, file.sha256, file.stamp, file.size, tags, "loudness-1", scores)
    )
    found = Recordings(engine).get(key, OWNER)
    assert found is not None
    return found


@pytest.fixture
def moods(engine: Engine, tmp_path: Path) -> MoodTags:
    return MoodTags(engine, tmp_path / "data", Here())


WANTED = {"mood": ["bright"], "bpm": ["118"], "valence": ["0.900"], "energy": ["0.700"]}


def test_it_is_shown_before_it_is_written(engine: Engine, folder: Path, moods: MoodTags) -> None:
    one = keep(engine, folder / "a.mp3")
    content = one.path.read_bytes()
    (change,) = moods.plan()
    assert change == Change(one.path, one.sha256, {}, WANTED)
    assert change.is_needed
    assert one.path.read_bytes() == content
    assert not list(moods.plan([folder / "below"]))
    assert moods.write(change) == change
    assert read_mood_fields(one.path) == WANTED
    assert [path.name for path in folder.iterdir()] == ["a.mp3"]
    (after,) = moods.plan([folder])
    assert not after.is_needed
    content = one.path.read_bytes()
    moods.write(after)
    assert one.path.read_bytes() == content


def test_nothing_is_heard_again_and_opinions_stay(
    engine: Engine, folder: Path, moods: MoodTags, here: NotingHere
) -> None:
    one = keep(engine, folder / "a.mp3")
    Recordings(engine).correct(one.key, OWNER, -0.5, 0.2)
    opinion = {"source": "library", "verdict": "like", "artist": "A", "at": utc_now()}
    with write_transaction(engine) as connection:
        who = {"id": "x" * 64, "keeps_history": True, "seen_on": utc_now().date()}
        connection.execute(insert(ListenerRow), who)
        row = {"listener_id": "x" * 64, "track_key": one.key, **opinion}
        connection.execute(insert(OpinionRow), row)
    (change,) = moods.plan()
    assert change.after["mood"] == ["wistful"]
    moods.write(change)
    (after,) = Recordings(engine).of(OWNER)
    assert after.key != one.key
    assert after.sha256 == fingerprint(one.path).sha256
    assert (after.valence, after.energy, after.corrected) == (-0.5, 0.2, True)
    assert (after.tagged_valence, after.tempo) == (one.tagged_valence, 117.6)
    with engine.connect() as connection:
        assert connection.scalar(select(OpinionRow.track_key)) == after.key
    assert tag(engine, folder).unchanged == 1
    assert here.heard == []


@pytest.mark.usefixtures("here")
def test_it_is_undone_after_a_restart_however_often_it_was_written(
    engine: Engine, folder: Path, tmp_path: Path, moods: MoodTags
) -> None:
    path = folder / "a.mp3"
    before = {"mood": ["Party", "恋"], "bpm": ["0"]}
    write_mood_fields(path, before)
    keep(engine, path)
    moods.write(next(moods.plan()))
    assert read_mood_fields(path) == WANTED
    key = Recordings(engine).of(OWNER)[0].key
    Recordings(engine).correct(key, OWNER, -0.9, 0.9)
    moods.write(next(moods.plan()))
    assert read_mood_fields(path)["mood"] == ["tense"]
    # A line that a crash has cut off, and one of another program.
    with (tmp_path / "data" / JOURNAL).open("ab") as file:
        file.write(b'\n[1]\n{"path": "zz", "of": "a", "new": "b"}\n{"path": "')
    moved = path.rename(folder / "moved.mp3")
    tag(engine, folder)
    again = MoodTags(engine, tmp_path / "data", Here())
    (undoing,) = again.plan_undo()
    assert (undoing.path, undoing.undoes) == (moved, True)
    assert not list(again.plan_undo([folder / "below"]))
    assert again.write(undoing).problem is None
    assert read_mood_fields(moved) == before
    assert not list(again.plan_undo())
    assert not list(MoodTags(engine, tmp_path / "data", Here()).plan_undo())
    assert Recordings(engine).of(OWNER)[0].sha256 == fingerprint(moved).sha256


def test_undoing_needs_no_recording(
    engine: Engine, folder: Path, tmp_path: Path, moods: MoodTags
) -> None:
    one = keep(engine, folder / "a.mp3")
    moods.write(next(moods.plan()))
    Recordings(engine).remove(Recordings(engine).of(OWNER)[0].key, OWNER)
    again = MoodTags(engine, tmp_path / "data", Here())
    again.write(next(again.plan_undo()))
    assert read_mood_fields(one.path) == {}
    assert not Recordings(engine).of(OWNER)


def test_a_run_that_ended_before_the_database_is_finished_by_the_next(
    engine: Engine, folder: Path, tmp_path: Path, moods: MoodTags, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = keep(engine, folder / "a.mp3")
    with monkeypatch.context() as patch:
        patch.setattr(MoodTags, "_follow", lambda *_: None)
        moods.write(next(moods.plan()))
    assert Recordings(engine).of(OWNER) == [one]
    (after,) = MoodTags(engine, tmp_path / "data", Here()).plan()
    assert after.problem is None
    assert not after.is_needed
    (kept,) = Recordings(engine).of(OWNER)
    assert (kept.sha256, kept.valence) == (after.sha256, one.valence)


def test_what_a_scan_found_first_gives_way_to_what_was_heard(
    engine: Engine, folder: Path, moods: MoodTags, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = keep(engine, folder / "a.mp3")
    with monkeypatch.context() as patch:
        patch.setattr(MoodTags, "_follow", lambda *_: None)
        moods.write(next(moods.plan()))
    keep(engine, one.path, (-0.9, 0.1))
    list(moods.plan())
    (kept,) = Recordings(engine).of(OWNER)
    assert kept.valence == one.valence


@pytest.mark.parametrize("step", ["copy", "worker", "before the name"])
def test_a_failure_at_any_step_leaves_the_file_whole(
    engine: Engine, folder: Path, moods: MoodTags, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    one = keep(engine, folder / "a.mp3")
    content = one.path.read_bytes()
    (change,) = moods.plan()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def broken(*_: object) -> None:
        raise NotWritable("mood-tags-broken")

    if step == "copy":
        monkeypatch.setattr(shutil, "copyfile", fail)
    elif step == "worker":
        monkeypatch.setattr(Here, "mood_fields", broken)
    else:
        monkeypatch.setattr(os, "fsync", fail)
    problem = moods.write(change).problem
    assert problem is not None
    assert problem.id == ("mood-tags-broken" if step == "worker" else "mood-tags-unwritten")
    assert one.path.read_bytes() == content
    assert [path.name for path in folder.iterdir()] == ["a.mp3"]
    assert Recordings(engine).of(OWNER) == [one]


def test_a_copy_that_a_crash_left_is_no_hindrance(
    engine: Engine, folder: Path, moods: MoodTags
) -> None:
    one = keep(engine, folder / "a.mp3")
    left = folder / f"{COPY}{one.sha256[:16]}.mp3"
    left.symlink_to(folder / "elsewhere")
    assert moods.write(next(moods.plan())).problem is None
    assert read_mood_fields(one.path) == WANTED
    assert [path.name for path in folder.iterdir()] == ["a.mp3"]


def test_mode_and_attributes_are_kept_and_the_time_tells_of_the_change(
    engine: Engine, folder: Path, moods: MoodTags
) -> None:
    path = folder / "a.mp3"
    path.chmod(0o640)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    keep(engine, path)
    moods.write(next(moods.plan()))
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.stat().st_mtime > 1_700_000_000


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ("read-only", "mood-tags-read-only"),
        ("link", "mood-tags-linked"),
        ("second name", "mood-tags-linked"),
        ("edited", "mood-tags-changed"),
        ("gone", "unreadable"),
        ("another kind", "mood-tags-kind"),
    ],
)
def test_what_cannot_be_written_safely_is_left_and_named(
    engine: Engine, folder: Path, moods: MoodTags, what: str, problem: str
) -> None:
    path = folder / "a.mp3"
    if what == "another kind":
        path = path.rename(folder / "a.wav")
    keep(engine, path)
    if what == "read-only":
        path.chmod(0o444)
    elif what == "link":
        path.symlink_to(path.rename(folder / "real.mp3"))
    elif what == "second name":
        (folder / "b.mp3").hardlink_to(path)
    elif what == "edited":
        write_mood_fields(path, {"mood": ["mine"]})
    elif what == "gone":
        path.unlink()
    content = path.read_bytes() if path.exists() else b""
    (change,) = moods.plan()
    assert change.problem is not None
    assert change.problem.id == problem
    assert moods.write(change) == change
    assert content == (path.read_bytes() if path.exists() else b"")


@pytest.mark.parametrize("while_", ["before the copy", "while it is written"])
def test_a_file_that_changes_meanwhile_is_left(
    engine: Engine,
    folder: Path,
    moods: MoodTags,
    monkeypatch: pytest.MonkeyPatch,
    while_: str,
) -> None:
    one = keep(engine, folder / "a.mp3")
    (change,) = moods.plan()
    edited = one.path.read_bytes() + b"\0"
    if while_ == "before the copy":
        one.path.write_bytes(edited)
    else:
        ask = Here.mood_fields

        def slow(here: Here, path: Path, fields: Fields | None = None) -> dict[str, list[str]]:
            one.path.write_bytes(edited)
            return ask(here, path, fields)

        monkeypatch.setattr(Here, "mood_fields", slow)
    problem = moods.write(change).problem
    assert problem is not None
    assert problem.id == "mood-tags-changed"
    assert one.path.read_bytes() == edited


def test_an_edited_file_is_not_undone(
    engine: Engine, folder: Path, tmp_path: Path, moods: MoodTags
) -> None:
    one = keep(engine, folder / "a.mp3")
    moods.write(next(moods.plan()))
    write_mood_fields(one.path, {"mood": ["mine"]})
    (undoing,) = MoodTags(engine, tmp_path / "data", Here()).plan_undo()
    assert undoing.problem is not None
    assert undoing.problem.id == "mood-tags-changed"


def test_beats_that_somebody_measured_stay(engine: Engine, folder: Path) -> None:
    one = keep(engine, folder / "a.mp3")
    assert fields_of(one, {"bpm": ["99.5"]})["bpm"] == ["99.5"]
    assert fields_of(one, {"bpm": ["0"]})["bpm"] == ["118"]
    assert fields_of(replace(one, tempo=None), {"bpm": ["0"]})["bpm"] == ["0"]
    assert "bpm" not in fields_of(replace(one, tempo=None), {})


def test_playlists_by_mood_name_the_files_from_their_folder(
    engine: Engine, folder: Path, tmp_path: Path, moods: MoodTags
) -> None:
    below = folder / "below #1"
    below.mkdir()
    songs = []
    for number, at in enumerate([(0.9, 0.6), (0.5, 0.7), (-0.9, 0.2)]):
        path = below / f"{number}.mp3"
        path.write_bytes((folder / "a.mp3").read_bytes() + bytes([number]))
        songs.append(keep(engine, path, at))
    outside = replace(songs[0], path=tmp_path / "outside.mp3")
    made = dict(mood_playlists([*songs, outside], folder))
    assert sorted(path.name for path in made) == [
        *("Moodring bright.m3u8", "Moodring bright.nsp"),
        *("Moodring gloomy.m3u8", "Moodring gloomy.nsp"),
    ]
    lines = made[folder / "Moodring bright.m3u8"].decode().splitlines()
    assert lines[:2] == ["#EXTM3U", "#PLAYLIST:Moodring bright"]
    assert [line for line in lines if not line.startswith("#")] == [
        "below #1/0.mp3",
        "below #1/1.mp3",
    ]
    assert json.loads(made[folder / "Moodring bright.nsp"]) == {
        "name": "Moodring bright",
        "all": [{"is": {"mood": "bright"}}],
        "sort": "random",
        "limit": 100,
    }
    others, edited, *_ = sorted(made)
    others.write_text("somebody else's")
    problems = [write_playlist(path, made[path], moods.journal) for path in sorted(made)]
    assert [problem and problem.id for problem in problems] == [
        *("mood-tags-not-ours", None, None, None)
    ]
    # Written again as long as they are ours; deleted after a restart, unless edited.
    assert write_playlist(edited, made[edited] + b" ", moods.journal) is None
    edited.write_text("edited")
    assert write_playlist(folder / "missing" / "x.nsp", b"", moods.journal) is not None
    again = MoodTags(engine, tmp_path / "data", Here()).journal
    assert delete_playlists(again, [below]) == []
    assert [path.name for path in delete_playlists(again)] == [
        *("Moodring gloomy.m3u8", "Moodring gloomy.nsp")
    ]
    assert {path.name for path in folder.iterdir()} == {
        *("a.mp3", "below #1", others.name, edited.name)
    }
    assert mood_tags.JOURNAL in {path.name for path in (tmp_path / "data").iterdir()}


def test_files_of_listeners_are_never_touched(
    engine: Engine, folder: Path, moods: MoodTags
) -> None:
    keep(engine, folder / "a.mp3")
    with write_transaction(engine) as connection:
        who = {"id": "x" * 64, "keeps_history": True, "seen_on": utc_now().date()}
        connection.execute(insert(ListenerRow), who)
        connection.execute(update(RecordingRow).values(listener_id="x" * 64))
    assert list(moods.plan()) == []
