"""The catalogue's file: first run, refresh, two processes, and a file that cannot be used."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.catalogue import FILE_NAME, open_catalogue
from recommender.errors import BadTable, Unavailable
from recommender.mood import distance
from recommender.starter import COLUMNS, STARTER, read_songs
from recommender.types import Mood, SourceName

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recommender.catalogue import Candidate, Catalogue

HEADER = ",".join(COLUMNS)
MIDDLE = Mood(0.0, 0.5)


def write_table(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in (HEADER, *lines)), encoding="utf-8")
    return path


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    return write_table(
        tmp_path / "starter.csv",
        "Halo,Beyoncé,English,2008,pop,0.75,0.60,0",
        "Águas de março,Elis Regina; Tom Jobim,Portuguese,1974,bossa nova,0.72,0.40,0",
        "Du hast,Rammstein,German,1997,metal,0.18,0.93,1",
    )


@pytest.fixture
def opened(tmp_path: Path, starter: Path) -> Iterator[Catalogue]:
    catalogue = open_catalogue(tmp_path / "data", starter=starter)
    yield catalogue
    catalogue.close()


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    catalogue = open_catalogue(tmp_path_factory.mktemp("shipped"))
    yield catalogue
    catalogue.close()


def titles(catalogue: Catalogue) -> list[str]:
    keys = [candidate.key for candidate in catalogue.near(MIDDLE, radius=None)]
    return [track.title for track in catalogue.tracks(keys)]


def test_a_first_run_makes_the_folder_and_fills_the_file(tmp_path: Path) -> None:
    data_dir = tmp_path / "not" / "there yet"
    with closing(open_catalogue(data_dir)) as catalogue:
        assert (data_dir / FILE_NAME).is_file()
        assert len(catalogue.near(MIDDLE, radius=None)) == len(read_songs(STARTER.read_bytes()))


def test_a_song_is_kept_whole_and_moved_into_the_plane(opened: Catalogue) -> None:
    (key,) = [c.key for c in opened.near(MIDDLE, radius=None) if c.language == "Portuguese"]
    (track,) = opened.tracks([key])
    assert track.title == "Águas de março"
    assert track.artists == ("Elis Regina", "Tom Jobim")
    assert track.source is SourceName.CATALOGUE
    assert track.source_id == key
    assert track.year == 1974
    assert track.genre == "bossa nova"
    assert track.language == "Portuguese"
    assert track.explicit is False
    assert track.valence == 0.44
    assert track.energy == 0.40
    assert track.url is track.art_url is track.album is None


def test_names_for_the_sidebar_are_sorted(opened: Catalogue) -> None:
    assert opened.languages() == ["English", "German", "Portuguese"]
    assert opened.artists() == ["Beyoncé", "Elis Regina", "Rammstein", "Tom Jobim"]


def test_tracks_come_in_the_order_of_the_keys_and_without_the_gone(opened: Catalogue) -> None:
    keys = [candidate.key for candidate in opened.near(MIDDLE, radius=None)]
    assert [t.source_id for t in opened.tracks([keys[2], "gone", keys[0]])] == [keys[2], keys[0]]


def test_a_second_opening_changes_nothing(tmp_path: Path, starter: Path, opened: Catalogue) -> None:
    before = opened.near(MIDDLE, radius=None)
    with closing(open_catalogue(tmp_path / "data", starter=starter)) as again:
        assert again.near(MIDDLE, radius=None) == before


def test_a_changed_table_replaces_the_starter_songs_only(
    tmp_path: Path, starter: Path, opened: Catalogue
) -> None:
    kept = opened.near(MIDDLE, radius=None, languages=["English"])
    opened.close()
    with closing(sqlite3.connect(tmp_path / "data" / FILE_NAME)) as connection, connection:
        connection.execute(
            "INSERT INTO songs VALUES ('mine-1', 'mine', 'Mine', 'Welsh', NULL, NULL, 0, 0.5, 0)"
        )
        connection.execute("INSERT INTO credits VALUES ('mine-1', 0, 'Me')")
    write_table(
        starter,
        "Halo,Beyoncé,English,2008,pop,0.75,0.60,0",
        "Sonne,Rammstein,German,2001,metal,0.20,0.87,0",
    )
    with closing(open_catalogue(tmp_path / "data", starter=starter)) as catalogue:
        assert titles(catalogue) == ["Mine", "Halo", "Sonne"]
        assert catalogue.artists() == ["Beyoncé", "Me", "Rammstein"]
        # The key is what a like remembers.
        assert catalogue.near(MIDDLE, radius=None, languages=["English"]) == kept


def test_a_broken_table_is_named_and_leaves_the_old_songs(
    tmp_path: Path, starter: Path, opened: Catalogue
) -> None:
    before = titles(opened)
    good = starter.read_bytes()
    write_table(starter, "Halo,Beyoncé")
    with pytest.raises(BadTable, match="Line 2"):
        open_catalogue(tmp_path / "data", starter=starter)
    assert titles(opened) == before
    starter.write_bytes(good)


def test_the_file_is_in_wal_mode_and_minds_foreign_keys(opened: Catalogue) -> None:
    with opened._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000


def test_the_search_by_place_uses_the_index_for_languages(opened: Catalogue) -> None:
    with opened._engine.connect() as connection:
        indexed = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index'")
        names = set(indexed.scalars())
    assert {"ix_songs_place", "ix_songs_language", "ix_credits_artist"} <= names


@pytest.mark.parametrize("column", ["valence", "energy"])
@pytest.mark.usefixtures("opened")
def test_a_place_outside_the_plane_cannot_be_stored(tmp_path: Path, column: str) -> None:
    statement = f"UPDATE songs SET {column} = 1.5"  # noqa: S608 - a name from above
    with (
        closing(sqlite3.connect(tmp_path / "data" / FILE_NAME)) as connection,
        pytest.raises(sqlite3.IntegrityError, match=f"ck_songs_{column}"),
    ):
        connection.execute(statement)


PROCESS = """
import sys, time
from pathlib import Path
from recommender.catalogue import open_catalogue
from recommender.types import Mood
data, gate = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
while not gate.exists():
    time.sleep(0.001)
