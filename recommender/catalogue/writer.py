"""Writing songs to the database: a batch from one table or playlist replaces its predecessor.

Songs wait in temporary tables of the connection until all of them have come. A few statements then
put them in their place, so that the writers' lock is held briefly.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update

from recommender.db.schema import empty_places, fill_places, move_counter
from recommender.db.tables import (
    FOLDED_LENGTH,
    ArtistRow,
    Base,
    BatchRow,
    CreditRow,
    TagRow,
    TrackRow,
)
from recommender.text import fold

# Songs per INSERT.
SONGS_AT_ONCE = 2000
KEY_DIGITS = 16
_TRACKS, _ARTISTS, _TAGS = (
    Base.metadata.tables[row.__tablename__] for row in (TrackRow, ArtistRow, TagRow)
)
_OF_SONG = [
    one.name
    for one in _TRACKS.columns
    if one.name not in {"id", "key", "source_id", "digest", "folded"}
]
# Columns of a track that are known before it is in its place.
_KNOWN = ["key", "digest", "folded", *_OF_SONG]
_WAITING = sa.MetaData()


def _waiting(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """Return a temporary table of things that belong to the songs of a batch, numbered from 1."""
    number = sa.Column("number", sa.Integer, nullable=False)
    exact = dict(_TRACKS.dialect_kwargs)
    return sa.Table(name, _WAITING, number, *columns, prefixes=["TEMPORARY"], **exact)


_NEW_TRACKS = _waiting(
    "new_tracks",
    *(sa.Column(name, _TRACKS.c[name].type, unique=name == "key") for name in _KNOWN),
)
_NEW_CREDITS = _waiting(
    "new_credits",
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("artist", _ARTISTS.c.name.type),
    sa.Column("folded", _ARTISTS.c.folded.type),
)
_NEW_TAGS = _waiting("new_tags", sa.Column("name", _TAGS.c.name.type))


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
        return _digest("\n".join(text.casefold() for text in (self.title, *self.artists)))

    @property
    def digest(self) -> str:
        """A digest of all that is known of the song."""
        return _digest(repr([getattr(self, name) for name in (*_OF_SONG, "artists", "tags")]))


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


class NewBatch:
    """Songs of a batch that wait until they are put in their place.

    Parameters
    ----------
    connection : Connection, in or outside of a write transaction
    source : str, the batch's name

    Attributes
    ----------
    placed : int, songs with a valence and an energy
    repeated : int, songs that came again
    """

    def __init__(self, connection: Connection, source: str) -> None:
        self._connection, self._source = connection, source
        self._keys: set[str] = set()
        self.placed = self.repeated = 0
        # A batch that failed may have left them.
        _drop_waiting(connection)
        _WAITING.create_all(connection, checkfirst=False)

    @property
    def songs(self) -> int:
        """The number of songs that wait; a song that comes twice counts once."""
        return len(self._keys)

    def add(self, songs: Iterable[SongRecord]) -> None:
        """Let songs wait, but for those that wait already."""
        remaining = iter(songs)
        while part := list(islice(remaining, SONGS_AT_ONCE)):
            tracks: list[dict[str, object]] = []
            credits_: list[dict[str, object]] = []
            tags: list[dict[str, object]] = []
            for song in part:
                key = key_of(self._source, song)
                if key in self._keys:
                    self.repeated += 1
                    continue
                self._keys.add(key)
                self.placed += song.valence is not None
                number = self.songs
                fields = {name: getattr(song, name) for name in _OF_SONG}
                own = {"key": key, "digest": song.digest, "folded": folded(song.title)}
                tracks.append({"number": number, **own, **fields})
                credits_ += (
                    {
                        "number": number,
                        "position": position,
                        "artist": name,
                        "folded": folded(name),
                    }
                    for position, name in enumerate(dict.fromkeys(song.artists))
                )
                tags += ({"number": number, "name": name} for name in song.tags)
            for table, rows in ((_NEW_TRACKS, tracks), (_NEW_CREDITS, credits_), (_NEW_TAGS, tags)):
                if rows:
                    self._connection.execute(insert(table), rows)

    def put_in_place(self, sha256: str) -> BatchChange:
        """Replace the songs of the batch by those that wait; equal ones stay.

        A song keeps its key, `key_of`, while title and artists stay the same. The connection must
        be from `recommender.db.engine.write_transaction`, or in its `write_lock`.

        Parameters
        ----------
        sha256 : str, digest of the table or playlist that the songs were read from
        """
        connection, of_batch = self._connection, BatchRow.name == self._source
        if not connection.execute(update(BatchRow).where(of_batch).values(sha256=sha256)).rowcount:
            connection.execute(insert(BatchRow), {"name": self._source, "sha256": sha256})
        batch_id = connection.scalars(select(BatchRow.id).where(of_batch)).one()
        before = _count(connection, select(TrackRow.id).where(TrackRow.source_id == batch_id))
        same_key, new = TrackRow.key == _NEW_TRACKS.c.key, _NEW_TRACKS.c
        stay = _count(connection, select(new.number).join_from(_NEW_TRACKS, TrackRow, same_key))
        equal = select(new.number).where(same_key, TrackRow.digest == new.digest)
        all_places = _remove_tracks(connection, TrackRow.source_id == batch_id, ~equal.exists())
        last = connection.scalars(select(func.coalesce(func.max(TrackRow.id), 0))).one()
        tracks = select(last + new.number, sa.literal(batch_id), *(new[name] for name in _KNOWN))
        tracks = tracks.where(~select(TrackRow.id).where(same_key).exists())
        connection.execute(insert(TrackRow).from_select(["id", "source_id", *_KNOWN], tracks))
        artist = _NEW_CREDITS.c.artist
        known = select(ArtistRow.id).where(ArtistRow.name == artist).exists()
        newcomers = select(artist, _NEW_CREDITS.c.folded).where(~known).distinct()
        connection.execute(insert(ArtistRow).from_select(["name", "folded"], newcomers))
        credits_ = (
            select(TrackRow.id, _NEW_CREDITS.c.position, ArtistRow.id)
            .join_from(_NEW_CREDITS, TrackRow, TrackRow.id == last + _NEW_CREDITS.c.number)
            .join(ArtistRow, ArtistRow.name == artist)
        )
        connection.execute(
            insert(CreditRow).from_select(["track_id", "position", "artist_id"], credits_)
        )
        tags = select(TrackRow.id, _NEW_TAGS.c.name).join_from(
            _NEW_TAGS, TrackRow, TrackRow.id == last + _NEW_TAGS.c.number
        )
        connection.execute(insert(TagRow).from_select(["track_id", "name"], tags))
        _remove_idle_artists(connection)
        fill_places(connection, *(() if all_places else (TrackRow.id > last,)))
        move_counter(connection, _TRACKS)
        _drop_waiting(connection)
        return BatchChange(self.songs, added=self.songs - stay, removed=before - stay)


def replace_batch(
    connection: Connection, source: str, sha256: str, songs: Iterable[SongRecord]
) -> BatchChange:
    """Replace the songs of a batch at once; see `NewBatch.put_in_place`."""
    batch = NewBatch(connection, source)
    batch.add(songs)
    return batch.put_in_place(sha256)


def remove_batch(connection: Connection, source: str) -> None:
    """Delete a batch and its songs.

    Parameters
    ----------
    connection : Connection, from `recommender.db.engine.write_transaction`
    """
    batch_id = select(BatchRow.id).where(BatchRow.name == source).scalar_subquery()
    if _remove_tracks(connection, TrackRow.source_id == batch_id):
        fill_places(connection)
    connection.execute(delete(BatchRow).where(BatchRow.name == source))
    _remove_idle_artists(connection)


def _remove_tracks(connection: Connection, *which: ColumnElement[bool]) -> bool:
    """Delete tracks; return whether all others have to be placed again."""
    all_places = empty_places(connection, *which)
    connection.execute(delete(TrackRow).where(*which))
    return all_places


def _remove_idle_artists(connection: Connection) -> None:
    credited = select(CreditRow.artist_id).where(CreditRow.artist_id == ArtistRow.id)
    connection.execute(delete(ArtistRow).where(~credited.exists()))


def _count(connection: Connection, rows: Select[int]) -> int:
    return connection.scalars(select(func.count()).select_from(rows.subquery())).one()


def _drop_waiting(connection: Connection) -> None:
    # On MariaDB, a DROP TABLE without TEMPORARY would end the transaction.
    temporary = "TEMPORARY " if connection.dialect.name == "mysql" else ""
    for table in _WAITING.tables:
        connection.exec_driver_sql(f"DROP {temporary}TABLE IF EXISTS {table}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def folded(name: str) -> str:
    """Return the beginning of a folded name, as it is kept to be searched."""
    return fold(name)[:FOLDED_LENGTH]


def key_of(source: str, song: SongRecord) -> str:
    """Return the stable key of a song, to which likes and bans refer."""
    return f"{_digest(source)}-{song.identity}"
