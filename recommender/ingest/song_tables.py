"""Columns of song tables, known by their names, and the translation of rows to songs.

The names are those of common data sets and of the exports of other services: each has a test in
`tests/unit/recommender/ingest/test_peers.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from recommender.catalogue.writer import SongRecord
from recommender.db.tables import NAME_LENGTH
from recommender.errors import UnreadableTable
from recommender.ingest import cells
from recommender.ingest.cells import BadRow, check_length
from recommender.ingest.scales import Reading, Scale
from recommender.types import MAX_TEXT_LENGTH

# Known column names of each field, as `plain_name` makes them; the first that a table has is used.
NAMES: Mapping[str, tuple[str, ...]] = {
    "title": (
        "title", "track_name", "song_title", "song_name", "track_title", "track", "song", "name",
        "titel", "titre", "titulo", "titolo",
    ),
    "artists": (
        "artists", "artist", "artist_name", "artist_names", "artist_name_s", "artist_s_name",
        "artists_name", "song_singers", "singers", "singer", "performer", "track_artist",
        "artist_name_1", "artist_1", "interpret", "kunstler", "artiste", "artistes", "artista",
        "artistas", "artisti", "interprete",
    ),
    "album": ("album", "album_name", "album_title", "track_album_name", "release", "release_name"),
    "language": (
        "language", "lang", "language_hint", "lang_hint", "song_language", "language_code",
        "sprache", "langue", "idioma", "lingua",
    ),
    "year": (
        "year", "release_year", "released_year", "album_year", "release_date", "album_release_date",
        "track_album_release_date", "date", "released", "year_released", "jahr", "annee", "ano",
        "anno",
    ),
    "genre": (
        "genre", "genres", "track_genre", "top_genre", "artist_genres", "album_category",
        "playlist_genre", "main_genre", "genero", "genere",
    ),
    "tags": ("tags", "tag", "subgenre", "subgenres", "playlist_subgenre", "styles", "seeds"),
    "valence": (
        "valence", "pleasure", "valence_percent", "valence_tags", "val", "valence_mean",
        "mean_valence", "track_valence", "happiness", "positivity",
    ),
    "energy": (
        "energy", "arousal", "energy_percent", "arousal_percent", "arousal_tags", "nrgy",
        "arousal_mean", "mean_arousal", "track_energy",
    ),
    "tempo": ("tempo", "bpm", "beats_per_minute", "beats_per_minute_bpm", "track_tempo"),
    "explicit": ("explicit", "is_explicit", "track_explicit"),
    "spotify_id": (
        "spotify_id", "spotify_track_id", "track_uri", "spotify_uri", "spotify_track_uri",
        "track_id", "uri", "url", "id",
    ),
}  # fmt: skip
REQUIRED = ("title", "artists")
# Characters of a column's name; any row of a table may be tried as its header.
MAX_NAME = 200
# Further artists of YouTube Music's exports and of others.
_MORE_ARTISTS = re.compile(r"artist_(?:name_)?([2-9]|1[0-9])")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ODD = re.compile(r"[\W_]+")


def plain_name(name: str) -> str:
    """Return a column's name as `NAMES` has it: "Track.Name", "trackName" are "track_name".

    What is over `MAX_NAME` is none of them, and stays as it is.
    """
    if len(name) > MAX_NAME:
        return name
    apart = unicodedata.normalize("NFKD", _CAMEL.sub("_", name.replace("%", " percent ")))
    if not apart.isascii():
        apart = "".join(one for one in apart if not unicodedata.combining(one))
    return _ODD.sub("_", apart.casefold()).strip("_")


def known_fields(header: Iterable[str]) -> set[str]:
    """Return the fields of a table with these columns."""
    names = {plain_name(name) for name in header}
    return {ours for ours, theirs in NAMES.items() if not names.isdisjoint(theirs)}


@dataclass(frozen=True, slots=True)
class Layout:
    """The translation of a table's rows to songs.

    Attributes
    ----------
    columns : mapping of our field to the table's column
    scales : mapping of "valence" and "energy" to the table's scale
    language : str or None, default for rows without a language
    more_artists : tuple of str, columns of further artists
    lists_genres : bool, whether commas part genres
    is_joined : bool, whether the column of titles holds "Artist - Title"
    """

    columns: Mapping[str, str]
    scales: Mapping[str, Scale] = field(default_factory=dict)
    language: str | None = None
    more_artists: tuple[str, ...] = ()
    lists_genres: bool = False
    is_joined: bool = False

    @property
    def needed(self) -> set[str]:
        """The columns that are read."""
        return {*self.columns.values(), *self.more_artists}

    def with_scales(self, found: Reading) -> Layout:
        """Return the layout with scales, and without the columns whose scale is in doubt."""
        columns = {ours: name for ours, name in self.columns.items() if ours not in found.doubtful}
        return replace(self, columns=columns, scales=found.scales)

    def song(self, row: Mapping[str, str]) -> SongRecord:
        """Return the song of a row.

        Raises
        ------
        BadRow
            When a field has an invalid value, or title or artist is missing.
        """
        found = {ours: cells.clean_cell(row.get(theirs)) for ours, theirs in self.columns.items()}
        title, artists = found.get("title"), cells.artists(found.get("artists") or "")
        if self.is_joined:
            artist, _, title = (title or "").partition(" - ")
            artists = cells.artists(f"{artist};")
        more = (cells.clean_cell(row.get(name)) for name in self.more_artists)
        artists = tuple(dict.fromkeys([*artists, *(name for name in more if name)]))
        if not title:
            raise BadRow("row-no-title")
        if not artists:
            raise BadRow("row-no-artist")
        for what, text in (("title", title), *(("artist", artist) for artist in artists)):
            check_length(what, text, MAX_TEXT_LENGTH)
        album, language = found.get("album"), found.get("language") or self.language
        check_length("album", album, MAX_TEXT_LENGTH)
        check_length("language", language, NAME_LENGTH)
        genres = found.get("genre") or ""
        genres = genres.replace(",", ";") if self.lists_genres else genres
        genre, *tags = cells.genres(genres) or (None,)
        check_length("genre", genre, NAME_LENGTH)
        valence, energy = (self._share(name, found.get(name)) for name in ("valence", "energy"))
        return SongRecord(
            title=title,
            artists=artists,
            album=album,
            language=cells.language(language),
            year=cells.year(found.get("year")),
            genre=genre,
            # A point in the plane needs both.
            valence=None if valence is None or energy is None else round(2 * valence - 1, 6),
            energy=None if valence is None or energy is None else round(energy, 6),
            tempo=cells.tempo(found.get("tempo")),
            explicit=cells.parse_bool(found.get("explicit")),
            spotify_id=cells.track_id(found.get("spotify_id")),
            tags=cells.tags([*tags, *cells.words(found.get("tags") or "")]),
        )

    def lost_year(self, row: Mapping[str, str]) -> str | None:
        """Return a row's cell that should tell a year and does not."""
        name = self.columns.get("year")
        text = cells.clean_cell(row.get(name)) if name is not None else None
        return text if cells.is_odd_year(text) else None

    def _share(self, name: str, text: str | None) -> float | None:
        if text is None:
            return None
        share = self.scales.get(name, Scale.SHARE).share(cells.number(name, text))
        if share is None:
            raise BadRow("row-out-of-range", column=name, text=text[:40])
        return share


