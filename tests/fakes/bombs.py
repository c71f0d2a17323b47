"""Small tables of songs that want very much memory, and a process of its own to read them in.

`python -m tests.fakes.bombs FOLDER` reads all files of a folder in turn, and prints as JSON what
each made the process grow by, in MB, and what was said of it.
`python -m tests.fakes.bombs FILE DATA_FOLDER` imports one.
"""

from __future__ import annotations

import gzip
import json
import sys
from contextlib import closing, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recommender.errors import UnreadableTable
from recommender.ingest.cells import BadRow
from recommender.ingest.song_tables import layout_of
from recommender.ingest.table_import import import_table
from recommender.wiring import open_catalogue
from tests.fakes.tables import rows_of
from tests.fakes.workbooks import inline, shared, sheet_of, workbook

MB = 1024 * 1024
ROWS = 5000
LONG = 50 * MB


def write_all(folder: Path, *, rows: int = ROWS, long: int = LONG) -> None:
    """Write a bomb of each kind.

    rows, long : of how many rows and bytes the larger ones are
    """
    title = b"title,artist\n"
    for name, content in {
        "line.csv": title + b"x" * (4 * MB),
        "line": title + b"x" * long,
        "quoted": title + b'"' + b"x\n" * (long // 2),
        "cells": title + b"," * (long // 2),
        "header": b"title," * (long // 6),
        "zeros": bytes(long),
        "quoted cells": title + b'"x\n",' * (long // 5),
    }.items():
        if name.endswith(".csv"):
            (folder / name).write_bytes(content)
        else:
            (folder / f"{name}.csv.gz").write_bytes(gzip.compress(content, 1, mtime=0))
    _write_workbooks(folder, rows, long // 10)
    big = "x" * (4 * MB)
    plenty = pa.array([0] * rows, pa.int32())
    artist = pa.array(["b"] * rows)
    coded = pa.DictionaryArray.from_arrays(plenty, [big])
    _parquet(folder, "dictionary", title=coded, artist=artist)
    content = pa.DictionaryArray.from_arrays(plenty, [big.encode()])
    _parquet(folder, "binary", title=content, artist=artist)
    huge = pa.DictionaryArray.from_arrays(plenty, ["x" * (2 * long)])
    _parquet(folder, "page", title=huge, artist=artist)
    _parquet(folder, "other column", lyrics=huge, title=artist, artist=artist)
    each = pa.DictionaryArray.from_arrays(pa.array([0] * 20 * rows, pa.int32()), ["x" * MB])
    listed = pa.ListArray.from_arrays([0, 20 * rows], each)
    _parquet(folder, "list", title=pa.array(["a"]), artists=listed)
    texts = pa.array(["x" * MB] * 40)
    _parquet(folder, "plain", title=texts, artist=texts, album=texts, use_dictionary=False)
    encoding = dict.fromkeys(("title", "artist"), "DELTA_BYTE_ARRAY")
    few = pa.array(["x" * (MB // 2)] * 200)
    _parquet(folder, "delta", title=few, artist=few, use_dictionary=False, column_encoding=encoding)
    nested = pa.StructArray.from_arrays([huge], ["in"])
    _parquet(folder, "struct", title=artist, artist=artist, album=nested)
    names = [f"column {number}" for number in range(20_000)]
    pq.write_table(pa.table([pa.array([1])] * len(names), names=names), folder / "columns.parquet")
    nothing = pa.table({"title": pa.nulls(3_000_000, pa.string())})
    pq.write_table(nothing.append_column("artist", nothing["title"]), folder / "nulls.parquet")


def _write_workbooks(folder: Path, rows: int, long: int) -> None:
    head = inline(["title", "artist"])
    far = '<row><c r="BXW1"><v>1</v></c></row>' * (10 * rows)
    many = '<c t="s"><v>0</v></c>' * 90
    text = shared(f"<t>{'x' * 10_000}</t>")
    for name, sheet, texts in (
        ("blanks", sheet_of(head, " " * long), None),
        ("far cells", sheet_of(head, far), None),
        ("shared", sheet_of(head), shared("<t>xy</t>" * (long // 20))),
        ("texts", sheet_of(head), "<sst>" + "<si><t>xy</t></si>" * (long // 18) + "</sst>"),
        ("one text", sheet_of(head, f"<row>{many}</row>" * (rows // 50)), text),
        ("wide", sheet_of(f"<row>{'<c><v>1</v></c>' * (long // 15)}</row>"), None),
    ):
        (folder / f"{name}.xlsx").write_bytes(workbook(sheet, texts))


def _parquet(folder: Path, name: str, *, use_dictionary: bool = True, **columns: object) -> None:
    encoding = columns.pop("column_encoding", None)
    pq.write_table(
        pa.table(columns),
        folder / f"{name}.parquet",
        compression="zstd",
        use_dictionary=use_dictionary,
        column_encoding=encoding,
        dictionary_pagesize_limit=1000 * MB,
        write_statistics=False,
    )


def peak_mb() -> int:
    """Return the most memory that this process has held."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def attempt(path: Path) -> str:
    """Read a table as an import does, a row at a time; return what was said of it."""
    good = 0
    try:
        header = next(rows_of(path, ()))[1]
        layout = layout_of(list(header or ()))
        rows = rows_of(path, layout.columns.values())
        next(rows)
        for _, row in rows:
            with suppress(BadRow):
                good += row is not None and bool(layout.song(row))
    except UnreadableTable as error:
        return str(error)
    return f"{good} songs"


def main(folder: Path) -> None:
    """Read all files of a folder."""
    import pyarrow.types  # noqa: F401 - as every reading does

    found = {}
    for path in sorted(folder.iterdir()):
        before = peak_mb()
        said = attempt(path)
        found[path.name] = (peak_mb() - before, said)
    print(json.dumps(found))


def bring_in(path: Path, data_dir: Path) -> None:
    """Import a table, and print how that went."""
    with closing(open_catalogue(data_dir)) as catalogue:
        before = peak_mb()
        done = import_table(path, catalogue.engine, data_dir, source="mine")
    grown = peak_mb() - before
    print(json.dumps({"songs": done.songs, "bad": len(done.bad), "grown": grown}))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        bring_in(*map(Path, sys.argv[1:]))
    else:
        main(Path(sys.argv[1]))
