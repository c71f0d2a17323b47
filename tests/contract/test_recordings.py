"""What is promised of a library's recordings, the same on every engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from sqlalchemy import func, insert, inspect, select, text, update

from detectors.types import GEMS_FEELINGS, Message, MusicScores
from recommender.db.app_state import BELIEVED_AFTER_DAYS
from recommender.db.backup import BACKUP_FOLDER, restore
from recommender.db.engine import make_engine, write_transaction
from recommender.db.schema import alembic_config, revision_of
from recommender.db.tables import ListenerRow, RecordingRow, WatchedFolderRow
from recommender.errors import Unavailable
from recommender.library.recordings import OWNER, Recording, Recordings, Scope
from recommender.library.scan import forget, unwatch, watch, watched
from recommender.library.tags import Tags
from recommender.library.writer import TaggedFile, key_of
from recommender.listeners.store import Listeners, drop_forgotten, id_of
from recommender.mood import distance
from recommender.types import Mood
from recommender.wiring import open_engine
from tests.fakes.library import heard_at

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from recommender.catalogue.store import Catalogue

ME, YOU = id_of("me"), id_of("you")
MIDDLE = Mood(0.0, 0.5)
NOW = datetime(2026, 3, 14, tzinfo=UTC)
FEELINGS = tuple(number / 10 for number in range(len(GEMS_FEELINGS)))


def heard(number: int, *, at: tuple[float, float] = (0.0, 0.5), **tags: object) -> TaggedFile:
    told = {"title": f"Song {number}", "artist": "Ä", "seconds": 181.5} | tags
    return TaggedFile(
        path=Path(f"/music/恋 🔥/{number}.mp3"),
        sha256=f"{number:064}",
        stamp="1-2-3",
        size=3_000_000_000,
        tags=Tags(**told),  # type: ignore[arg-type]
        model="fake-1",
        scores=MusicScores((0.1, 0.2, 0.3, 0.4), *heard_at(*at), FEELINGS, tempo=117.5),
    )


@pytest.fixture
def recordings(engine: Engine) -> Recordings:
    return Recordings(engine)


def test_what_was_heard_comes_back_whole(recordings: Recordings) -> None:
    one = heard(1, at=(-0.3, 0.7), album="Álbum", year=1974, genre="bossa nova")
    key = recordings.save(one)
    assert key == key_of(one.sha256)
    assert recordings.get(key, OWNER) == Recording(
        key=key,
        sha256=one.sha256,
        stamp=one.stamp,
        size=one.size,
        path=one.path,
        title="Song 1",
        artist="Ä",
        album="Álbum",
        year=1974,
        genre="bossa nova",
        seconds=181.5,
        valence=-0.3,
        energy=0.7,
        tagged_valence=-0.3,
        tagged_energy=0.7,
        quadrants=(0.1, 0.2, 0.3, 0.4),
        feelings=FEELINGS,
        corrected=False,
        dropped=False,
        tempo=117.5,
    )


@pytest.mark.parametrize("name", ["a\udcff%41", "file:", "file:%41", "恋 🔥"])
def test_any_path_comes_back(engine: Engine, recordings: Recordings, name: str) -> None:
    path = Path(f"/{name}/x.mp3")
    key = recordings.save(replace(heard(1), path=path))
    found = recordings.get(key, OWNER)
    assert found is not None
    assert found.path == path
    with engine.connect() as connection:
        kept = connection.scalar(text("SELECT path FROM recordings"))
        asked = select(RecordingRow.key).where(RecordingRow.path == str(path))
        assert connection.scalar(asked) == key
    assert kept == ("file:/a%FF%2541/x.mp3" if "\udcff" in name else str(path))


def test_what_cannot_be_used_is_a_problem_and_no_recording(recordings: Recordings) -> None:
    bad = replace(heard(1), scores=None, problem=Message("It is no audio."))
    key = recordings.save(bad)
    assert (recordings.of(OWNER), recordings.get(key, OWNER)) == ([], None)
    assert [
        (one.key, one.path, one.problem, one.dropped) for one in recordings.problems(OWNER)
    ] == [(key, bad.path, Message("It is no audio."), False)]
    assert not recordings.correct(key, OWNER, 0, 0)
    # The same content, heard better.
    assert recordings.save(heard(1)) == key
    assert recordings.problems(OWNER) == []
    assert len(recordings.of(OWNER)) == 1


def test_everyone_sees_what_is_in_their_scope_and_nothing_else(recordings: Recordings) -> None:
    mine, yours = recordings.save(heard(1), ME), recordings.save(heard(1), YOU)
    owners = recordings.save(heard(1))
    assert len({mine, yours, owners}) == 3
    for scope, keys in (
        (Scope(), set()),
        (OWNER, {owners}),
        (Scope(ME), {mine}),
        (Scope(ME, owner=True), {mine, owners}),
    ):
        assert {one.key for one in recordings.of(scope)} == keys
        assert {one.key for one in recordings.nearest(MIDDLE, scope, 9)} == keys
        assert set(recordings.artists(scope)) == ({"Ä"} if keys else set())
        for key in {mine, yours, owners} - keys:
            assert recordings.get(key, scope) is None
            assert not recordings.correct(key, scope, 0, 0)
            assert not recordings.take_back(key, scope)
            assert recordings.remove(key, scope) is None
    assert [one.dropped for one in recordings.of(Scope(ME))] == [True]
    assert recordings.remove(mine, Scope(ME, owner=True)) == heard(1).path
    assert recordings.of(Scope(ME)) == []
    assert len(recordings.of(Scope(YOU))) == 1


def test_a_correction_goes_before_the_model_and_can_be_taken_back(recordings: Recordings) -> None:
    key = recordings.save(heard(1, at=(0.9, 0.9)))
    for _ in range(2):
        assert recordings.correct(key, OWNER, -1, 0)
    recordings.save(replace(heard(1, at=(0.8, 0.8)), model="fake-2"))
    one = recordings.get(key, OWNER)
    assert one is not None
    assert (one.valence, one.energy, one.corrected) == (-1, 0, True)
    assert (one.tagged_valence, one.tagged_energy) == (0.8, 0.8)
    assert recordings.nearest(Mood(-1, 0), OWNER, 1, radius=0.01) == [one]
    assert recordings.nearest(Mood(0.8, 0.8), OWNER, 1, radius=0.5) == []
    assert recordings.take_back(key, OWNER)
    again = recordings.get(key, OWNER)
    assert again is not None
    assert (again.valence, again.energy, again.corrected) == (0.8, 0.8, False)


@pytest.mark.parametrize("point", [(1.1, 0.5), (0, -0.1), (float("nan"), 0.5)])
def test_no_point_outside_the_plane_is_kept(
    recordings: Recordings, engine: Engine, point: tuple[float, float]
) -> None:
    key = recordings.save(heard(1))
    with pytest.raises(ValueError, match="outside the plane"):
        recordings.correct(key, OWNER, *point)
    for column in ("valence", "corrected_valence", "energy", "corrected_energy"):
        # MariaDB's error is none of a constraint.
        with (
            pytest.raises(Exception, match=f"ck_recordings_{column}"),
            write_transaction(engine) as to,
        ):
            to.execute(update(RecordingRow).values({column: 1.5}))


def test_the_nearest_come_first_and_wishes_hold(recordings: Recordings) -> None:
    for number in range(20):
        at = (number / 10 - 1, 1 - number / 20)
        artist, year = f"Artist {number % 2}", 1990 + number if number % 3 else None
        recordings.save(heard(number, at=at, artist=artist, year=year))
    near = recordings.nearest(MIDDLE, OWNER, 20)
    far = [distance((0, 0.5), (one.valence, one.energy)) for one in near]
    assert len(near) == 20
    assert [round(one, 9) for one in far] == sorted(round(one, 9) for one in far)
    assert [one.key for one in recordings.nearest(MIDDLE, OWNER, 5)] == [
        one.key for one in near[:5]
    ]
    within = recordings.nearest(MIDDLE, OWNER, 20, radius=0.3)
    assert [one.key for one in within] == [
        one.key for one, way in zip(near, far, strict=True) if way <= 0.3
    ]
    theirs = recordings.nearest(MIDDLE, OWNER, 20, artists=["Artist 1"])
    assert {one.artist for one in theirs} == {"Artist 1"}
    assert len(theirs) == 10
    assert {one.year for one in recordings.nearest(MIDDLE, OWNER, 20, decades=(2000,))} == {
        *(2000, 2001, 2003, 2004, 2006, 2007, 2009)
    } - {year for year in (2000, 2003, 2006, 2009) if (year - 1990) % 3 == 0}
    without = {near[0].key, near[2].key}
    left = recordings.nearest(MIDDLE, OWNER, 2, without=without)
    assert [one.key for one in left] == [near[1].key, near[3].key]


def test_very_many_can_be_asked_for_at_once(recordings: Recordings) -> None:
    keys = [recordings.save(heard(number)) for number in range(3)]
    asked = [keys[0], *(f"{number:064}" for number in range(70_000)), keys[1], keys[2]]
    assert [one.key for one in recordings.some(asked, OWNER)] == keys


def test_songs_are_listed_by_artist_and_title(recordings: Recordings) -> None:
    for number, (artist, title) in enumerate([("b", "x"), ("A", "y"), ("a", "X"), ("B", "a")]):
        recordings.save(heard(number, artist=artist, title=title))
    listed = [(one.artist, one.title) for one in recordings.of(OWNER)]
    assert listed == [("a", "X"), ("A", "y"), ("B", "a"), ("b", "x")]
    assert recordings.artists(OWNER) == ["A", "a", "B", "b"]


def test_what_a_listener_dropped_goes_with_them(recordings: Recordings, engine: Engine) -> None:
    for listener in (ME, YOU, None):
        recordings.save(heard(1), listener)
    Listeners(engine).delete_everything(ME)
    assert recordings.of(Scope(ME)) == []
    assert len(recordings.of(Scope(YOU, owner=True))) == 2
    with write_transaction(engine) as connection:
        connection.execute(update(ListenerRow).values(seen_on=date(2020, 1, 1)))
        for day in range(BELIEVED_AFTER_DAYS):
            drop_forgotten(connection, NOW + timedelta(days=day))
    assert [one.dropped for one in recordings.of(Scope(YOU, owner=True))] == [False]


def test_folders_are_remembered_once(engine: Engine, tmp_path: Path) -> None:
    for _ in range(2):
        watch(engine, tmp_path / "b")
        watch(engine, tmp_path / "x" / ".." / "a")
    assert watched(engine) == [tmp_path / "a", tmp_path / "b"]
    unwatch(engine, tmp_path / "a")
    assert watched(engine) == [tmp_path / "b"]
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(WatchedFolderRow)) == 1


def test_a_folder_that_is_forgotten_takes_its_own_recordings_along(
    engine: Engine, recordings: Recordings
) -> None:
    for number, folder in enumerate(("/m", "/m/a", "/ma")):
        recordings.save(replace(heard(number), path=Path(folder, "x.mp3")))
    for folder in ("/m", "/m/a", "/ma"):
        watch(engine, Path(folder))
    forget(engine, Path("/m"))
    assert {str(one.path.parent) for one in recordings.of(OWNER)} == {"/m/a", "/ma"}
    assert watched(engine) == [Path("/m/a"), Path("/ma")]


def test_a_backup_holds_recordings_and_corrections(
    recordings: Recordings, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    key = recordings.save(heard(1))
    recordings.correct(key, OWNER, -1, 0)
    recordings.save(heard(2), ME)
    watch(engine, tmp_path)
    everything = Scope(ME, owner=True)
    before = recordings.of(everything)
    catalogue.back_up(tmp_path / "backup.db")
    recordings.remove(key, OWNER)
    Listeners(engine).delete_everything(ME)
    unwatch(engine, tmp_path)
    restore(tmp_path / "backup.db", engine)
    assert recordings.of(everything) == before
    assert watched(engine) == [tmp_path]
    other = make_engine(tmp_path / "other")
    restore(tmp_path / "backup.db", other)
    assert Recordings(other).of(everything) == before
    other.dispose()


def test_a_database_without_recordings_gets_their_tables_and_keeps_all(
    database: str | None, tmp_path: Path
) -> None:
    """The migration from what the last release had."""
    old = make_engine(tmp_path / "old", database)
    with write_transaction(old) as connection:
        command.upgrade(alembic_config(connection), "0003")
        assert "recordings" not in inspect(connection).get_table_names()
        row = {"id": ME, "keeps_history": True, "seen_on": date(2026, 3, 1)}
        connection.execute(insert(ListenerRow), row)
    old.dispose()
    new = open_engine(tmp_path / "old", url=database)
    with new.connect() as connection:
        assert revision_of(connection) == "0009"
        assert not {"imports", "staged_rows"} & {*inspect(connection).get_table_names()}
        assert connection.scalar(select(ListenerRow.keeps_history)) is True
    assert len(list((tmp_path / "old" / BACKUP_FOLDER).iterdir())) == 1
    recordings = Recordings(new)
    recordings.save(heard(1), ME)
    assert len(recordings.of(Scope(ME))) == 1
    new.dispose()


def test_without_a_database_one_sentence_says_so(engine: Engine, recordings: Recordings) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE recordings"))
    with pytest.raises(Unavailable, match="cannot be used"):
        recordings.of(OWNER)
