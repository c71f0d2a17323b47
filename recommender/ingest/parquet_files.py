"""Song tables in Parquet, read in bounded memory whatever the file claims."""

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from recommender.errors import UnreadableTable
from recommender.ingest.cells import MAX_CELL, WINDOWS
from recommender.ingest.parquet_pages import DELTA_BYTE_ARRAY, BadPages, Page, pages

MAX_COLUMNS = 2000
MAX_ROWS = 2_000_000
# Bytes of the footer, which lists all row groups and columns; parsing takes up to 100 times as
# much.
MAX_FOOTER = 4 * 1024 * 1024
MAX_GROUPS = 10_000
# Unpacked bytes of one page, and of the largest pages of all columns together: these are in memory
# at once.
MAX_PAGE = 16 * 1024 * 1024
MAX_PAGES_AT_ONCE = 64 * 1024 * 1024
# Limits for a column of lists in one row group, because one row may hold all of them.
MAX_LISTED_VALUES = 4_000_000
MAX_LISTED_BYTES = 64 * 1024 * 1024
ROWS_AT_ONCE = 1000
# Unpacked bytes of the rows that are read at once.
MAX_BYTES_AT_ONCE = 16 * 1024 * 1024
# Characters of a list entry; longer entries are cut, and then refused as too long.
MAX_ENTRY = 1000
# Bytes: columns without longer texts are converted at once, which is faster.
SHORT = 1000
# The field that is read of an object, such as an artist.
NAME = "name"
_BUFFER = 65_536
_DICTIONARIES = frozenset({"PLAIN_DICTIONARY", "RLE_DICTIONARY"})

# pyarrow publishes no types.
_Foreign = Any


def parquet_rows(
    path: Path, only: Collection[str] | None
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line number, row by column name), first line 1 with the header.

    Only columns of texts, numbers, dates, objects with a name, and lists of these are read, and
    none of two of the same name.

    Parameters
    ----------
    only : collection of str or None
        The columns to read; of the others, only the header tells.

    Raises
    ------
    UnreadableTable
        When the file is not such a table, or unpacks to more than this module's limits.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    refusal = UnreadableTable("table-unreadable", file=path.name)
    try:
        with path.open("rb") as raw:
            _check_footer(raw, path)
            limits = {
                "thrift_string_size_limit": MAX_FOOTER,
                "thrift_container_size_limit": MAX_GROUPS,
                "buffer_size": _BUFFER,
                "pre_buffer": False,
            }
            with pq.ParquetFile(raw, **limits) as plain:
                metadata, header = plain.metadata, _header(plain, path)
                if metadata.num_rows > MAX_ROWS:
                    raise UnreadableTable("table-rows", file=path.name, most=MAX_ROWS)
                packed = _packed_texts(metadata)
            yield 1, header
            wanted = [name for name in header if only is None or name in only]
            with pq.ParquetFile(path, read_dictionary=packed, **limits) as file:
                line = 1
                for group in range(metadata.num_row_groups):
                    rows = _rows_at_once(raw, metadata, group, wanted, path)
                    for batch in file.iter_batches(
                        rows, row_groups=[group], columns=wanted, use_threads=False
                    ):
                        batch.validate(full=True)
                        columns = (_texts(batch.column(name)) for name in wanted)
                        for texts in zip(*columns, strict=True):
                            line += 1
                            yield line, dict(zip(wanted, texts, strict=True))
    except (pa.ArrowException, BadPages, KeyError, ValueError, OverflowError) as error:
        raise refusal from error


def _check_footer(file: BinaryIO, path: Path) -> None:
    size = file.seek(0, os.SEEK_END)
    if size < 12:  # noqa: PLR2004 - two magic numbers and the footer's length, 4 bytes each
        raise BadPages
    file.seek(-8, os.SEEK_END)
    if int.from_bytes(file.read(4), "little") > MAX_FOOTER:
        raise UnreadableTable("table-footer", file=path.name)
    file.seek(0)


def _header(file: _Foreign, path: Path) -> dict[str, str]:
    schema = file.schema_arrow
    if len(schema.names) > MAX_COLUMNS:
        raise UnreadableTable("table-columns", file=path.name, most=MAX_COLUMNS)
    counts = Counter(schema.names)
    names = [field.name for field in schema if _is_read(field.type) and counts[field.name] == 1]
    return dict(zip(names, names, strict=True))


def _is_read(kind: _Foreign) -> bool:
    import pyarrow.types as of

    if of.is_list(kind) or of.is_large_list(kind):
        kind = kind.value_type
    if of.is_struct(kind):
        place = kind.get_field_index(NAME)
        return place >= 0 and not of.is_nested(kind.field(place).type)
    if of.is_dictionary(kind):
        kind = kind.value_type
    texts = of.is_string(kind) or of.is_large_string(kind) or of.is_string_view(kind)
    content = of.is_binary(kind) or of.is_large_binary(kind) or of.is_binary_view(kind)
    flat = of.is_primitive(kind) or of.is_decimal(kind) or of.is_boolean(kind) or of.is_null(kind)
    return bool(texts or content or flat)


