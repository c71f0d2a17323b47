"""Tables of songs as files (CSV, TSV, packed by gzip, Parquet), their columns known by name.

A file of a megabyte may unpack to a gigabyte. All that lies in memory at once has a limit.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

from recommender.catalogue.writer import SongRecord
from recommender.db.tables import NAME_LENGTH
from recommender.errors import UnreadableTable
from recommender.ingest import cells
from recommender.ingest.cells import BadRow, check_length
from recommender.ingest.parquet_files import MAX_COLUMNS, MAX_ROWS, parquet_rows
from recommender.types import MAX_TEXT_LENGTH, spotify_id

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
                raise UnreadableTable("table-rows", file=path.name, most=MAX_ROWS)
            yield row
    # Corrupt gzip data raises zlib.error.
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error) as error:
        raise UnreadableTable("table-unreadable", file=path.name) from error


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
            raise UnreadableTable("table-empty", file=path.name)
        if len(header) > MAX_COLUMNS:
            raise UnreadableTable("table-columns", file=path.name, most=MAX_COLUMNS)
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
            for why, count, most in (
                ("table-line", self.row, MAX_LINE),
                ("table-text", self._all, MAX_TEXT),
            ):
                if count > most:
                    raise UnreadableTable(why, file=self._path.name, most=most)
            yield line


# Known column names of each field; the first that a table has is used.
NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "track_name", "song_title", "track", "song", "name"),
    "artists": (
        "artists", "artist", "artist_name", "artist_names", "song_singers", "singers", "singer",
        "performer",
    ),
    "album": ("album", "album_name", "album_title"),
    "language": ("language", "lang", "language_hint", "lang_hint"),
    "year": ("year", "release_year", "album_year", "release_date", "album_release_date", "date"),
    "genre": ("genre", "genres", "track_genre", "album_category"),
    "tags": ("tags", "tag", "subgenre", "subgenres", "styles"),
    "valence": ("valence", "pleasure"),
    "energy": ("energy", "arousal"),
    "tempo": ("tempo", "bpm"),
    "explicit": ("explicit", "is_explicit"),
    "spotify_id": ("spotify_id", "track_id", "id"),
}  # fmt: skip
REQUIRED = ("title", "artists")

Scale = Literal["share", "plane", "percent", "z-score"]
_STANDARD = NormalDist()


@dataclass(frozen=True, slots=True)
class Layout:
    """The translation of a table's rows to songs.

    Attributes
    ----------
    columns : mapping of our field to the table's column
    scales : mapping of "valence" and "energy" to the table's scale
    language : str or None, default for rows without a language
    """

    columns: Mapping[str, str]
    scales: Mapping[str, Scale] = field(default_factory=dict)
    language: str | None = None

    def song(self, row: Mapping[str, str]) -> SongRecord:
        """Return the song of a row.

        Raises
        ------
        BadRow
            When a field has an invalid value, or title or artist is missing.
        """
        found = {ours: cells.clean_cell(row.get(theirs)) for ours, theirs in self.columns.items()}
        title, artists = found.get("title"), cells.artists(found.get("artists") or "")
        if not title:
            raise BadRow("row-no-title")
        if not artists:
            raise BadRow("row-no-artist")
        for what, text in (("title", title), *(("artist", artist) for artist in artists)):
            check_length(what, text, MAX_TEXT_LENGTH)
        album, language = found.get("album"), found.get("language") or self.language
        check_length("album", album, MAX_TEXT_LENGTH)
        check_length("language", language, NAME_LENGTH)
        genre, *more = cells.genres(found.get("genre") or "") or (None,)
        check_length("genre", genre, NAME_LENGTH)
        valence, energy = (self._share(name, found.get(name)) for name in ("valence", "energy"))
        return SongRecord(
            title=title,
            artists=artists,
            album=album,
            language=language,
            year=cells.year(found.get("year")),
            genre=genre,
            # A point in the plane needs both.
            valence=None if valence is None or energy is None else round(2 * valence - 1, 6),
            energy=None if valence is None or energy is None else round(energy, 6),
            tempo=cells.tempo(found.get("tempo")),
            explicit=cells.parse_bool(found.get("explicit")),
            # Other services' ids stand in columns of the same name, so they are no error.
            spotify_id=spotify_id(found.get("spotify_id")),
            tags=cells.tags([*more, *cells.words(found.get("tags") or "")]),
        )

    def _share(self, name: str, text: str | None) -> float | None:
        if text is None:
            return None
        value = cells.number(name, text)
        match self.scales.get(name, "share"):
            case "percent":
                value /= 100
            case "plane":
                value = (value + 1) / 2
            case "z-score":
                value = _STANDARD.cdf(value)
        if not 0 <= value <= 1:
            raise BadRow("row-out-of-range", column=name, text=text[:40])
        return value


def layout_of(
    header: list[str], *, mapping: Mapping[str, str] | None = None, language: str | None = None
) -> Layout:
    """Recognise the columns of a table.

    Parameters
    ----------
    mapping : mapping of our field to the table's column, instead of a known name
    language : str or None, default for rows without a language

    Raises
    ------
    UnreadableTable
        When there is no column of titles or artists, or the mapping has an unknown name.
    """
    by_name = {name.strip().casefold().replace(" ", "_"): name for name in reversed(header)}
    columns = {
        ours: next(by_name[name] for name in names if name in by_name)
        for ours, names in NAMES.items()
        if any(name in by_name for name in names)
    }
    for ours, theirs in (mapping or {}).items():
        if ours not in NAMES:
            raise UnreadableTable("table-no-field", field=ours, fields=", ".join(NAMES))
        if theirs not in header:
            raise UnreadableTable("table-no-column", column=theirs)
        columns[ours] = theirs
    for ours in REQUIRED:
        if ours not in columns:
            raise UnreadableTable("table-unknown-column", field=ours)
    return Layout(columns, language=language)


def scale_of(lowest: float, highest: float) -> Scale:
    """Return a column's scale by its extremes: 0..1, −1..1, 0..100 or standard deviations."""
    if lowest >= 0 and highest <= 1:
        return "share"
    if lowest >= -1 and highest <= 1:
        return "plane"
    return "percent" if lowest >= 0 and highest <= 100 else "z-score"  # noqa: PLR2004 - per cent
