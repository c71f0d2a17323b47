"""Importing tables of songs, on every database."""

from __future__ import annotations

import csv
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from recommender.db.tables import TagRow, TrackRow
from recommender.errors import Unavailable, UnreadableTable
from recommender.ingest import table_import
from recommender.ingest.registry import ImportedFile, imported_files
from recommender.ingest.song_tables import scale_of
from recommender.ingest.table_import import import_table
from recommender.types import Mood

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.catalogue.store import Catalogue
    from recommender.ingest.table_import import TableImport

HEADER = ["track_name", "artist_name", "valence", "energy", "year", "lang", "is_explicit", "tags"]
# More than there are.
ALL = 100_000


def write(path: Path, *rows: list[object]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def song(number: int, **other: object) -> list[object]:
    cells = dict(
        zip(HEADER, [f"Song {number}", "A; B", 0.5, 0.5, 2000, "Welsh", "False", ""], strict=True)
    )
    return list({**cells, **other}.values())


def found(catalogue: Catalogue) -> list[str]:
    keys = [
        one.key
        for one in catalogue.nearest(Mood(0.0, 0.5), limit=ALL, radius=2, languages=["Welsh"])
    ]
    return sorted(track.title for track in catalogue.tracks(keys))


def load(path: Path, engine: Engine, **options: object) -> TableImport:
    return import_table(path, engine, path.parent, source="mine", **options)


def test_a_table_becomes_songs_and_a_second_import_changes_nothing(
    tmp_path: Path, engine: Engine, catalogue: Catalogue
) -> None:
    path = write(tmp_path / "mine.csv", *(song(number) for number in range(7)), song(3))
    done = load(path, engine)
    assert (done.songs, done.repeated, done.bad, done.side_file) == (7, 1, (), None)
    assert found(catalogue) == [f"Song {number}" for number in range(7)]
    assert {"A", "B", "Beyoncé"} == set(catalogue.artists())
    assert load(path, engine).unchanged
    assert len(found(catalogue)) == 7


def test_a_changed_table_takes_the_place_of_the_old_and_songs_keep_their_keys(
    tmp_path: Path, engine: Engine, catalogue: Catalogue
) -> None:
    load(write(tmp_path / "mine.csv", song(1), song(2)), engine)
    before = {one.key for one in catalogue.nearest(Mood(0.0, 0.5), limit=ALL, radius=2)}
    load(write(tmp_path / "mine.csv", song(2, valence=0.6), song(3)), engine)
    after = {one.key for one in catalogue.nearest(Mood(0.0, 0.5), limit=ALL, radius=2)}
    assert found(catalogue) == ["Song 2", "Song 3"]
    assert len(before & after) == 2, "the starter's song, and the one in both tables"
    done = load(write(tmp_path / "mine.csv", song(3), song(4), song(5)), engine)
    assert (done.songs, done.added, done.removed) == (3, 2, 1)


def tags(engine: Engine) -> set[tuple[str, str]]:
    asked = select(TrackRow.title, TagRow.name).join(TagRow, TagRow.track_id == TrackRow.id)
    with engine.connect() as connection:
        return {(title, name) for title, name in connection.execute(asked)}


def test_tags_come_and_go_with_their_songs(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_import, "BATCH_ROWS", 1)
    tagged = [song(1, tags="Live; 夏"), song(2, tags="live"), song(3)]
    load(write(tmp_path / "mine.csv", *tagged), engine)
    assert tags(engine) == {("Song 1", "live"), ("Song 1", "夏"), ("Song 2", "live")}
    load(write(tmp_path / "mine.csv", song(1), song(2, tags="dance")), engine)
    assert tags(engine) == {("Song 2", "dance")}


def test_an_import_is_remembered_even_when_nothing_has_changed(
    tmp_path: Path, engine: Engine
) -> None:
    path = write(tmp_path / "mine.csv", song(1))
    mapping = {"title": "track_name"}
    load(path, engine, mapping=mapping, language="Manx")
    origin = ImportedFile("mine", "table", path, mapping, "Manx")
    assert imported_files(engine) == [origin]
    moved = path.rename(tmp_path / "moved.csv")
    assert load(moved, engine, mapping=mapping, language="Manx").unchanged
    assert [one.path for one in imported_files(engine)] == [moved]


def test_an_import_that_fails_is_not_remembered(tmp_path: Path, engine: Engine) -> None:
    with pytest.raises(UnreadableTable):
        load(write(tmp_path / "mine.csv", song(1, artist_name="")), engine)
    assert imported_files(engine) == []


def test_bad_rows_are_named_and_kept_aside(
    tmp_path: Path, engine: Engine, catalogue: Catalogue
) -> None:
    rows = [song(1), song(2, artist_name=""), song(3, energy="loud"), song(4), ["short"]]
    done = load(write(tmp_path / "mine.csv", *rows), engine)
    assert done.songs == 2
    assert [line for line, _ in done.bad] == [3, 4, 6]
    assert done.side_file is not None
    with done.side_file.open(encoding="utf-8", newline="") as file:
        kept = list(csv.DictReader(file))
    assert [row["line"] for row in kept] == ["3", "4", "6"]
    assert kept[0]["problem"] == "has no artist"
    assert kept[1]["energy"] == "loud"
    assert found(catalogue) == ["Song 1", "Song 4"]
    again = load(write(tmp_path / "mine.csv", song(1)), engine)
    assert (again.bad, done.side_file.exists()) == ((), False)


def test_bad_rows_hold_no_formula(tmp_path: Path, engine: Engine) -> None:
    bad = song(2, artist_name="", track_name="=cmd|' /C calc'!A0", lang="x;=1+1", tags="\t@1")
    path = tmp_path / "mine.csv"
    write(path, song(1), bad)
    path.write_text(path.read_text(encoding="utf-8").replace("is_explicit", "=explicit"))
    done = load(path, engine)
    assert done.side_file is not None
    header, row = csv.reader(done.side_file.read_text(encoding="utf-8").splitlines())
    assert "'=explicit" in header
    assert row[2] == "'=cmd|' /C calc'!A0"
    assert row[7] == "x;'=1+1"
    assert row[9] == "\t'@1"


class BrokenOff(Exception):
    """Stands for whatever ends the program."""


def test_an_import_that_is_broken_off_shows_nothing_and_goes_on(
    tmp_path: Path, engine: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_import, "BATCH_ROWS", 4)
    load(write(tmp_path / "mine.csv", song(99)), engine)
    path = write(tmp_path / "mine.csv", *(song(number) for number in range(10)))
    seen: list[tuple[int, int]] = []

    def stop_at_the_second(done: int, total: int) -> None:
        seen.append((done, total))
        if len(seen) == 2:
            raise BrokenOff

    with pytest.raises(BrokenOff):
        load(path, engine, progress=stop_at_the_second)
    assert found(catalogue) == ["Song 99"], "nothing is half imported"
    done = load(path, engine, progress=lambda *step: seen.append(step))
    assert seen == [(5, 11), (9, 11), (11, 11)], "what was read is not read again"
    assert done.songs == 10
    assert len(found(catalogue)) == 10


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_two_imports_of_a_table_at_once_get_along(
    tmp_path: Path,
    engine: Engine,
    catalogue: Catalogue,
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
) -> None:
    monkeypatch.setattr(table_import, "BATCH_ROWS", 2)
    path = write(tmp_path / "mine.csv", *(song(number) for number in range(10)))
    others: list[tuple[int, int]] = []

    def other_goes_on(*step: int) -> None:
        others.append((step[0], step[1]))
        if len(others) == steps:
            raise BrokenOff

    def other_comes(_done: int, _total: int) -> None:
        if not others:
            with suppress(BrokenOff):
                load(path, engine, progress=other_goes_on)

    done = load(path, engine, progress=other_comes)
    assert found(catalogue) == sorted(f"Song {number}" for number in range(10))
    assert (done.unchanged, done.songs, done.added) in {(False, 10, 10), (True, 0, 0)}
    assert load(path, engine).unchanged


def test_a_table_that_changed_meanwhile_begins_anew(
    tmp_path: Path, engine: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_import, "BATCH_ROWS", 1)

    def stop(_done: int, _total: int) -> None:
        raise BrokenOff

    with pytest.raises(BrokenOff):
        load(write(tmp_path / "mine.csv", song(1), song(2)), engine, progress=stop)
    load(write(tmp_path / "mine.csv", song(3), song(4)), engine)
    assert found(catalogue) == ["Song 3", "Song 4"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "no column of title"),
        (b"title,plot\nx,y\n", "no column of artists"),
        (b"title,title\nx,y\n", "two columns of the same name"),
        (b"title,artist\n,\n", "No row of the table is a song"),
        (b"title,artist\n\xff,x\n", "not a readable table"),
    ],
)
def test_what_is_no_table_of_songs_changes_nothing(
    tmp_path: Path, engine: Engine, catalogue: Catalogue, content: bytes, problem: str
) -> None:
    load(write(tmp_path / "mine.csv", song(1)), engine)
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(UnreadableTable, match=problem):
        load(tmp_path / "mine.csv", engine)
    assert found(catalogue) == ["Song 1"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path, engine: Engine) -> None:
    for name in ("none.csv", "none.csv.gz", "none.parquet"):
        with pytest.raises(UnreadableTable, match=rf"The file {name} is not"):
            load(tmp_path / name, engine)


def test_a_file_that_goes_away_while_it_is_read_is_named(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "mine.csv", song(1))
    monkeypatch.setattr(
        table_import, "scale_of", lambda *a: (path.unlink(missing_ok=True), scale_of(*a))[1]
    )
    with pytest.raises(UnreadableTable, match=r"The file mine.csv cannot be read\."):
        load(path, engine)


def test_a_database_that_goes_away_is_unavailable(tmp_path: Path, engine: Engine) -> None:
    path = write(tmp_path / "mine.csv", song(1))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE staged_rows")
    with pytest.raises(Unavailable):
        load(path, engine)