catalogue = open_catalogue(data)
print(len(catalogue.near(Mood(0.0, 0.5), radius=None)), flush=True)
catalogue.close()
"""


def test_two_processes_may_run_for_the_first_time_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "data"), str(tmp_path / "gate")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    (tmp_path / "gate").touch()
    answers = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert set(answers) == {str(len(read_songs(STARTER.read_bytes())))}


def test_threads_may_use_one_catalogue_at_once(shipped: Catalogue) -> None:
    barrier = threading.Barrier(12)

    def ask(_number: int) -> tuple[list[Candidate], int]:
        barrier.wait()
        found = shipped.near(MIDDLE, radius=0.35)
        return found, len(shipped.tracks([candidate.key for candidate in found[:20]]))

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(12)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][1] == 20


@pytest.mark.parametrize(
    "content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_corrupt_file_is_unavailable_at_opening(
    tmp_path: Path, starter: Path, content: bytes
) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(Unavailable, match=r"^The song catalogue .* cannot be used\.$"):
        open_catalogue(tmp_path, starter=starter)


def test_a_file_that_breaks_later_is_unavailable_at_the_search(
    tmp_path: Path, starter: Path
) -> None:
    catalogue = open_catalogue(tmp_path, starter=starter)
    with closing(catalogue):
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
            connection.execute("DROP TABLE credits")
        for ask in (
            lambda: catalogue.near(MIDDLE, radius=None),
            lambda: catalogue.tracks(["x"]) or catalogue.artists(),
        ):
            with pytest.raises(Unavailable):
                ask()


def test_a_row_that_makes_no_sense_is_unavailable(tmp_path: Path, opened: Catalogue) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE songs SET title = ' '")
    keys = [candidate.key for candidate in opened.near(MIDDLE, radius=None)]
    with pytest.raises(Unavailable, match="broken song"):
        opened.tracks(keys)


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path, starter: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        open_catalogue(tmp_path / "file" / "data", starter=starter)


def test_a_folder_in_place_of_the_file_is_unavailable(tmp_path: Path, starter: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(Unavailable):
        open_catalogue(tmp_path, starter=starter)


def test_a_folder_without_leave_to_write_is_unavailable(tmp_path: Path, starter: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(Unavailable):
        open_catalogue(locked, starter=starter)


def test_a_file_held_by_another_process_is_unavailable(
    tmp_path: Path, starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.catalogue.BUSY_SECONDS", 0.1)
    open_catalogue(tmp_path, starter=starter).close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            open_catalogue(tmp_path, starter=starter)
    open_catalogue(tmp_path, starter=starter).close()


@pytest.mark.parametrize("held_for", [0.2, 60.0])
def test_a_first_run_waits_for_another_one(
    tmp_path: Path, starter: Path, monkeypatch: pytest.MonkeyPatch, held_for: float
) -> None:
    """Not yet in WAL mode, the file cannot even be read while another process fills it."""
    monkeypatch.setattr("recommender.catalogue.BUSY_SECONDS", 0.1 if held_for > 1 else 10.0)
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(held_for, other.rollback)
    release.start()
    try:
        if held_for > 1:
            with pytest.raises(Unavailable):
                open_catalogue(tmp_path, starter=starter)
        else:
            open_catalogue(tmp_path, starter=starter).close()
    finally:
        release.cancel()
        release.join()
        other.close()


@settings(deadline=None)  # each example reads the file
@given(
    valence=st.floats(-1, 1),
    energy=st.floats(0, 1),
    radius=st.one_of(st.none(), st.floats(0, 1)),
)
def test_nearest_first_by_the_distance_of_moods(
    shipped: Catalogue, valence: float, energy: float, radius: float | None
) -> None:
    found = shipped.near(Mood(valence, energy), radius=radius)
    tracks = shipped.tracks([candidate.key for candidate in found[:200]])
    far = [distance((valence, energy), (track.valence, track.energy)) for track in tracks]
    assert all(first <= second + 1e-9 for first, second in pairwise(far))
    if radius is not None:
        assert all(length <= radius + 1e-9 for length in far)
