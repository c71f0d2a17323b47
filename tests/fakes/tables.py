"""A small table of songs in every kind that is read, and how it is read."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from recommender.ingest.table_files import TableFile
from tests.fakes.workbooks import inline, sheet_of, workbook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from recommender.ingest.table_files import Row


def rows_of(path: Path, only: Collection[str] | None = None) -> Iterator[Row]:
    """Yield the header of a table as line 1, then its rows."""
    table = TableFile(path)
    yield 1, dict(zip(table.header, table.header, strict=True))
    yield from table.rows(only)


def originals() -> dict[str, bytes]:
    """Return a table of songs in every kind."""
    columns = {
        "title": [f"Song {number % 7}" for number in range(60)],
        "artists": [["A, B", "C"]] * 60,
        "valence": [number / 60 for number in range(60)],
        "energy": [None, 0.5] * 30,
        "explicit": [True, False] * 30,
    }
    text = "title,artist,year\n" + "".join(f'"Söng {n}",A,19{n:02}\n' for n in range(60))
    made = {"csv": text.encode(), "tsv": text.replace(",", "\t").encode()}
    made |= {f"{ending}.gz": gzip.compress(content, mtime=0) for ending, content in made.items()}
    for name, more in (
        ("snappy", {}),
        ("zstd", {"compression": "zstd", "data_page_version": "2.0"}),
        ("none", {"compression": "none", "use_dictionary": False, "row_group_size": 20}),
    ):
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(columns), sink, **more)
        made[f"{name}.parquet"] = sink.getvalue().to_pybytes()
    rows = [inline(["title", "artist"]), *(inline([f"Song {n}", "A"]) for n in range(60))]
    return made | {"xlsx": workbook(sheet_of(*rows))}
