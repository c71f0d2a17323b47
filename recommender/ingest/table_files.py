"""Tables of songs as files: CSV, TSV, either packed by gzip, or Parquet."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING, Any

from recommender.errors import UnreadableTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_LINE = 1_000_000
PARQUET_ROWS_AT_ONCE = 5000


def rows_of(path: Path) -> Iterator[tuple[int, Mapping[str, str] | None]]:
    """Return the rows with their line numbers: the header first, as 1; None for a broken row.

    path : of a table in UTF-8, with commas or (.tsv) tabs; of one packed by gzip; or of Parquet

    Raises
    ------
    UnreadableTable
        When the file is no such table.
    """
    reader = _parquet_rows if path.suffix.casefold() == ".parquet" else _csv_rows
    try:
        yield from reader(path)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableTable(f"The file {path.name} is not a readable table.") from error


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str] | None]]:
    name = path.name.casefold()
    opened = gzip.open if name.endswith(".gz") else open
    separator = "\t" if name.removesuffix(".gz").endswith(".tsv") else ","
    csv.field_size_limit(MAX_LINE)
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        lines: Any = csv.reader(file, delimiter=separator)
        header = next(lines, None)
        if not header:
            raise UnreadableTable(f"The file {path.name} is empty.")
        yield 1, dict(zip(header, header, strict=True)) if len(set(header)) == len(header) else None
        for row in lines:
            whole = len(row) == len(header)
            yield lines.line_num, dict(zip(header, row, strict=True)) if whole else None


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str] | None]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            header = list(file.schema_arrow.names)
            yield 1, dict(zip(header, header, strict=True))
            line = 1
            for batch in file.iter_batches(PARQUET_ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    line += 1
                    yield line, {name: _text(value) for name, value in row.items()}
    except pa.ArrowException as error:
        raise UnreadableTable(f"The file {path.name} is not a readable table.") from error


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "; ".join(map(str, value))
    return str(value)
