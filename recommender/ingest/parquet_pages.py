"""Unpacked sizes of the pages of a Parquet file, read from the page headers.

The footer may state other sizes. The headers are what the Parquet reader itself trusts: see
https://parquet.apache.org/docs/file-format/data-pages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

# Bytes of a page header; with statistics of long texts it takes some kilobytes.
MAX_HEADER = 65_536
DICTIONARY_PAGE = 2
DELTA_BYTE_ARRAY = 7
MAX_DEPTH = 8
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 12
_INTEGERS = (4, 5, 6)
# Field ids of a PageHeader; for each page type, those of the value count and the encoding.
_TYPE, _UNPACKED, _PACKED = 1, 2, 3
_KINDS = {5: (1, 2), 7: (1, 2), 8: (1, 4)}


class BadPages(ValueError):
    """The page headers are malformed."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a column chunk.

    Attributes
    ----------
    unpacked : int, bytes
    values : int, including nulls
    encoding : int, Parquet's number
    """

    dictionary: bool
    unpacked: int
    values: int
    encoding: int


def pages(file: BinaryIO, start: int, length: int) -> Iterator[Page]:
    """Yield the pages of a column chunk, in order.

    Parameters
    ----------
    start, length : int, position and size of the chunk in the file, bytes

    Raises
    ------
    BadPages
        When there are no valid pages in that range.
    """
    end = start + length
    while start < end:
        file.seek(start)
        header = _Header(file.read(min(MAX_HEADER, end - start)))
        fields = header.struct()
        kind, unpacked, packed = (_number(fields, name) for name in (_TYPE, _UNPACKED, _PACKED))
        values = encoding = 0
        for name, (count, coding) in _KINDS.items():
            inside = fields.get(name)
            if isinstance(inside, dict):
                values, encoding = _number(inside, count), _number(inside, coding)
        start += header.place + packed
        yield Page(kind == DICTIONARY_PAGE, unpacked, values, encoding)
    if start != end:
        raise BadPages


def _number(fields: dict[int, object], name: int) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or value < 0:
        raise BadPages
    return value


class _Header:
    """Reader for Thrift's compact protocol, limited to the needs of page headers."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.place = 0

    def struct(self, depth: int = 0) -> dict[int, object]:
        fields: dict[int, object] = {}
        name = 0
        while (byte := self._byte()) != _STOP:
            name = name + (byte >> 4) if byte >> 4 else self._signed()
            fields[name] = self._value(byte & 15, depth + 1)
        return fields

    def _value(self, kind: int, depth: int) -> object:
        if depth > MAX_DEPTH:
            raise BadPages
        if kind in {_TRUE, _FALSE}:
            return None
        if kind in _INTEGERS:
            return self._signed()
        if kind == _STRUCT:
            return self.struct(depth)
        if kind in {_LIST, _SET}:
            byte = self._byte()
            for _ in range(byte >> 4 if byte >> 4 < 15 else self._unsigned()):  # noqa: PLR2004
                # In a list, a boolean takes a byte of its own.
                inside = _BYTE if byte & 15 in {_TRUE, _FALSE} else byte & 15
                self._value(inside, depth + 1)
            return None
        sizes = {_BYTE: 1, _DOUBLE: 8}
        if kind not in {*sizes, _BINARY}:
            raise BadPages
        self._skip(sizes[kind] if kind in sizes else self._unsigned())
        return None

    def _skip(self, count: int) -> None:
        self.place += count
        if self.place > len(self._content):
            raise BadPages

    def _byte(self) -> int:
        self._skip(1)
        return self._content[self.place - 1]

    def _unsigned(self) -> int:
        number = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:  # noqa: PLR2004 - the last byte has no continuation bit
                return number
        raise BadPages

    def _signed(self) -> int:
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)
