"""Tables of songs in the shapes that people have: CSV or Parquet, columns recognised by name."""

from __future__ import annotations

import csv
import gzip
import math
import re
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

from recommender.errors import UnreadableTable
from recommender.filling import NewSong
from recommender.tables import NAME_LENGTH, SPOTIFY_ID_LENGTH
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# What people call the columns; the first that a table has counts.
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
    "valence": ("valence", "pleasure"),
    "energy": ("energy", "arousal"),
    "tempo": ("tempo", "bpm"),
    "explicit": ("explicit", "is_explicit"),
    "spotify_id": ("spotify_id", "track_id", "id"),
}  # fmt: skip
REQUIRED = ("title", "artists")
# Names in which a comma does not part two artists.
COMMA_NAMES = (
    "Blood, Sweat & Tears",
    "Crosby, Stills & Nash",
    "Crosby, Stills, Nash & Young",
    "Earth, Wind & Fire",
    "Emerson, Lake & Palmer",
    "Peter, Paul and Mary",
    "Tyler, The Creator",
)
FIRST_YEAR, LAST_YEAR = 1890, 2100
MAX_TEMPO = 400.0
MAX_LINE = 1_000_000
PARQUET_ROWS_AT_ONCE = 5000
TRUE, FALSE = {"1", "1.0", "true", "yes"}, {"", "0", "0.0", "false", "no"}
NOTHING = {"", "nan", "none", "null", "na", "n/a"}

Scale = Literal["share", "plane", "percent", "z-score"]
_YEAR = re.compile(r"(?:.*[^0-9])?([0-9]{4})(?:[^0-9].*)?")
_SPOTIFY_ID = re.compile(rf"[0-9A-Za-z]{{{SPOTIFY_ID_LENGTH}}}")
_COMMAS = re.compile("|".join(re.escape(name) for name in COMMA_NAMES), re.IGNORECASE)
_STANDARD = NormalDist()


class BadRow(ValueError):
    """A row that is no song; the message says why, after "line n "."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a table become songs.

    columns : the table's name of each of our fields that it has
    scales : how valence and energy are counted there
    language : of every song, where the table has no such column or an empty cell
    """

    columns: Mapping[str, str]
    scales: Mapping[str, Scale] = field(default_factory=dict)
    language: str | None = None

    def song(self, row: Mapping[str, str]) -> NewSong:
        """Return the song of a row.

        Raises
        ------
        BadRow
            When a field cannot be what it should be.
        """
        cells = {ours: _cell(row.get(theirs)) for ours, theirs in self.columns.items()}
        title, artists = cells.get("title"), _artists(cells.get("artists") or "")
        if not title:
            raise BadRow("has no title")
        if not artists:
            raise BadRow("has no artist")
        for what, text in (("title", title), *(("artist", artist) for artist in artists)):
            _check_length(what, text, MAX_TEXT_LENGTH)
        album, genre = cells.get("album"), cells.get("genre")
        language = cells.get("language") or self.language
        _check_length("album", album, MAX_TEXT_LENGTH)
        _check_length("genre", genre, NAME_LENGTH)
        _check_length("language", language, NAME_LENGTH)
        valence, energy = (self._share(name, cells.get(name)) for name in ("valence", "energy"))
        return NewSong(
            title=title,
            artists=artists,
            album=album,
            language=language,
            year=_year(cells.get("year")),
            genre=genre and genre.casefold(),
            # One without the other is no place in the plane.
            valence=None if valence is None or energy is None else round(2 * valence - 1, 6),
            energy=None if valence is None or energy is None else round(energy, 6),
            tempo=_tempo(cells.get("tempo")),
            explicit=_truth(cells.get("explicit")),
            spotify_id=_spotify_id(cells.get("spotify_id")),
        )

    def _share(self, name: str, text: str | None) -> float | None:
        if text is None:
            return None
        value = _number(name, text)
        match self.scales.get(name, "share"):
            case "percent":
                value /= 100
            case "plane":
                value = (value + 1) / 2
            case "z-score":
                value = _STANDARD.cdf(value)
        if not 0 <= value <= 1:
            raise BadRow(f"has a {name} out of its range: {text[:40]}")
        return value


