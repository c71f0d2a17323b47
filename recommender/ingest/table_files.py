"""Tables of songs as files: CSV, TSV, either packed by gzip, or Parquet.

A file of a megabyte may unpack to a gigabyte. All that lies in memory at once has a limit.
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

# Characters of a row, however many lines it has.
MAX_LINE = 1_000_000
# Characters of a table: a packed one may hold a thousand times its own size.
MAX_TEXT = 2_000_000_000


def rows_of(
    path: Path, only: Collection[str] | None = None
) -> Iterator[tuple[int, Mapping[str, str] | None]]:
    """Return the rows with their line numbers: the header first, as 1; None for a broken row.

    path : of a table in UTF-8, with commas or (.tsv) tabs; of one packed by gzip; or of Parquet
    only : the columns that are needed; of Parquet, no others are read

    Raises
    ------
    UnreadableTable
        When the file is no such table, or beyond the limits of this module.
    """
    parquet = path.suffix.casefold() == ".parquet"
    rows = parquet_rows(path, only) if parquet else _csv_rows(path)
    try:
        for count, row in enumerate(rows):
            if count > MAX_ROWS:
                raise UnreadableTable(f"The table {path.name} has over {MAX_ROWS:,} rows.")
            yield row
    # What gzip unpacks, zlib has refused.
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
    """The lines of a table.

    row : characters since the last row, to be set to 0 at each
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
