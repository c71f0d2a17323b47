"""What the database promises, the same on every engine."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import IntegrityError

from recommender.catalogue.nearest import Filters, nearest
from recommender.catalogue.starter import COLUMNS, STARTER, read_songs
from recommender.catalogue.writer import SongRecord, replace_batch
from recommender.db.backup import BACKUP_FOLDER, KEPT_BACKUPS, restore, save
from recommender.db.engine import FILE_NAME, make_engine, write_transaction
from recommender.db.tables import Base, BatchRow, TrackRow
from recommender.errors import BadBackup, BadTable, Unavailable
from recommender.mood import distance
from recommender.types import Mood
from recommender.wiring import open_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.catalogue.store import Catalogue

MIDDLE = Mood(0.0, 0.5)
# More than there are.
ALL = 100_000
HEADER = ",".join(COLUMNS)
PATIENCE_S = 60
OWN_INDEX = ("track_places", "ix_tracks_place")
KILLS, MANY_KILLS = 5, 50
# Names that a careless collation takes for one another.
LINES = (
    "Halo,Beyoncé,English,2008,pop,0.75,0.60,0,memory",
    "Halo,beyonce,English,2009,pop,0.70,0.60,0,memory",
    "Águas de março,Elis Regina; Tom Jobim,Portuguese,1974,bossa nova,0.72,0.40,0,memory",
    "恋,星野源,Japanese,2016,j-pop,0.86,0.70,0,memory",
    "Du hast 🔥,Rammstein,German,1997,metal,0.18,0.93,1,memory",
)


def write_table(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in (HEADER, *lines)), encoding="utf-8")
    return path


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    return write_table(tmp_path / "starter.csv", *LINES)


@pytest.fixture
def catalogue(database: str | None, tmp_path: Path, starter: Path) -> Iterator[Catalogue]:
    with closing(open_catalogue(tmp_path, url=database, starter=starter)) as opened:
        yield opened


@pytest.fixture
def engine(database: str | None, tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(tmp_path, database)
    yield made
    made.dispose()


def songs(catalogue: Catalogue) -> list[tuple[str, ...]]:
    keys = [candidate.key for candidate in catalogue.nearest(MIDDLE, limit=ALL, radius=2)]
    return [(track.title, *track.artists) for track in catalogue.tracks(keys)]


def test_the_migrations_make_the_tables_that_the_program_knows(
    catalogue: Catalogue, engine: Engine
) -> None:
    assert catalogue.languages()
    # Each engine's own index for places is none that SQLAlchemy knows.
    known = {"include_name": lambda name, _kind, _parents: not (name or "").startswith(OWN_INDEX)}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=known)
        assert compare_metadata(context, Base.metadata) == []


def test_every_letter_is_kept_and_told_apart(catalogue: Catalogue) -> None:
    written = {(song.title, *song.artists) for song in read_songs(_table(catalogue))}
    assert set(songs(catalogue)) == written
    assert {"Beyoncé", "beyonce", "星野源"} <= set(catalogue.artists())
    found = catalogue.by_artists(["beyonce"], MIDDLE)
    assert [candidate.artist for candidate in found] == ["beyonce"]


def _table(_: Catalogue) -> bytes:
    return "\n".join((HEADER, *LINES, "")).encode()


def test_the_nearest_come_first_and_filters_hold(catalogue: Catalogue) -> None:
    found = catalogue.tracks([one.key for one in catalogue.nearest(MIDDLE, limit=ALL, radius=2)])
    places = [(track.valence, track.energy) for track in found]
    assert places == sorted(places, key=lambda at: distance((0.0, 0.5), at))
    assert len(catalogue.nearest(MIDDLE, limit=ALL, radius=0.2)) == sum(
        distance((0.0, 0.5), at) <= 0.2 for at in places
    )
    german = catalogue.nearest(MIDDLE, limit=ALL, radius=2, languages=["German"])
    assert [one.artist for one in german] == ["Rammstein"]
    assert (
        catalogue.nearest(
            MIDDLE, limit=ALL, radius=2, languages=["German"], filters=Filters(no_explicit=True)
        )
        == []
    )


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        (Filters(genres=("pop",)), {"Halo", "恋"}),
        (Filters(genres=("bossa nova", "metal")), {"Águas de março", "Du hast 🔥"}),
        (Filters(not_genres=("pop", "nova")), {"Du hast 🔥"}),
        (Filters(not_languages=("English", "German")), {"Águas de março", "恋"}),
        (Filters(not_decades=(1990, 2000)), {"Águas de março", "恋"}),
        (Filters(genres=("p_p", "%"), not_genres=("_",)), set()),
    ],
)
def test_wishes_and_refusals_hold_by_nearness_and_by_artist(
    catalogue: Catalogue, filters: Filters, titles: set[str]
) -> None:
    near = catalogue.nearest(MIDDLE, limit=ALL, radius=2, filters=filters)
    theirs = catalogue.by_artists(catalogue.artists(), MIDDLE, filters=filters)
    assert {one.key for one in near} == {one.key for one in theirs}
    assert {track.title for track in catalogue.tracks([one.key for one in near])} == titles


def test_decades_hold_by_nearness_and_by_artist(catalogue: Catalogue) -> None:
    def years(decades: tuple[int, ...]) -> set[int | None]:
        filters = Filters(decades)
        near = catalogue.nearest(MIDDLE, limit=ALL, radius=2, filters=filters)
        theirs = catalogue.by_artists(catalogue.artists(), MIDDLE, filters=filters)
        assert {one.key for one in near} == {one.key for one in theirs}
        return {track.year for track in catalogue.tracks([one.key for one in near])}

    assert years((1970,)) == {1974}
    assert years((1990, 2010)) == {1997, 2016}
    assert years((1950,)) == set()
    assert len(years(())) == len(LINES)


def test_the_shipped_songs_come_in_the_same_order_everywhere(
    database: str | None, tmp_path: Path
) -> None:
    with (
        closing(open_catalogue(tmp_path / "here", url=database)) as here,
        closing(open_catalogue(tmp_path / "plain")) as plain,
    ):
        assert len(read_songs(STARTER.read_bytes())) == len(
            here.nearest(MIDDLE, limit=ALL, radius=2)
        )
        assert here.nearest(MIDDLE, limit=ALL, radius=2) == plain.nearest(
            MIDDLE, limit=ALL, radius=2
        )


def test_the_place_is_found_by_the_engines_own_index(
    database: str | None, tmp_path: Path, engine: Engine
) -> None:
    open_catalogue(tmp_path, url=database).close()
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        nearest(connection, MIDDLE, limit=12, radius=0.35, language="Tamil")
        statement = next(one for one in reversed(asked) if "FROM" in one and "LIMIT" in one)
        if connection.dialect.name == "sqlite":
            assert "track_places" in statement
            return
        if connection.dialect.name == "mysql":
            assert "BETWEEN" in statement
            return
        # So few rows are scanned faster than looked up; that the index can serve is the point.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
        plan = connection.execute(
            text(
                "EXPLAIN SELECT key FROM tracks "
                "ORDER BY point(valence / 2, energy) <-> point(0, 0.5) LIMIT 12"
            )
        )
        assert "ix_tracks_place" in "\n".join(plan.scalars())


def test_a_changed_table_replaces_its_own_songs_only(
    database: str | None, tmp_path: Path, starter: Path, catalogue: Catalogue, engine: Engine
) -> None:
    halo = catalogue.by_artists(["Beyoncé"], MIDDLE)
    with write_transaction(engine) as connection:
        mine = SongRecord(title="Mine", artists=("Me",), language="Welsh", valence=0.0, energy=0.5)
        replace_batch(connection, "mine", "0", [mine])
    write_table(starter, LINES[0], "Sonne,Rammstein,German,2001,metal,0.20,0.87,0,memory")
    with closing(open_catalogue(tmp_path, url=database, starter=starter)) as again:
        assert songs(again) == [("Mine", "Me"), ("Halo", "Beyoncé"), ("Sonne", "Rammstein")]
        assert again.artists() == ["Beyoncé", "Me", "Rammstein"]
        # The key is what a like remembers.
        assert again.by_artists(["Beyoncé"], MIDDLE) == halo


def test_a_broken_table_leaves_the_old_songs(
    database: str | None, tmp_path: Path, starter: Path, catalogue: Catalogue
) -> None:
    before = songs(catalogue)
    write_table(starter, LINES[0], "Halo,Beyoncé")
    with pytest.raises(BadTable, match="Line 3"):
        open_catalogue(tmp_path, url=database, starter=starter)
    assert songs(catalogue) == before


def test_a_place_outside_the_plane_cannot_be_stored(catalogue: Catalogue, engine: Engine) -> None:
    assert catalogue.languages()
    for column in ("valence", "energy"):
        with (
            pytest.raises(Exception, match=f"ck_tracks_{column}") as caught,
            write_transaction(engine) as to,
        ):
            to.execute(update(TrackRow).values({column: 1.5}))
        assert isinstance(caught.value, IntegrityError) or "4025" in str(caught.value)


PROCESS = """
import sys, time
from pathlib import Path
from recommender.wiring import open_catalogue
from recommender.types import Mood
data, gate, url = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] or None
print("ready", flush=True)
while not gate.exists():
    time.sleep(0.001)