def _packed_texts(metadata: _Foreign) -> list[str]:
    """Return the dictionary-encoded text columns: their texts must not be expanded."""
    found: dict[str, None] = {}
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group)
        for number in range(rows.num_columns):
            chunk = rows.column(number)
            if chunk.physical_type == "BYTE_ARRAY" and _DICTIONARIES.intersection(chunk.encodings):
                found[chunk.path_in_schema] = None
    return list(found)


def _rows_at_once(
    file: BinaryIO, metadata: _Foreign, number: int, wanted: Collection[str], path: Path
) -> int:
    """Return how many rows of a row group may be read at once.

    Raises
    ------
    UnreadableTable
        When its pages unpack to more than the limits.
    """
    widest, largest = 1.0, 0
    group = metadata.row_group(number)
    for place in range(group.num_columns):
        chunk = group.column(place)
        name = chunk.path_in_schema
        if not any(name == one or name.startswith(f"{one}.") for one in wanted):
            continue
        starts = (chunk.data_page_offset, chunk.dictionary_page_offset or chunk.data_page_offset)
        referred = bool(_DICTIONARIES.intersection(chunk.encodings))
        # A column chunk without values has no pages.
        found = [*pages(file, min(starts), chunk.total_compressed_size)] if chunk.num_values else []
        if any(page.unpacked > MAX_PAGE for page in found):
            raise UnreadableTable("table-page", file=path.name, most=MAX_PAGE // 2**20)
        if any(page.dictionary for page in found) and not referred:
            raise BadPages
        largest += sum(sorted(page.unpacked for page in found)[-2:])
        data = [page for page in found if not page.dictionary]
        widest = max([widest, *map(_width, data)])
        if metadata.schema.column(place).max_repetition_level:
            _check_lists(data, path)
    if largest > MAX_PAGES_AT_ONCE:
        raise UnreadableTable("table-pages", file=path.name, most=MAX_PAGES_AT_ONCE // 2**20)
    return max(1, min(ROWS_AT_ONCE, int(MAX_BYTES_AT_ONCE / widest)))


def _width(page: Page) -> float:
    """Return the largest possible average of bytes per value, over any part of a page."""
    if page.encoding == DELTA_BYTE_ARRAY:
        # The encoding stores how many bytes each value shares with the previous value, perhaps all.
        return page.unpacked
    return page.unpacked / max(page.values, 1)


def _check_lists(data: list[Page], path: Path) -> None:
    if any(page.encoding == DELTA_BYTE_ARRAY for page in data):
        raise BadPages
    if sum(page.values for page in data) > MAX_LISTED_VALUES:
        raise UnreadableTable("table-lists", file=path.name, most=MAX_LISTED_VALUES)
    if sum(page.unpacked for page in data) > MAX_LISTED_BYTES:
        raise UnreadableTable("table-lists-size", file=path.name, most=MAX_LISTED_BYTES // 2**20)


def _texts(column: _Foreign) -> Iterator[str]:
    """Return the cells of a column, converted one by one when they may be long."""
    import pyarrow.compute as pc
    import pyarrow.types as of

    kind, content = column.type, column
    if of.is_dictionary(kind):
        kind, content = kind.value_type, column.dictionary
    short = of.is_boolean(kind) or of.is_integer(kind) or of.is_floating(kind)
    if of.is_string(kind) or of.is_large_string(kind):
        short = (pc.max(pc.binary_length(content)).as_py() or 0) <= SHORT
    if short:
        return ("" if value is None else str(value) for value in column.to_pylist())
    return map(_text, column)


def _text(value: _Foreign, most: int = MAX_CELL) -> str:
    """Return a cell's text, cut after ``most`` characters."""
    value = getattr(value, "value", value) if value.type.id == _dictionary_id() else value
    if value is None or not value.is_valid:
        return ""
    if hasattr(value, "values"):
        return _text(value[NAME], most) if hasattr(value, "items") else _joined(value.values)
    if hasattr(value, "as_buffer"):
        content = value.as_buffer()
        # A UTF-8 character has at most four bytes.
        if content.size > 4 * (most + 1):
            content = content.slice(0, 4 * (most + 1))
        return str(content.to_pybytes(), "utf-8", WINDOWS)
    try:
        return str(value.as_py())
    except (ValueError, OverflowError, KeyError):
        return "?"  # a date outside Python's calendar, or an unknown time zone


def _joined(values: _Foreign) -> str:
    parts: list[str] = []
    room = MAX_CELL
    for value in values:
        part = _text(value, MAX_ENTRY)
        parts.append(part)
        room -= len(part) + 2
        if room < -2:  # noqa: PLR2004 - no separator follows the last entry
            break
    return "; ".join(parts)


def _dictionary_id() -> int:
    import pyarrow as pa

    return int(pa.lib.Type_DICTIONARY)
