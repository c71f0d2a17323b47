"""Putting songs into the database: all of a source's, in the place of those that it had."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, delete, func, insert, select, text

from recommender.places import empty_places, fill_places
from recommender.tables import ArtistRow, Base, CreditRow, SourceRow, TagRow, TrackRow

if TYPE_CHECKING:
    from collections.abc import Iterable

# Rows that travel to the database at once.
ROWS_AT_ONCE = 2000
KEY_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSong:
    """A song on its way into the database; the fields are those of `recommender.tables.TrackRow`.

    artists : in the order of the cover, never empty
    tags : as `recommender.ingest.cells.tags` writes them
    """

    title: str
    artists: tuple[str, ...]
    album: str | None = None
    language: str | None = None
    year: int | None = None
    genre: str | None = None
    valence: float | None = None
    energy: float | None = None
    tempo: float | None = None
    explicit: bool = False
    spotify_id: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """What makes two rows the same song: title and artists, whatever their case."""
        texts = "\n".join(text.casefold() for text in (self.title, *self.artists))
        return hashlib.sha256(texts.encode()).hexdigest()[:KEY_DIGITS]


@dataclass(frozen=True, slots=True)
class Replaced:
    """What became of the songs of a source; repeated ones count once.

    songs : how many it has now
    came, went : how many of them it had not before, and how many it has no more
    """

    songs: int
    came: int
    went: int


def replace_songs(
    connection: Connection, source: str, sha256: str, songs: Iterable[NewSong]
) -> Replaced:
    """Replace the songs of a source.

    A song keeps its key, `key_of`, for as long as title and artists stay.

    connection : from `recommender.database.writing`
    sha256 : of what the songs were read from
    """
    ours = SourceRow.name == source
    theirs = select(TrackRow.key).join(SourceRow, SourceRow.id == TrackRow.source_id).where(ours)
    before = set(connection.scalars(theirs))
    _remove_tracks(connection, source)
    connection.execute(insert(SourceRow), {"name": source, "sha256": sha256})
    source_id = connection.execute(select(SourceRow.id).where(ours)).scalar_one()
    artists = dict(connection.execute(select(ArtistRow.name, ArtistRow.id)).all())
    track_id, artist_id = (
        connection.execute(select(func.coalesce(func.max(table.id), 0))).scalar_one()
        for table in (TrackRow, ArtistRow)
    )
    after: set[str] = set()
    remaining = iter(songs)
    while part := list(islice(remaining, ROWS_AT_ONCE)):
        tracks, credits_, newcomers, tags = [], [], [], []
        for song in part:
            key = key_of(source, song)
            if key in after:
                continue
            after.add(key)
            track_id += 1
            tracks.append(_row(song, track_id, source_id, key))
            tags += [{"track_id": track_id, "name": name} for name in song.tags]
            for position, name in enumerate(dict.fromkeys(song.artists)):
                if name not in artists:
                    artist_id += 1
                    artists[name] = artist_id
                    newcomers.append({"id": artist_id, "name": name})
                credit = {"track_id": track_id, "position": position, "artist_id": artists[name]}
                credits_.append(credit)
        for table, rows in (
            (ArtistRow, newcomers),
            (TrackRow, tracks),
            (CreditRow, credits_),
            (TagRow, tags),
        ):
            if rows:
                connection.execute(insert(table), rows)
    _remove_idle_artists(connection)
    fill_places(connection, source_id)
    for name in (TrackRow.__tablename__, ArtistRow.__tablename__):
        move_counter(connection, Base.metadata.tables[name])
    return Replaced(len(after), came=len(after - before), went=len(before - after))


def remove_songs(connection: Connection, source: str) -> None:
    """Take a source and its songs out of the database.

    connection : from `recommender.database.writing`
    """
    _remove_tracks(connection, source)
    _remove_idle_artists(connection)


def _remove_tracks(connection: Connection, source: str) -> None:
    empty_places(connection, source)
    connection.execute(delete(SourceRow).where(SourceRow.name == source))


def _remove_idle_artists(connection: Connection) -> None:
    connection.execute(delete(ArtistRow).where(ArtistRow.id.not_in(select(CreditRow.artist_id))))


def key_of(source: str, song: NewSong) -> str:
    """Return what likes and bans remember of a song."""
    return f"{hashlib.sha256(source.encode()).hexdigest()[:KEY_DIGITS]}-{song.identity}"


def move_counter(connection: Connection, table: Table) -> None:
    """Let the next row have a free number, after rows that brought theirs along.

    Only PostgreSQL does not see to it by itself.
    """
    if connection.dialect.name == "postgresql":
        highest = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
        counter = func.pg_get_serial_sequence(text(f"'{table.name}'"), text("'id'"))
        connection.execute(select(func.setval(counter, highest, text("false"))))


def _row(song: NewSong, number: int, source_id: int, key: str) -> dict[str, object]:
    return {
        "id": number,
        "key": key,
        "source_id": source_id,
        "title": song.title,
        "album": song.album,
        "language": song.language,
        "year": song.year,
        "genre": song.genre,
        "valence": song.valence,
        "energy": song.energy,
        "tempo": song.tempo,
        "explicit": song.explicit,
        "spotify_id": song.spotify_id,
    }
