"""Workbooks of Excel, made by hand."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKBOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>'
    '<sheet name="Songs" sheetId="1" r:id="rId7"/><sheet name="More" sheetId="2" r:id="rId1"/>'
    "</sheets></workbook>"
)
LINKS = (
    "<Relationships>"
    '<Relationship Id="rId1" Target="worksheets/sheet2.xml"/>'
    '<Relationship Id="rId7" Target="/xl/worksheets/sheet1.xml"/>'
    "</Relationships>"
)


def sheet_of(*rows: str) -> str:
    """Return a sheet of some rows."""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def inline(cells: Sequence[object], number: int = 0) -> str:
    """Return a row of texts and numbers."""
    at = f' r="{number}"' if number else ""
    parts = (
        f"<c><v>{cell}</v></c>"
        if isinstance(cell, int | float)
        else f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
        for cell in cells
    )
    return f"<row{at}>{''.join(parts)}</row>"


def shared(*texts: str) -> str:
    """Return the texts that cells share, each an element's content."""
    items = "".join(f"<si>{text}</si>" for text in texts)
    return f'<sst xmlns="{_MAIN}">{items}</sst>'


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """Return a ZIP archive, the same every time."""
    made = io.BytesIO()
    with ZipFile(made, "w") as packed:
        for name, content in parts.items():
            packed.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return made.getvalue()


def workbook(sheet: str | bytes, texts: str | bytes | None = None) -> bytes:
    """Return a workbook of one sheet and the texts that its cells share."""
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": LINKS,
        "xl/worksheets/sheet1.xml": sheet,
        "xl/worksheets/sheet2.xml": sheet_of(),
    }
    return archive(parts if texts is None else parts | {"xl/sharedStrings.xml": texts})