def layout_of(
    header: list[str], *, mapping: Mapping[str, str] | None = None, language: str | None = None
) -> Layout:
    """Recognise the columns of a table.

    mapping : the table's name of a field, where ours is not to be guessed

    Raises
    ------
    UnreadableTable
        When there is no column of titles or of artists, or a mapping names none.
    """
    by_name = {name.strip().casefold().replace(" ", "_"): name for name in reversed(header)}
    columns = {
        ours: next(by_name[name] for name in names if name in by_name)
        for ours, names in NAMES.items()
        if any(name in by_name for name in names)
    }
    for ours, theirs in (mapping or {}).items():
        if ours not in NAMES:
            raise UnreadableTable(f"There is no field {ours}; there are {', '.join(NAMES)}.")
        if theirs not in header:
            raise UnreadableTable(f"The table has no column {theirs}.")
        columns[ours] = theirs
    for ours in REQUIRED:
        if ours not in columns:
            raise UnreadableTable(
                f"The table has no column of {ours} that is known by its name. "
                f"Name it: --map {ours}=COLUMN."
            )
    return Layout(columns, language=language)


def scale_of(lowest: float, highest: float) -> Scale:
    """Return how a column with these extremes counts: 0..1, −1..1, 0..100, or in deviations."""
    if lowest >= 0 and highest <= 1:
        return "share"
    if lowest >= -1 and highest <= 1:
        return "plane"
    return "percent" if lowest >= 0 and highest <= 100 else "z-score"  # noqa: PLR2004 - per cent


def rows_of(path: Path) -> Iterator[tuple[int, Mapping[str, str] | None]]:
    """Return the rows with their line numbers: the header first, as 1; None for a broken row.

    path : of a CSV table in UTF-8, of one that gzip has packed, or of a Parquet table

    Raises
    ------
    UnreadableTable
        When the file is no such table.
    """
    reader = _parquet_rows if path.suffix == ".parquet" else _csv_rows
    try:
        yield from reader(path)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableTable(f"The file {path.name} is not a readable table.") from error


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str] | None]]:
    opened = gzip.open if path.suffix == ".gz" else open
    csv.field_size_limit(MAX_LINE)
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        lines: Any = csv.reader(file)
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


def _cell(text: str | None) -> str | None:
    if text is None:
        return None
    cleaned = " ".join(text.split())
    return None if cleaned.casefold() in NOTHING else cleaned


def _artists(text: str) -> tuple[str, ...]:
    if ";" in text:
        parts = text.split(";")
    else:
        # A comma inside such a name is hidden while the others part the artists.
        hidden = _COMMAS.sub(lambda name: name[0].replace(",", "\0"), text.strip("[]"))
        parts = [part.replace("\0", ",") for part in hidden.split(",")]
    names = (part.strip(" ,'\"") for part in parts)
    return tuple(dict.fromkeys(name for name in names if name))


def _check_length(what: str, text: str | None, most: int) -> None:
    if text is not None and len(text) > most:
        raise BadRow(f"has a {what} of over {most} characters")


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadRow(f"has a {name} that is no number: {text[:40]}")
    return value


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    found = _YEAR.fullmatch(text)
    if not found or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise BadRow(f"has no year from {FIRST_YEAR} to {LAST_YEAR}: {text[:40]}")
    return int(found[1])


def _tempo(text: str | None) -> float | None:
    if text is None:
        return None
    value = _number("tempo", text)
    if not 0 <= value <= MAX_TEMPO:
        raise BadRow(f"has a tempo out of its range: {text[:40]}")
    # Zero is what tables say of a song without a beat.
    return value or None


def _truth(text: str | None) -> bool:
    word = (text or "").casefold()
    if word not in TRUE | FALSE:
        raise BadRow(f"is neither explicit nor not: {word[:40]}")
    return word in TRUE


def _spotify_id(text: str | None) -> str | None:
    # Other services' numbers stand in columns of the same name; they are no mistake.
    return text if text and _SPOTIFY_ID.fullmatch(text) else None
