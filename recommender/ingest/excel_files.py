"""Tables in Excel's format (XLSX), read row by row in bounded memory.

A workbook is a ZIP archive of XML. A sheet is read as text, a part at a time; nothing is
calculated, and documents with a type definition, the door of XML's bombs, are refused.
"""

import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from xml.parsers import expat
from zipfile import ZipFile

from recommender.errors import UnreadableTable
from recommender.ingest.cells import MAX_CELL
from recommender.ingest.parquet_files import MAX_COLUMNS

# Unpacked bytes of a sheet, of the texts that its cells share, and of the small parts.
MAX_SHEET = 256 * 1024 * 1024
MAX_SHARED = 32 * 1024 * 1024
MAX_PART = 1024 * 1024
# Bytes of the archive's list of its parts.
MAX_DIRECTORY = 1024 * 1024
# Cells of a sheet, with those that are missing in a row before another.
MAX_CELLS = 20_000_000
MAX_SHEETS = 20
# Bytes of XML parsed at once.
STEP = 65_536
# Columns of any sheet of Excel.
EXCEL_COLUMNS = 16_384
_WORKBOOK, _SHARED = "xl/workbook.xml", "xl/sharedStrings.xml"
_LETTERS = re.compile(r"[A-Z]{1,3}")
# The end of a ZIP archive, which tells the size of the list; and that of one beyond 4 GB.
_END, _LARGE_END, _END_BYTES = re.compile(rb"PK\x05\x06"), b"PK\x06\x07", 65_536 + 22


class Workbook:
    """A workbook.

    Attributes
    ----------
    sheets : list of str, the parts of the archive that hold the sheets, `MAX_SHEETS` at most

    Raises
    ------
    UnreadableTable
        When the archive holds no workbook, a damaged one, or one that is over the limits.
    zipfile.BadZipFile, zlib.error, OSError
        When the archive is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        _check_directory(path)
        with ZipFile(path) as archive, self._errors():
            names = set(archive.namelist())
            if _WORKBOOK not in names:
                raise UnreadableTable("table-zip", file=path.name)
            self.sheets = _sheets(archive)[:MAX_SHEETS]
            self._texts = _shared_texts(archive) if _SHARED in names else []

    def rows(self, sheet: str) -> Iterator[tuple[int, list[str]]]:
        """Yield (row number, cells), without rows that are missing. Raises what the class does."""
        reader = _Sheet(self._texts)
        handlers = reader.start, reader.end, reader.text
        with ZipFile(self._path) as archive, self._errors():
            for _ in _parse(archive, sheet, MAX_SHEET, *handlers):
                yield from reader.taken()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        # RuntimeError: a password is asked for, or an unknown compression.
        except (expat.ExpatError, KeyError, ValueError, IndexError, RuntimeError) as error:
            raise UnreadableTable("table-unreadable", file=self._path.name) from error


def _check_directory(path: Path) -> None:
    """Raise `UnreadableTable` for a list of parts that would take much memory."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _END_BYTES))
        end = file.read()
    sizes = [int.from_bytes(end[at.start() + 12 :][:4], "little") for at in _END.finditer(end)]
    if _LARGE_END in end or max(sizes, default=0) > MAX_DIRECTORY:
        raise UnreadableTable("table-zip-files", file=path.name)


def _parse(
    archive: ZipFile,
    name: str,
    most: int,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> Iterator[None]:
    """Parse a part of a workbook, a step at a time."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_types
    parser.StartElementHandler = lambda tag, given: start(tag.rpartition("}")[2], given)
    parser.EndElementHandler = lambda tag: end(tag.rpartition("}")[2])
    parser.CharacterDataHandler = text
    read = 0
    with archive.open(name) as part:
        while content := part.read(STEP):
            read += len(content)
            if read > most:
                raise UnreadableTable("table-workbook", most=most // 2**20)
            parser.Parse(content)
            yield
    parser.Parse(b"", True)  # noqa: FBT003 - a C function without names
    yield


def _refuse_types(*_: object) -> None:
    raise ValueError


def _nothing(_: str) -> None:
    pass


def _sheets(archive: ZipFile) -> list[str]:
    """Return the names of the parts with the sheets, in their order."""
    ids: list[str] = []
    targets: dict[str, str] = {}

    def note_sheet(tag: str, given: Mapping[str, str]) -> None:
        if tag == "sheet":
            ids.extend(value for name, value in given.items() if name.endswith("}id"))

    def note_target(tag: str, given: Mapping[str, str]) -> None:
        if tag == "Relationship":
            targets[given["Id"]] = given["Target"]

    for name, note in ((_WORKBOOK, note_sheet), ("xl/_rels/workbook.xml.rels", note_target)):
        for _ in _parse(archive, name, MAX_PART, note, _nothing, _nothing):
            pass
    return [posixpath.normpath(posixpath.join("/xl", targets[one])).lstrip("/") for one in ids]


def _shared_texts(archive: ZipFile) -> list[str]:
    texts: list[str] = []
    reader = _Text()

    def end(tag: str) -> None:
        reader.end(tag)
        if tag == "si":
            texts.append(reader.take())

    for _ in _parse(archive, _SHARED, MAX_SHARED, reader.start, end, reader.add):
        pass
    return texts


class _Text:
    """The text of an element: of its parts in several fonts, but not of readings above letters."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room = MAX_CELL + 1
        self._is_text = self._is_reading = False

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        self._is_reading |= tag == "rPh"
        self._is_text = tag in {"t", "v"} and not self._is_reading

    def end(self, tag: str) -> None:
        self._is_reading &= tag != "rPh"
        self._is_text = False

    def add(self, text: str) -> None:
        if self._is_text and self._room > 0:
            self._parts.append(text[: self._room])
            self._room -= len(text)

    def take(self) -> str:
        """Return the text, cut so that it is seen to be too long, and begin another."""
        text = "".join(self._parts)
        self._parts.clear()
        self._room = MAX_CELL + 1
        return text


class _Sheet:
    """The rows of a sheet while it is parsed."""

    def __init__(self, texts: list[str]) -> None:
        self._shared, self._text = texts, _Text()
        self._rows: list[tuple[int, list[str]]] = []
        self._number, self._column, self._kind = 0, -1, ""
        self._cells: list[str] = []
        self._all_cells = 0

    def taken(self) -> list[tuple[int, list[str]]]:
        """Return the rows that have ended."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "row":
            self._number = int(given.get("r", self._number + 1))
            self._column, self._cells = -1, []
        elif tag == "c":
            letters = _LETTERS.match(given.get("r", ""))
            self._column = _column(letters[0]) if letters else self._column + 1
            if self._column >= EXCEL_COLUMNS:
                raise ValueError
            self._kind = given.get("t", "n")
        else:
            self._text.start(tag, given)

    def text(self, text: str) -> None:
        self._text.add(text)

    def end(self, tag: str) -> None:
        if tag == "c":
            text = self._text.take()
            if text and self._column <= MAX_COLUMNS:
                missing = max(0, self._column + 1 - len(self._cells))
                self._all_cells += missing
                if self._all_cells > MAX_CELLS:
                    raise ValueError
                self._cells += [""] * missing
                self._cells[self._column] = self._read(text)
        elif tag == "row":
            self._rows.append((self._number, self._cells))
        else:
            self._text.end(tag)

    def _read(self, text: str) -> str:
        if self._kind == "s":
            return self._shared[int(text)] if text else ""
        return "" if self._kind == "e" else text


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
