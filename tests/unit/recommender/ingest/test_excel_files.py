"""Workbooks of Excel: read as they are, and refused in a sentence when they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recommender.errors import UnreadableTable
from recommender.ingest import excel_files, table_files
from recommender.ingest.cells import MAX_CELL
from recommender.ingest.excel_files import Workbook
from recommender.ingest.song_tables import layout_of
from recommender.ingest.table_files import TableFile
from tests.fakes.workbooks import LINKS, WORKBOOK, archive, inline, shared, sheet_of, workbook

if TYPE_CHECKING:
    from pathlib import Path

HEADER = inline(["title", "artist", "year", "explicit"])
LAUGHS = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]>' + sheet_of(
    HEADER, inline(["&c;", "Nora Vale"])
)


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "songs.xlsx"
    path.write_bytes(content)
    return path


def test_each_kind_of_cell_is_read(tmp_path: Path) -> None:
    texts = shared(
        "<t>title</t>",
        "<t>artist</t>",
        "<r><t>Blue </t></r><r><rPr/><t>Lamp</t></r><rPh><t>unread</t></rPh>",
    )
    head = '<row r="3"><c r="B3" t="s"><v>0</v></c><c r="C3" t="s"><v>1</v></c>'
    rows = (
        inline(["Songs of mine"]),
        f'{head}<c r="E3" t="str"><f>1+1</f><v>year</v></c><c r="F3" t="inlineStr"><is><t>explicit'
        "</t></is></c></row>",
        '<row r="4"><c r="B4" t="s"><v>2</v></c><c r="C4" t="inlineStr"><is><t>Nora Vale</t></is>'
        '</c><c r="E4"><v>40665</v></c><c r="F4" t="b"><v>1</v></c></row>',
        '<row r="9"><c r="B9"><v>1979</v></c><c r="C9" t="inlineStr"><is><t>Tall</t></is></c>'
        '<c r="D9" t="e"><v>#N/A</v></c><c r="E9"><v>2012</v></c></row>',
    )
    path = write(tmp_path, workbook(sheet_of(*rows), texts))
    table = TableFile(path)
    assert (table.header, table.above) == (("", "title", "artist", "", "year", "explicit"), 1)
    layout = layout_of(table.header)
    songs = {line: layout.song(row or {}) for line, row in table.rows(layout.needed)}
    assert [(line, one.title, one.year, one.explicit) for line, one in songs.items()] == [
        (4, "Blue Lamp", 2011, True),
        (9, "1979", 2012, False),
    ]


def test_the_sheet_with_the_songs_is_read(tmp_path: Path) -> None:
    """As in Deezer's own download."""
    parts = {
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": LINKS,
        "xl/worksheets/sheet1.xml": sheet_of(inline(["Name", "Country"]), inline(["Me", "Wales"])),
        "xl/worksheets/sheet2.xml": sheet_of(
            inline(["Song Title", "Artist", "ISRC"]), inline(["Blue Lamp", "Nora Vale", "X"])
        ),
    }
    table = TableFile(write(tmp_path, archive(parts)))
    assert [row for _, row in table.rows()] == [
        {"Song Title": "Blue Lamp", "Artist": "Nora Vale", "ISRC": "X"}
    ]


def test_a_longer_cell_than_any_is_cut_so_that_it_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, workbook(sheet_of(inline(["x" * MAX_CELL * 3, "y"]))))
    book = Workbook(path)
    ((number, cells),) = book.rows(book.sheets[0])
    assert (number, len(cells[0]), cells[1]) == (1, MAX_CELL + 1, "y")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            archive({"songs.csv": "title,artist\n"}),
            "is a ZIP archive and no table of Excel. Unpack it",
        ),
        (archive({"xl/workbook.xml": WORKBOOK}), "is not a readable table"),
        (archive({"xl/workbook.xml": "<a/>", "xl/_rels/workbook.xml.rels": LINKS}), "is empty"),
        (workbook("<worksheet>"), "is not a readable table"),
        (workbook(LAUGHS), "is not a readable table"),
        (workbook(sheet_of('<row><c t="s"><v>7</v></c></row>'), shared()), "not a readable table"),
        (workbook(sheet_of('<row r="x"/>')), "is not a readable table"),
        (workbook(sheet_of()), "is empty"),
        (b"PK\x03\x04" + bytes(99), "is not a readable table"),
        (b"PK\x03\x04" + b"PK\x05\x06" + b"\xff" * 18, "a ZIP archive of too many files"),
        (b"PK\x03\x04" + b"PK\x06\x07" + bytes(18), "a ZIP archive of too many files"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(UnreadableTable, match=problem):
        TableFile(write(tmp_path, content))


@pytest.mark.parametrize(
    ("module", "limit", "value"),
    [
        (excel_files, "MAX_SHEET", 100),
        (excel_files, "MAX_SHARED", 50),
        (excel_files, "MAX_PART", 50),
        (excel_files, "MAX_DIRECTORY", 50),
        (excel_files, "MAX_CELLS", 3),
        (table_files, "MAX_LINE", 6),
        (table_files, "MAX_TEXT", 15),
        (table_files, "MAX_ROWS", 1),
        (table_files, "MAX_COLUMNS", 1),
    ],
)
def test_a_workbook_beyond_a_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, limit: str, value: int
) -> None:
    rows = (inline(["title", "artist"]), *(inline(["A", "Nora"]) for _ in range(3)))
    path = write(tmp_path, workbook(sheet_of(*rows), shared("<t>x</t>")))
    assert len(list(TableFile(path).rows())) == 3
    monkeypatch.setattr(module, limit, value)
    with pytest.raises(UnreadableTable, match=r"over |too many|not a readable"):
        list(TableFile(path).rows())


def test_a_password_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object) -> None:
        raise RuntimeError

    path = write(tmp_path, workbook(sheet_of(HEADER)))
    monkeypatch.setattr(excel_files.ZipFile, "open", ask)
    with pytest.raises(UnreadableTable, match="not a readable table"):
        TableFile(path)
