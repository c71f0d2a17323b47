"""Writing songs to the database: a batch from one table or playlist replaces its predecessor."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, insert, select

from recommender.db.schema import empty_places, fill_places, move_counter
from recommender.db.tables import ArtistRow, Base, BatchRow, CreditRow, TagRow, TrackRow

if TYPE_CHECKING:
    from collections.abc import Iterable


# Rows per INSERT.
ROWS_AT_ONCE = 2000
KEY_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SongRecord:
    """A song to be written; the fields are those of `recommender.db.tables.TrackRow`.

    Attributes
    ----------
    artists : tuple of str, in the order of the cover, at least 1
    tags : tuple of str, as `recommender.ingest.cells.tags` returns them
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
        """The identity of a song: a digest of title and artists, case-insensitive."""
        texts = "\n".join(text.casefold() for text in (self.title, *self.artists))
        return hashlib.sha256(texts.encode()).hexdigest()[:KEY_DIGITS]


@dataclass(frozen=True, slots=True)
class BatchChange:
    """The outcome of replacing a batch; duplicates count once.

    Attributes
    ----------
    songs : int, number of songs in the batch
    added, removed : int, number of songs added and removed
    """

    songs: int
    added: int
    removed: int


def replace_batch(
    connection: Connection, source: str, sha256: str, songs: Iterable[SongRecord]
) -> BatchChange:
    """Replace the songs of a batch.

    A song keeps its key, `key_of`, while title and artists stay the same.

    Parameters
    ----------
    connection : Connection, from `recommender.db.engine.write_transaction`
    source : str, the batch's name
    sha256 : str, digest of the table or playlist that the songs were read from
    """
    of_batch = BatchRow.name == source
    keys_of_batch = (
        select(TrackRow.key).join(BatchRow, BatchRow.id == TrackRow.source_id).where(of_batch)
    )
    before = set(connection.scalars(keys_of_batch))
    _remove_tracks(connection, source)
    connection.execute(insert(BatchRow), {"name": source, "sha256": sha256})
    source_id = connection.execute(select(BatchRow.id).where(of_batch)).scalar_one()
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
    return BatchChange(len(after), added=len(after - before), removed=len(before - after))


def remove_batch(connection: Connection, source: str) -> None:
    """Delete a batch and its songs.

    Parameters
    ----------
    connection : Connection, from `recommender.db.engine.write_transaction`
    """
    _remove_tracks(connection, source)
    _remove_idle_artists(connection)


def _remove_tracks(connection: Connection, source: str) -> None:
    empty_places(connection, source)
    connection.execute(delete(BatchRow).where(BatchRow.name == source))


def _remove_idle_artists(connection: Connection) -> None:
    connection.execute(delete(ArtistRow).where(ArtistRow.id.not_in(select(CreditRow.artist_id))))


def key_of(source: str, song: SongRecord) -> str:
    """Return the stable key of a song, to which likes and bans refer."""
    return f"{hashlib.sha256(source.encode()).hexdigest()[:KEY_DIGITS]}-{song.identity}"


def _row(song: SongRecord, number: int, source_id: int, key: str) -> dict[str, object]:
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