def layout_of(
    header: Sequence[str], *, mapping: Mapping[str, str] | None = None, language: str | None = None
) -> Layout:
    """Recognise the columns of a table.

    Parameters
    ----------
    header : sequence of str, a name may come twice
    mapping : mapping of our field to the table's column, instead of a known name
    language : str or None, default for rows without a language

    Raises
    ------
    UnreadableTable
        When there is no column of titles or artists, or two, or the mapping has an unknown name.
    """
    by_name = {plain_name(name): name for name in reversed(header)}
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
    joined = _joined(by_name) if "artists" not in columns else None
    if joined is not None:
        columns["artists"] = columns["title"] = joined
    counts = Counter(header)
    for ours in REQUIRED:
        if ours not in columns:
            raise UnreadableTable("table-unknown-column", field=ours)
        if counts[columns[ours]] > 1:
            raise UnreadableTable("table-same-names", column=columns[ours])
    more = tuple(name for name in header if _MORE_ARTISTS.fullmatch(plain_name(name)))
    lists_genres = plain_name(columns.get("genre", "")).endswith("genres")
    return Layout(
        columns,
        language=language,
        more_artists=more,
        lists_genres=lists_genres,
        is_joined=joined is not None,
    )


def _joined(by_name: Mapping[str, str]) -> str | None:
    """Return the column of "Artist - Title" in Apple's lists of what was played."""
    if "last_played_date" in by_name and "track_name" in by_name:
        return by_name["track_name"]
    return by_name.get("track_description")