catalogue = open_catalogue(data, url=url)
print(len(catalogue.nearest(Mood(0.0, 0.5), limit=100_000, radius=2)), flush=True)
catalogue.close()
"""


def test_processes_that_migrate_and_fill_at_once_get_along(
    database: str | None, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "data"), str(gate), database or ""]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    gate.touch()
    answers = [process.communicate(timeout=PATIENCE_S)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert set(answers) == {str(len(read_songs(STARTER.read_bytes())))}


WRITER = """
import sys
from pathlib import Path
from sqlalchemy import insert
from recommender.db.engine import make_engine, write_transaction
from recommender.db.tables import BatchRow
engine = make_engine(Path(sys.argv[1]), sys.argv[2] or None)
number = int(sys.argv[3])
while True:
    with write_transaction(engine) as connection:
        connection.execute(insert(BatchRow), {"name": f"write-{number}", "sha256": "0"})
    print(number, flush=True)
    number += 1
"""


def kill_writers(kills: int, data_dir: Path, url: str | None, engine: Engine) -> None:
    """Kill a writer in the midst of its work; what it has reported must be there."""
    reported: set[int] = set()
    for kill in range(kills):
        first = kill * 1_000_000
        command = [sys.executable, "-c", WRITER, str(data_dir), url or "", str(first)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(3 + kill % 7):
                reported.add(int(writer.stdout.readline()))
            writer.send_signal(signal.SIGKILL)
            reported.update(int(line) for line in writer.stdout.read().split("\n")[:-1])
        with engine.connect() as connection:
            names = select(BatchRow.name).where(BatchRow.name.like("write-%"))
            there = {int(name.removeprefix("write-")) for name in connection.scalars(names)}
        assert reported <= there, "a write that was reported is lost"
        # The last one may have been stored and not reported any more.
        assert len(there - reported) <= kill + 1


@pytest.mark.parametrize("kills", [KILLS, pytest.param(MANY_KILLS, marks=pytest.mark.soak)])
def test_a_killed_writer_loses_nothing_that_it_reported(
    database: str | None, tmp_path: Path, catalogue: Catalogue, engine: Engine, kills: int
) -> None:
    before = songs(catalogue)
    kill_writers(kills, tmp_path, database, engine)
    assert songs(catalogue) == before
    if database is None:
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_can_be_restored_into_the_same_and_into_another_database(
    database: str | None, tmp_path: Path, catalogue: Catalogue, starter: Path, engine: Engine
) -> None:
    before = songs(catalogue)
    catalogue.back_up(tmp_path / "backup.db")
    with pytest.raises(BadBackup, match="already"):
        catalogue.back_up(tmp_path / "backup.db")
    with write_transaction(engine) as connection:
        connection.execute(text("DELETE FROM sources"))
    assert songs(catalogue) == []
    restore(tmp_path / "backup.db", engine)
    with closing(open_catalogue(tmp_path, url=database, starter=starter)) as again:
        assert songs(again) == before
        write_table(starter, LINES[3])
    # The counters of the numbers have moved along: new rows find a free one.
    with closing(open_catalogue(tmp_path, url=database, starter=starter)) as changed:
        assert songs(changed) == [("恋", "星野源")]
    other = make_engine(tmp_path / "other")
    restore(tmp_path / "backup.db", other)
    other.dispose()
    write_table(starter, *LINES)
    with closing(open_catalogue(tmp_path / "other", starter=starter)) as copied:
        assert songs(copied) == before


def test_what_is_no_backup_changes_nothing(
    tmp_path: Path, catalogue: Catalogue, engine: Engine
) -> None:
    before = songs(catalogue)
    none, junk, other, newer = (tmp_path / name for name in ("none", "junk", "other", "newer"))
    junk.write_bytes(b"this is no database" * 100)
    with closing(sqlite3.connect(other)) as file:
        file.execute("CREATE TABLE shopping (item TEXT)")
    catalogue.back_up(newer)
    with closing(sqlite3.connect(newer)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    for file, problem in (
        (none, "There is no file none"),
        (junk, "is no backup"),
        (other, "is no backup"),
        (newer, "newer version"),
    ):
        with pytest.raises(BadBackup, match=problem):
            restore(file, engine)
    assert songs(catalogue) == before


def test_a_database_from_a_newer_version_is_left_alone(
    database: str | None, tmp_path: Path, catalogue: Catalogue, starter: Path, engine: Engine
) -> None:
    before = songs(catalogue)
    with write_transaction(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer version"):
        open_catalogue(tmp_path, url=database, starter=starter)
    assert songs(catalogue) == before


def test_the_tables_of_version_0_1_give_way_after_a_backup(tmp_path: Path, starter: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file, file:
        file.execute("CREATE TABLE songs (key TEXT PRIMARY KEY, title TEXT)")
        file.execute("CREATE TABLE credits (song_key TEXT REFERENCES songs(key), artist TEXT)")
        file.execute("CREATE TABLE imports (origin TEXT PRIMARY KEY, sha256 TEXT)")
        file.execute("INSERT INTO songs VALUES ('starter-1', 'Halo')")
        file.execute("INSERT INTO credits VALUES ('starter-1', 'Beyoncé')")
    with closing(open_catalogue(tmp_path, starter=starter)) as catalogue:
        assert len(songs(catalogue)) == len(LINES)
    (kept,) = (tmp_path / BACKUP_FOLDER).iterdir()
    with closing(sqlite3.connect(kept)) as file:
        assert file.execute("SELECT title FROM songs").fetchall() == [("Halo",)]


def test_only_the_last_backups_are_kept(tmp_path: Path, starter: Path) -> None:
    for _ in range(KEPT_BACKUPS + 2):
        for part in tmp_path.glob(f"{FILE_NAME}*"):
            part.unlink()
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file:
            file.execute("CREATE TABLE songs (key TEXT)")
        open_catalogue(tmp_path, starter=starter).close()
    assert len(list((tmp_path / BACKUP_FOLDER).iterdir())) == KEPT_BACKUPS


def test_a_backup_that_fails_leaves_no_half_file(tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "backup.db.part").mkdir()
    with engine.connect() as connection, pytest.raises(OSError, match="backup"):
        save(connection, tmp_path / "folder" / "backup.db")
    assert not (tmp_path / "folder" / "backup.db").exists()


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    for url in ("postgresql://nobody@127.0.0.1:1/none", "mariadb://nobody@127.0.0.1:1/none"):
        with pytest.raises(Unavailable, match="cannot be used"):
            open_catalogue(tmp_path, url=url)
