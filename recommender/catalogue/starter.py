"""The table of songs that ships with the app, and its parser."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import BadTable
from recommender.types import MAX_TEXT_LENGTH

STARTER = Path(__file__).parents[1] / "data" / "starter.csv"
COLUMNS = (
    "title",
    "artist",
    "language",
    "year",
    "genre",
    "valence",
    "energy",
    "explicit",
    "checked",
)
ARTIST_SEPARATOR = "; "
# A year outside is a typing error: recorded music is not older.
FIRST_YEAR, LAST_YEAR = 1890, 2100

_YEAR = re.compile(r"[0-9]{4}")
_SHARE = re.compile(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?")


@dataclass(frozen=True, slots=True)
class StarterSong:
    """One row of the table.

    Attributes
    ----------
    valence : float, 0 (unpleasant)..1 (pleasant), unlike the plane's −1..1
    energy : float, 0 (still)..1 (intense)
    checked : str, reference table in which the song was found, or "memory"
    """

    title: str
    artists: tuple[str, ...]
    language: str
    year: int
    genre: str
    valence: float
    energy: float
    explicit: bool
    checked: str

    @property
    def identity(self) -> tuple[str, ...]:
        """The identity of a song: title and artists, case-insensitive."""
        return tuple(text.casefold() for text in (self.title, *self.artists))


def read_songs(table: bytes) -> list[StarterSong]:
    """Return the songs of a CSV table in UTF-8 whose first line is `COLUMNS`.

    Raises
    ------
    BadTable
        At the first line that is invalid or repeats an earlier song.
    """
    try:
        text = table.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadTable("starter-no-text", line=table.count(b"\n", 0, error.start) + 1) from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    songs: list[StarterSong] = []
    first_seen: dict[tuple[str, ...], int] = {}
    try:
        if next(rows, None) != list(COLUMNS):
            raise BadTable("starter-columns", line=1, columns=",".join(COLUMNS))
        for row in rows:
            song = _song(row, rows.line_num)
            earlier = first_seen.setdefault(song.identity, rows.line_num)
            if earlier != rows.line_num:
                raise BadTable("starter-repeats", line=rows.line_num, earlier=earlier)
            songs.append(song)
    except csv.Error as error:
        raise BadTable("starter-no-csv", line=rows.line_num, reason=f"{error}") from error
    return songs


def _song(row: list[str], line: int) -> StarterSong:
    if len(row) != len(COLUMNS):
        raise BadTable("starter-cells", line=line, count=len(row), wanted=len(COLUMNS))
    cells = dict(zip(COLUMNS, row, strict=True))
    artists = tuple(cells["artist"].split(ARTIST_SEPARATOR))
    for column, text in (*cells.items(), *(("artist", artist) for artist in artists)):
        _check_text(column, text, line)
    year = cells["year"]
    if not _YEAR.fullmatch(year) or not FIRST_YEAR <= int(year) <= LAST_YEAR:
        raise BadTable("starter-year", line=line, first=FIRST_YEAR, last=LAST_YEAR)
    for column in ("valence", "energy"):
        if not _SHARE.fullmatch(cells[column]):
            raise BadTable("starter-share", line=line, column=column)
    if cells["explicit"] not in {"0", "1"}:
        raise BadTable("starter-explicit", line=line)
    return StarterSong(
        title=cells["title"],
        artists=artists,
        language=cells["language"],
        year=int(year),
        genre=cells["genre"],
        valence=float(cells["valence"]),
        energy=float(cells["energy"]),
        explicit=cells["explicit"] == "1",
        checked=cells["checked"],
    )


def _check_text(column: str, text: str, line: int) -> None:
    if not text or text != text.strip():
        raise BadTable("starter-blank", line=line, column=column)
    if len(text) > MAX_TEXT_LENGTH:
        raise BadTable("starter-too-long", line=line, column=column, most=MAX_TEXT_LENGTH)
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise BadTable("starter-control", line=line, column=column)
