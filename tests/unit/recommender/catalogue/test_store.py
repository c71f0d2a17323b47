"""The catalogue beside the app: first run, threads, and a file that cannot be used."""

from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalogue.nearest import Filters
from recommender.catalogue.starter import COLUMNS, STARTER, read_songs
from recommender.db.engine import FILE_NAME
from recommender.errors import Unavailable
from recommender.mood import distance
from recommender.types import Mood, SourceName
from recommender.wiring import open_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recommender.catalogue.store import Candidate, Catalogue

HEADER = ",".join(COLUMNS)
MIDDLE = Mood(0.0, 0.5)
# More than there are.
ALL = 100_000


def write_table(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in (HEADER, *lines)), encoding="utf-8")
    return path


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    return write_table(
        tmp_path / "starter.csv",
        "Halo,Beyoncé,English,2008,pop,0.75,0.60,0,memory",
        "Águas de março,Elis Regina; Tom Jobim,Portuguese,1974,bossa nova,0.72,0.40,0,memory",
        "Du hast,Rammstein,German,1997,metal,0.18,0.93,1,memory",
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


def test_a_first_run_makes_the_folder_and_fills_the_file(tmp_path: Path) -> None:
    data_dir = tmp_path / "not" / "there yet"
    with closing(open_catalogue(data_dir)) as catalogue:
        assert (data_dir / FILE_NAME).is_file()
        assert len(catalogue.nearest(MIDDLE, limit=ALL, radius=2)) == len(
            read_songs(STARTER.read_bytes())
        )


def test_a_song_is_kept_whole_and_moved_into_the_plane(opened: Catalogue) -> None:
    (key,) = [
        c.key for c in opened.nearest(MIDDLE, limit=ALL, radius=2) if c.language == "Portuguese"
    ]
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
    keys = [candidate.key for candidate in opened.nearest(MIDDLE, limit=ALL, radius=2)]
    assert [t.source_id for t in opened.tracks([keys[2], "gone", keys[0]])] == [keys[2], keys[0]]


def test_a_second_opening_changes_nothing(tmp_path: Path, starter: Path, opened: Catalogue) -> None:
    before = opened.nearest(MIDDLE, limit=ALL, radius=2)
    with closing(open_catalogue(tmp_path / "data", starter=starter)) as again:
        assert again.nearest(MIDDLE, limit=ALL, radius=2) == before


def test_the_file_is_in_wal_mode_and_minds_foreign_keys(opened: Catalogue) -> None:
    with opened._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000


def test_threads_may_use_one_catalogue_at_once(shipped: Catalogue) -> None:
    barrier = threading.Barrier(12)

    def ask(_number: int) -> tuple[list[Candidate], int]:
        barrier.wait()
        found = shipped.nearest(MIDDLE, limit=ALL, radius=0.35)
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
            connection.executescript("DROP TABLE credits; DROP TABLE artists")
        for ask in (
            lambda: catalogue.nearest(MIDDLE, limit=ALL, radius=2),
            lambda: catalogue.tracks(["x"]) or catalogue.artists(),
        ):
            with pytest.raises(Unavailable):
                ask()


def test_a_row_that_makes_no_sense_is_unavailable(tmp_path: Path, opened: Catalogue) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE tracks SET title = ' '")
    keys = [candidate.key for candidate in opened.nearest(MIDDLE, limit=ALL, radius=2)]
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
    monkeypatch.setattr("recommender.db.engine.BUSY_SECONDS", 0.1)
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
    monkeypatch.setattr("recommender.db.engine.BUSY_SECONDS", 0.1 if held_for > 1 else 10.0)
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


@pytest.fixture(scope="module")
def places(shipped: Catalogue) -> dict[str, tuple[float, float, str, bool]]:
    """Where every shipped song lies, read without the index."""
    keys = [one.key for one in shipped.nearest(MIDDLE, limit=ALL, radius=2)]
    assert len(keys) == len(read_songs(STARTER.read_bytes()))
    return {
        t.source_id: (t.valence, t.energy, t.language, t.explicit) for t in shipped.tracks(keys)
    }


@given(
    valence=st.floats(-1, 1),
    energy=st.floats(0, 1),
    radius=st.floats(0, 1),
    limit=st.integers(1, 300),
    languages=st.none() | st.lists(st.sampled_from(["Tamil", "Welsh", "English"]), unique=True),
    no_explicit=st.booleans(),
)
def test_the_index_finds_what_a_look_at_every_song_finds(
    shipped: Catalogue,
    places: dict[str, tuple[float, float, str, bool]],
    valence: float,
    energy: float,
    radius: float,
    limit: int,
    languages: list[str] | None,
    no_explicit: bool,
) -> None:
    wishes = {"radius": radius, "languages": languages, "filters": Filters(no_explicit=no_explicit)}
    found = shipped.nearest(Mood(valence, energy), limit=limit, **wishes)
    far = [distance((valence, energy), places[one.key][:2]) for one in found]
    assert all(first <= second + 1e-9 for first, second in pairwise(far))
    for language in [None] if languages is None else languages:
        fitting = sorted(
            distance((valence, energy), place[:2])
            for place in places.values()
            if language in (None, place[2]) and not (no_explicit and place[3])
        )
        near = [away for away in fitting if away <= radius][:limit]
        ours = [
            away for away, one in zip(far, found, strict=True) if language in (None, one.language)
        ]
        # A song on the very edge may fall on either side of it.
        assert ours[: len(near) - 1] == pytest.approx(near[: len(ours) - 1][: len(near) - 1])
        assert abs(len(ours) - len(near)) <= 1
