"""Readers for table files: CSV and TSV, plain or gzipped, and Parquet.

A megabyte may unpack to a gigabyte, so everything held in memory has a limit.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from typing import TYPE_CHECKING, Any

from recommender.errors import UnreadableTable
from recommender.ingest.parquet_files import MAX_COLUMNS, MAX_ROWS, parquet_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

# Characters of a row, over all its lines.
MAX_LINE = 1_000_000
# Characters of a table; gzip shrinks text up to a thousandfold.
MAX_TEXT = 2_000_000_000


def rows_of(
    path: Path, only: Collection[str] | None = None
) -> Iterator[tuple[int, Mapping[str, str] | None]]:
    """Yield (line number, row): first line 1 with the header, then the rows; None for a broken row.

    Parameters
    ----------
    path : Path
        UTF-8 with commas or (.tsv) tabs, either gzipped (.gz), or Parquet.
    only : collection of str or None
        The columns needed; from Parquet, no others are read.

    Raises
    ------
    UnreadableTable
        When the file is not such a table, or over the limits of this module.
    """
    parquet = path.suffix.casefold() == ".parquet"
    rows = parquet_rows(path, only) if parquet else _csv_rows(path)
    try:
        for count, row in enumerate(rows):
            if count > MAX_ROWS:
                raise UnreadableTable(f"The table {path.name} has over {MAX_ROWS:,} rows.")
            yield row
    # Corrupt gzip data raises zlib.error.
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error) as error:
        raise UnreadableTable(f"The file {path.name} is not a readable table.") from error


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str] | None]]:
    name = path.name.casefold()
    opened = gzip.open if name.endswith(".gz") else open
    separator = "\t" if name.removesuffix(".gz").endswith(".tsv") else ","
    csv.field_size_limit(MAX_LINE)
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        source = _Lines(file, path)
        lines: Any = csv.reader(source, delimiter=separator)
        header = next(lines, None)
        if not header:
            raise UnreadableTable(f"The file {path.name} is empty.")
        if len(header) > MAX_COLUMNS:
            raise UnreadableTable(f"The table {path.name} has over {MAX_COLUMNS:,} columns.")
        source.row = 0
        yield 1, dict(zip(header, header, strict=True)) if len(set(header)) == len(header) else None
        for row in lines:
            source.row = 0
            whole = len(row) == len(header)
            yield lines.line_num, dict(zip(header, row, strict=True)) if whole else None


class _Lines:
    """The lines of a table, with its limits checked.

    Attributes
    ----------
    row : int, characters since the last row; the reader sets it to 0 after each
    """

    def __init__(self, file: TextIO, path: Path) -> None:
        self._file, self._path = file, path
        self._all = self.row = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(MAX_LINE + 1):
            self.row += len(line)
            self._all += len(line)
            for what, count, most in (("row", self.row, MAX_LINE), ("text", self._all, MAX_TEXT)):
                if count > most:
                    raise UnreadableTable(
                        f"The table {self._path.name} has a {what} of over {most:,} characters."
                    )
            yield line
