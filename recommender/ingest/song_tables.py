"""Layouts of song tables: columns recognised by name, and rows translated to songs."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

from recommender.errors import UnreadableTable
from recommender.filling import NewSong
from recommender.ingest import cells
from recommender.ingest.cells import BadRow, check_length
from recommender.tables import NAME_LENGTH
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def song(self, row: Mapping[str, str]) -> NewSong:
        """Return the song of a row.

        Raises
        ------
        BadRow
            When a field has an invalid value, or title or artist is missing.
        """
        found = {ours: cells.cell(row.get(theirs)) for ours, theirs in self.columns.items()}
        title, artists = found.get("title"), cells.artists(found.get("artists") or "")
        if not title:
            raise BadRow("has no title")
        if not artists:
            raise BadRow("has no artist")
        for what, text in (("title", title), *(("artist", artist) for artist in artists)):
            check_length(what, text, MAX_TEXT_LENGTH)
        album, language = found.get("album"), found.get("language") or self.language
        check_length("album", album, MAX_TEXT_LENGTH)
        check_length("language", language, NAME_LENGTH)
        genre, *more = cells.genres(found.get("genre") or "") or (None,)
        check_length("genre", genre, NAME_LENGTH)
        valence, energy = (self._share(name, found.get(name)) for name in ("valence", "energy"))
        return NewSong(
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
            explicit=cells.truth(found.get("explicit")),
            spotify_id=cells.spotify_id(found.get("spotify_id")),
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
            raise BadRow(f"has a {name} out of its range: {text[:40]}")
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
    """Return a column's scale by its extremes: 0..1, −1..1, 0..100 or standard deviations."""
    if lowest >= 0 and highest <= 1:
        return "share"
    if lowest >= -1 and highest <= 1:
        return "plane"
    return "percent" if lowest >= 0 and highest <= 100 else "z-score"  # noqa: PLR2004 - per cent
