"""Importing tables of songs, on every database."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from recommender.catalogue import writer
from recommender.catalogue.source import CatalogueSource
from recommender.catalogue.writer import SongRecord, replace_batch
from recommender.db.engine import write_transaction
from recommender.db.tables import TagRow, TrackRow
from recommender.errors import Unavailable, UnreadableTable
from recommender.ingest import table_import
from recommender.ingest.refresh_report import left_out, sentences_of
from recommender.ingest.registry import ImportedFile, imported_files, remove
from recommender.ingest.table_files import TableFile
from recommender.ingest.table_import import import_table
from recommender.types import Mood, Query
from recommender.wording import sentence, sentences

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


def ids(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return dict(connection.execute(select(TrackRow.title, TrackRow.id)).all())


def test_only_songs_that_changed_are_written_again_and_all_are_found(
    tmp_path: Path, engine: Engine, catalogue: Catalogue
) -> None:
    rows = [song(number) for number in range(9)]
    load(write(tmp_path / "mine.csv", *rows), engine)
    before = ids(engine)
    changed = [song(0, valence=0.9), song(1, tags="live"), song(2, artist_name="a; B"), *rows[3:8]]
    done = load(write(tmp_path / "mine.csv", *changed), engine)
    assert (done.songs, done.added, done.removed) == (8, 0, 1)
    after = ids(engine)
    stayed = {f"Song {number}" for number in range(3, 8)} | {"Halo"}
    assert {title for title in after if before[title] == after[title]} == stayed
    assert (tags(engine), "a" in catalogue.artists()) == ({("Song 1", "live")}, True)
    near = catalogue.nearest(Mood(0.8, 0.5), limit=1, radius=0.01, languages=["Welsh"])
    assert [one.title for one in catalogue.tracks([one.key for one in near])] == ["Song 0"]
    # Most songs go, so that the spatial index is made anew, with those that stay.
    load(write(tmp_path / "mine.csv", *(song(number, energy=0.6) for number in range(9))), engine)
    assert len(found(catalogue)) == 9
    assert len(catalogue.nearest(Mood(0.0, 0.5), limit=ALL, radius=2)) == 10
    remove(engine, ["mine"])
    assert len(catalogue.nearest(Mood(0.0, 0.5), limit=ALL, radius=2)) == 1


def tags(engine: Engine) -> set[tuple[str, str]]:
    asked = select(TrackRow.title, TagRow.name).join(TagRow, TagRow.track_id == TrackRow.id)
    with engine.connect() as connection:
        return {(title, name) for title, name in connection.execute(asked)}


def test_tags_come_and_go_with_their_songs(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SONGS_AT_ONCE", 1)
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
    assert kept[0]["problem"] == "It has no artist."
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


def test_how_a_table_was_read_and_what_was_left_out_is_told(
    tmp_path: Path, engine: Engine, catalogue: Catalogue
) -> None:
    text = (
        "My songs\n"
        "title;artist;artist;valence;energy;year;lang\n"
        "Déjà;A;B;1,5;3;long ago;en\nB;A;B;8,5;7;2011;ENGLISH\nC;A;B;5;4;soon;Welsh\n"
        "D;A;B;5;4;2011;Welsh\n;A;B;5;4;2011;Welsh\n"
    )
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode("cp1252"))
    with pytest.raises(UnreadableTable, match="two columns of the name artist"):
        load(path, engine)
    path.write_bytes(text.replace("artist;artist", "artist;genre").encode("cp1252"))
    done = load(path, engine)
    assert (done.songs, done.placed) == (4, 4)
    assert [sentence(one) for one in sentences_of("mine.csv", done)] == [
        "mine.csv: 4 songs, 4 of them with a known mood.",
        "Above the header, 1 row was passed over.",
        "The letters were read as cp1252, which the file does not say.",
        "Valence was read as 1 to 9.",
        "Energy was read as 1 to 9.",
        "2 years were not read and left out, the first in line 3: “long ago”.",
    ]
    assert sentences(left_out(done)) == "1 row is no song. The first is line 7: It has no title."
    assert set(catalogue.languages()) == {"English", "Welsh"}


def test_a_mood_in_doubt_is_left_out_and_told(
    tmp_path: Path, engine: Engine, catalogue: Catalogue
) -> None:
    rows = [song(1, valence=3, energy=0.1), song(2, valence=7, energy=0.2)]
    done = load(write(tmp_path / "mine.csv", *rows), engine)
    assert (done.songs, done.placed, done.bad) == (2, 0, ())
    assert sentences(done.notes) == (
        "Energy was read as 0 to 1. "
        "Valence was left out: its numbers, 3 to 7, tell no scale for certain."
    )
    rows = [song(1, energy="high"), song(2, energy="low")]
    assert "Energy was left out: hardly any" in sentences(
        load(write(tmp_path / "mine.csv", *rows), engine).notes
    )
    assert found(catalogue) == []


def test_columns_of_one_name_are_told(tmp_path: Path, engine: Engine, catalogue: Catalogue) -> None:
    (tmp_path / "mine.csv").write_text("title,artist,genre,genre,x,x\nA,B,soul,pop,,\n")
    done = load(tmp_path / "mine.csv", engine)
    assert sentences(done.notes) == "Of the columns of the name genre, the first was read."
    assert "B" in catalogue.artists()


def test_songs_of_a_language_are_found_however_it_is_written(
    engine: Engine, catalogue: Catalogue
) -> None:
    """Rows of earlier versions have it as their tables wrote it."""
    written = ("Welsh", "WELSH", "en", "english")
    songs = [
        SongRecord(title=name, artists=(str(n),), language=name, valence=0.5, energy=0.5)
        for n, name in enumerate(written)
    ]
    with write_transaction(engine) as connection:
        replace_batch(connection, "mine", "0", songs)
    source = CatalogueSource(catalogue)

    def titles(*languages: str) -> list[str]:
        query = Query(Mood(0.5, 0.5), "happy", languages=languages, count=12)
        return [one.title for one in source.search(query, deadline=time.monotonic() + 60)]

    assert sorted(titles("welsh")) == ["WELSH", "Welsh"]
    assert set(titles("en-GB")) == set(titles("English")) == {"Halo", "en", "english"}
    assert set(titles("English", "Welsh")) == {"Halo", *written}
    assert titles("Klingon") == []


class BrokenOff(Exception):
    """Stands for whatever ends the program."""


def test_an_import_that_is_broken_off_changes_nothing(
    tmp_path: Path, engine: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_import, "ROWS_A_STEP", 4)
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
    assert seen[2:] == [(6, 11), (10, 11), (11, 11)]
    assert done.songs == 10
    assert len(found(catalogue)) == 10


def test_nobody_waits_while_a_table_is_read(
    tmp_path: Path, engine: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_import, "ROWS_A_STEP", 2)
    path = write(tmp_path / "mine.csv", *(song(number) for number in range(5)))
    steps: list[int] = []

    def other_comes(done: int, _total: int) -> None:
        steps.append(done)
        with write_transaction(engine, brief=True) as connection:
            replace_batch(connection, "other", str(done), [SongRecord(title="x", artists=("y",))])
        assert found(catalogue) == []

    load(path, engine, progress=other_comes)
    assert len(steps) == 3
    assert len(found(catalogue)) == 5


def test_two_imports_of_a_table_at_once_get_along(
    tmp_path: Path, engine: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_import, "ROWS_A_STEP", 6)
    path = write(tmp_path / "mine.csv", *(song(number) for number in range(10)))
    others: list[TableImport] = []

    def other_comes(_done: int, _total: int) -> None:
        if not others:
            others.append(load(path, engine))

    done = load(path, engine, progress=other_comes)
    assert found(catalogue) == sorted(f"Song {number}" for number in range(10))
    assert (others[0].added, done.unchanged) == (10, True)
    assert load(path, engine).unchanged


KILLED = """
import os, signal, sys
from pathlib import Path
from recommender.catalogue import writer
from recommender.catalogue.source import CatalogueSource
from recommender.db.engine import make_engine
from recommender.ingest import table_import
path, url, (module, name) = Path(sys.argv[1]), sys.argv[2] or None, sys.argv[3].split(".")

