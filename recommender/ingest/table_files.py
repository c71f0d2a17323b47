"""Tables as files: text with separators (also packed by gzip), Excel, Parquet.

Encoding, separator and header are told from a file's beginning. A file of a megabyte may unpack to
a gigabyte: all that lies in memory at once has a limit.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, TextIO, TypeAlias, cast
from zipfile import BadZipFile

from recommender.errors import UnreadableTable
from recommender.ingest.cells import WINDOWS
from recommender.ingest.encodings import guessed
from recommender.ingest.excel_files import Workbook
from recommender.ingest.parquet_files import MAX_COLUMNS, MAX_ROWS, parquet_rows
from recommender.ingest.song_tables import REQUIRED, known_fields

Row: TypeAlias = "tuple[int, Mapping[str, str] | None]"

# Characters of a row, over all its lines.
MAX_LINE = 1_000_000
# Characters of a table; gzip shrinks text up to a thousandfold.
MAX_TEXT = 2_000_000_000
# Bytes and rows at the beginning in which encoding, separator and header are looked for.
SAMPLE, HEADER_ROWS = 262_144, 20
SEPARATORS = ",;\t|"
# Some programs name the separator in a line above the table.
_SEP = re.compile(r'"?sep=([^\w"\r\n])"?[\r\n]', re.IGNORECASE)
# Exports of listens to Last.fm without a header, known by their times.
_LISTENED_AT = re.compile(r"[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4},? [0-9]{2}:[0-9]{2}")
_LISTENS = ("artist", "album", "title", "listened at")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC: Mapping[bytes, Literal["gzip", "zip", "parquet", "xls"]] = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"PAR1": "parquet",
    b"\xd0\xcf\x11\xe0": "xls",
}


class TableFile:
    """A table in a file, with its header.

    Parameters
    ----------
    path : Path
    mapping : mapping of our field to the table's column, by which the header is known, too

    Attributes
    ----------
    header : tuple of str, names of the columns; a name may come twice
    above : int, rows above the header that are passed over
    guessed : str or None, the encoding of a text that does not tell it and is no Unicode

    Raises
    ------
    UnreadableTable
        When the file is not such a table, or over the limits of this module.
    """

    def __init__(self, path: Path, mapping: Mapping[str, str] | None = None) -> None:
        self._path, self._mapping = path, mapping or {}
        # The part is a text's separator, or a workbook's sheet.
        self._part, self._encoding = ",", "utf-8"
        self._workbook: Workbook
        self.above = 0
        self.guessed: str | None = None
        csv.field_size_limit(MAX_LINE)
        with self._errors():
            self._kind = self._find_kind()
            self.header = self._find_header()
        if len(self.header) > MAX_COLUMNS:
            raise UnreadableTable("table-columns", file=path.name, most=MAX_COLUMNS)

    def rows(self, only: Collection[str] | None = None, *, whole: bool = False) -> Iterator[Row]:
        """Yield (line number, row by column name); None for a broken row. Blank rows are left out.

        Parameters
        ----------
        only : collection of str or None, the columns needed; of two of a name, the first is read
        whole : bool, bring the other columns, too, where they are read anyway

        Raises
        ------
        UnreadableTable
            When the file is not such a table, or over the limits of this module.
        """
        with self._errors():
            if self._kind == "parquet":
                yield from self._parquet(only)
            else:
                yield from self._below_header(None if whole else only)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        # Corrupt gzip data raises zlib.error.
        except (OSError, EOFError, UnicodeError, zlib.error, csv.Error, BadZipFile) as error:
            raise UnreadableTable("table-unreadable", file=self._path.name) from error

    def _find_kind(self) -> str:
        with self._path.open("rb") as file:
            start = file.read(4)
        kind = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "text")
        if kind == "xls":
            raise UnreadableTable("table-old-excel", file=self._path.name)
        return "parquet" if self._path.suffix.casefold() == ".parquet" else kind

    def _find_header(self) -> tuple[str, ...]:
        if self._kind == "parquet":
            return tuple(next(parquet_rows(self._path, ()))[1] or ())
        best: tuple[tuple[bool, int, int], str, int, list[str]] | None = None
        for part, rows in self._beginnings():
            for place, row in enumerate(rows):
                fields = known_fields(row) | {
                    ours for ours, theirs in self._mapping.items() if theirs in row
                }
                known = fields.issuperset(REQUIRED)
                # Without known names, the first row that is not blank is the header.
                worth = known, len(fields) if known else len(row) if any(row) else -1, -place
                if best is None or worth > best[0]:
                    best = worth, part, place, row
        if best is None or not any(best[3]):
            raise UnreadableTable("table-empty", file=self._path.name)
        (known, *_), self._part, self.above, header = best
        if not known and len(header) == len(_LISTENS) and _LISTENED_AT.fullmatch(header[-1]):
            self.above = -1
            return _LISTENS
        return tuple(header)

    def _beginnings(self) -> Iterator[tuple[str, list[list[str]]]]:
        """Yield the first rows of the table for each separator or sheet that it may have."""
        if self._kind == "zip":
            self._workbook = Workbook(self._path)
            for sheet in self._workbook.sheets:
                yield sheet, [row for _, row in islice(self._workbook.rows(sheet), HEADER_ROWS)]
            return
        with self._binary() as file:
            sample = file.read(SAMPLE)
        self._encoding = _encoding_of(sample)
        decoder = codecs.getincrementaldecoder(self._encoding)
        text = decoder(WINDOWS).decode(sample)
        if self._encoding == "utf-8" and text != decoder("ignore").decode(sample):
            self.guessed = guessed(sample)
            # Bytes that are no UTF-8 are Windows-1252's, if nothing else is likely.
            if self.guessed in {"cp1251", "cp932"}:
                self._encoding = self.guessed
                text = sample.decode(self._encoding, WINDOWS)
            else:
                self.guessed = "cp1252"
        named = _SEP.match(text)
        name = self._path.name.casefold().removesuffix(".gz")
        usual = "\t" if name.endswith((".tsv", ".tab")) else ","
        for separator in named[1] if named else dict.fromkeys([usual, *SEPARATORS]):
            lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            rows = list(islice(lines, HEADER_ROWS))
            yield separator, [[], *rows[1:]] if named else rows

    def _below_header(self, only: Collection[str] | None) -> Iterator[Row]:
        header, width = self.header, len(self.header)
        first = {name: place for place, name in reversed([*enumerate(header)])}
        if only is not None:
            first = {name: first[name] for name in only}
        rows = self._excel_rows() if self._kind == "zip" else self._text_rows()
        most = max(self.above, 0) + MAX_ROWS
        for count, (line, row) in enumerate(rows):
            if count > most:
                raise UnreadableTable("table-rows", file=self._path.name, most=MAX_ROWS)
            if count <= self.above or not ((row and row[0].strip()) or any(map(str.strip, row))):
                continue
            if not first:
                yield line, {}
                continue
            if len(row) < width:
                row.extend([""] * (width - len(row)))
            if len(row) > width and any(map(str.strip, row[width:])):
                yield line, None
            elif len(first) == width:
                yield line, dict(zip(header, row, strict=False))
            else:
                yield line, {name: row[place] for name, place in first.items()}

    def _text_rows(self) -> Iterator[tuple[int, list[str]]]:
        limits = _Limits(self._path)
        with self._binary() as raw:
            file = io.TextIOWrapper(cast("Any", raw), self._encoding, errors=WINDOWS, newline="")
            lines: Any = csv.reader(limits.lines(file), delimiter=self._part)
            for row in lines:
                limits.row = 0
                yield lines.line_num, row

    def _excel_rows(self) -> Iterator[tuple[int, list[str]]]:
        limits = _Limits(self._path)
        for line, row in self._workbook.rows(self._part):
            limits.row = 0
            limits.add(sum(map(len, row)))
            yield line, row

    def _parquet(self, only: Collection[str] | None) -> Iterator[Row]:
        rows = parquet_rows(self._path, only)
        next(rows)
        yield from rows

    @contextmanager
    def _binary(self) -> Iterator[BinaryIO | gzip.GzipFile]:
        with self._path.open("rb") as file:
            if self._kind == "gzip":
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield unpacked
            else:
                yield file


def _encoding_of(sample: bytes) -> str:
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return encoding
    # In UTF-16, every other byte of most texts is zero.
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if 4 * sample[start::2].count(0) > len(sample):
            return encoding
    return "utf-8"


class _Limits:
    """The limits of a table's text.

    Attributes
    ----------
    row : int, characters since the last row; set to 0 after each
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._all = self.row = 0

    def add(self, characters: int) -> None:
        """Count characters, or raise `UnreadableTable`."""
        self.row += characters
        self._all += characters
        if self.row > MAX_LINE:
            raise UnreadableTable("table-line", file=self._path.name, most=MAX_LINE)
        if self._all > MAX_TEXT:
            raise UnreadableTable("table-text", file=self._path.name, most=MAX_TEXT)

    def lines(self, file: TextIO) -> Iterator[str]:
        """Yield the lines of a text."""
        while line := file.readline(MAX_LINE + 1):
            self.add(len(line))
            yield line
