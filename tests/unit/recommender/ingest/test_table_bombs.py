"""Small files that unpack to very much, and damaged ones: one sentence, and little memory."""

from __future__ import annotations

import csv
import gzip
import json
import random
from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.errors import UnreadableTable
from recommender.ingest import parquet_files, table_files
from recommender.ingest.cells import MAX_CELL, BadRow
from recommender.ingest.parquet_pages import BadPages, pages
from recommender.ingest.song_tables import layout_of
from tests.fakes.bombs import write_all
from tests.fakes.damage import mutated
from tests.fakes.memory import needs_proc, run_python
from tests.fakes.tables import originals, rows_of

if TYPE_CHECKING:
    from pathlib import Path

# What reading a table may take, whatever is in it.
BUDGET_MB = 200
MUTATIONS = 100
REFUSED = {
    "line.csv", "line.csv.gz", "quoted.csv.gz", "cells.csv.gz", "header.csv.gz",
    "zeros.csv.gz", "quoted cells.csv.gz", "page.parquet", "plain.parquet", "columns.parquet",
    "nulls.parquet", "far cells.xlsx", "wide.xlsx",
}  # fmt: skip


@pytest.mark.slow
@needs_proc
def test_no_small_table_wants_much_memory(tmp_path: Path) -> None:
    write_all(tmp_path)
    done = run_python("-m", "tests.fakes.bombs", str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {name: grown for name, (grown, _) in found.items() if grown > BUDGET_MB} == {}
    said = {name: text for name, (_, text) in found.items()}
    assert {name for name, text in said.items() if " songs" not in text} == REFUSED
    assert said["struct.parquet"] == said["other column.parquet"] == "5000 songs"
    assert said["dictionary.parquet"] == said["binary.parquet"] == said["list.parquet"] == "0 songs"


@pytest.mark.slow
@needs_proc
def test_an_import_of_long_bad_rows_wants_little_memory_and_disk(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv.gz"
    row = b"x" * 300_000 + b",a\n"
    path.write_bytes(gzip.compress(b"title,artist\nHalo,Me\n" + row * 500))
    done = run_python("-m", "tests.fakes.bombs", str(path), str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["songs"] == 1
    assert json.loads(done.stdout)["bad"] == 500
    assert json.loads(done.stdout)["grown"] < BUDGET_MB
    (side_file,) = (tmp_path / "data" / "imports").iterdir()
    assert side_file.stat().st_size < 500 * (MAX_CELL + 1000)


def test_a_damaged_table_raises_nothing_but_our_own_error(tmp_path: Path) -> None:
    read = dict.fromkeys(originals(), 0)
    for ending, content in originals().items():
        path = tmp_path / f"songs.{ending}"
        for number in range(MUTATIONS):
            # S311: the same files every time.
            changed = mutated(content, random.Random(f"{ending} {number}"))  # noqa: S311
            path.write_bytes(changed if number else content)
            with suppress(UnreadableTable):
                header = next(rows_of(path, ()))[1]
                layout = layout_of(list(header or ()))
                for _, row in rows_of(path, layout.columns.values()):
                    with suppress(BadRow):
                        layout.song(row or {})
                read[ending] += 1
    assert all(0 < count < MUTATIONS for count in read.values()), read


def test_damage_in_what_gzip_packed_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv.gz"
    packed = bytearray(gzip.compress(b"title,artist\n" + b"Halo,Me\n" * 5000))
    # A block of a kind that there is not.
    packed[10] = 0xFF
    path.write_bytes(packed)
    with pytest.raises(UnreadableTable, match=r"^The file songs.csv.gz is not a readable table.$"):
        list(rows_of(path))


@pytest.mark.parametrize(
    ("limit", "value", "content"),
    [
        ("MAX_LINE", 20, 'title,artist\n"a\nb\nc",d\n"' + "x\n" * 10 + '",y\n'),
        ("MAX_ROWS", 2, "title,artist\na,b\nc,d\ne,f\n"),
        ("MAX_TEXT", 30, "title,artist\n" + "a,b\n" * 5),
        ("MAX_COLUMNS", 2, "title,artist,more\na,b,c\n"),
    ],
)
def test_a_table_beyond_a_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, content: str
) -> None:
    monkeypatch.setattr(csv, "field_size_limit", lambda _: None)
    path = tmp_path / "songs.csv"
    path.write_text(content, encoding="utf-8")
    list(rows_of(path))
    monkeypatch.setattr(table_files, limit, value)
    with pytest.raises(UnreadableTable, match=r"^The table songs.csv has .*over "):
        list(rows_of(path))


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("MAX_COLUMNS", 1),
        ("MAX_ROWS", 3),
        ("MAX_FOOTER", 100),
        ("MAX_PAGE", 10),
        ("MAX_PAGES_AT_ONCE", 20),
        ("MAX_LISTED_VALUES", 5),
        ("MAX_LISTED_BYTES", 10),
    ],
)
def test_a_parquet_file_beyond_a_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    path = tmp_path / "songs.parquet"
    pq.write_table(pa.table({"title": ["x", "y"] * 2, "artists": [["a", "b"]] * 4}), path)
    assert len(list(rows_of(path))) == 5
    monkeypatch.setattr(parquet_files, limit, value)
    with pytest.raises(UnreadableTable, match=r"^The table songs.parquet has "):
        list(rows_of(path))


def test_a_longer_cell_than_any_is_a_bad_row(tmp_path: Path) -> None:
    fits, too_long = "x, " * (MAX_CELL // 3), "x" * (MAX_CELL + 1)
    path = tmp_path / "songs.parquet"
    columns = {"title": ["a"] * 3, "artist": [[fits], [too_long], ["é"] * MAX_CELL]}
    pq.write_table(pa.table({**columns, "album": [b"\xc3\xa9"] * 3}), path)
    (_, header), *rows = rows_of(path)
    layout = layout_of(list(header or ()))
    song = layout.song(rows[0][1] or {})
    assert (song.artists, song.album) == (("x",), "é")
    for _, row in rows[1:]:
        with pytest.raises(BadRow, match="over "):
            layout.song(row or {})


def test_days_beyond_the_calendar_are_no_years(tmp_path: Path) -> None:
    path = tmp_path / "songs.parquet"
    days = pa.array([10_000, 2**30], pa.date32())
    pq.write_table(pa.table({"title": ["a"] * 2, "artist": ["b"] * 2, "date": days}), path)
    assert [row["date"] for _, row in rows_of(path) if row] == ["date", "1997-05-19", "?"]


def test_what_is_no_header_of_a_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    for content in (b"", b"\0", b"\x15\x01\0", b"\x1c" * 99, b"\xff" * 99, b"\x19\xff" * 40):
        path.write_bytes(content)
        with path.open("rb") as file, pytest.raises(BadPages):
            list(pages(file, 0, 50))