def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)

setattr({"writer": writer, "table_import": table_import}[module], name, die)
table_import.import_table(path, make_engine(path.parent, url), path.parent, source="mine")
"""


@pytest.mark.parametrize(
    "moment", ["table_import.write_lock", "writer._remove_idle_artists", "table_import.register"]
)
def test_an_import_that_is_killed_leaves_the_songs_of_before(
    tmp_path: Path, with_tables: str | None, engine: Engine, catalogue: Catalogue, moment: str
) -> None:
    path = write(tmp_path / "mine.csv", song(1), song(2, artist_name=""))
    side_file = load(path, engine).side_file
    assert side_file is not None
    before = side_file.read_bytes()
    write(path, song(2), song(3))
    command = [sys.executable, "-c", KILLED, str(path), with_tables or "", moment]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert (found(catalogue), side_file.read_bytes()) == (["Song 1"], before)
    assert sorted(one.name for one in tmp_path.glob("imports/*")) == [side_file.name]
    done = load(path, engine)
    assert (done.songs, done.added, done.removed) == (2, 2, 1)
    assert found(catalogue) == ["Song 2", "Song 3"]


def test_waiting_songs_are_nobodys_when_an_import_fails(
    tmp_path: Path, engine: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise BrokenOff

    monkeypatch.setattr(writer, "fill_places", fail)
    with pytest.raises(BrokenOff), write_transaction(engine) as connection:
        replace_batch(connection, "mine", "0", [SongRecord(title="x", artists=("y",))])
    monkeypatch.undo()
    for _ in range(2):
        load(write(tmp_path / "mine.csv", song(1)), engine)
        assert found(catalogue) == ["Song 1"]
    assert "y" not in catalogue.artists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "no column of title"),
        (b"title,plot\nx,y\n", "no column of artists"),
        (b"title,title,artist\nx,y,z\n", "two columns of the name title"),
        (b"title,artist\n,\n", "No row of the table is a song"),
        (b"title,artist\n,x\n", r"No row .* imported. The first is line 2: It has no title."),
        (b"\x1f\x8btitle,artist\n", "not a readable table"),
        (b"PK\x03\x04title,artist\n", "not a readable table"),
        (b"\xd0\xcf\x11\xe0title,artist\n", "old versions of Excel"),
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

    class Going(TableFile):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            path.unlink()

    monkeypatch.setattr(table_import, "TableFile", Going)
    with pytest.raises(UnreadableTable, match=r"^The file mine.csv is not a readable table\.$"):
        load(path, engine)


def test_a_database_that_goes_away_is_unavailable(tmp_path: Path, engine: Engine) -> None:
    path = write(tmp_path / "mine.csv", song(1))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tags")
    with pytest.raises(Unavailable):
        load(path, engine)
