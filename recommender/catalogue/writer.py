"""Writing songs to the database: a batch from one table or playlist replaces its predecessor.

Songs wait in temporary tables of the connection until all of them have come. A few statements then
put them in their place, so that the writers' lock is held briefly.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
)

from recommender.db.engine import move_counter
from recommender.db.spatial_index import empty_places, fill_places
from recommender.db.tables import ArtistRow, Base, BatchRow, CreditRow, TagRow, TrackRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Select


# Songs per INSERT.
SONGS_AT_ONCE = 2000
KEY_DIGITS = 16
_TRACKS, _ARTISTS, _TAGS = (
    Base.metadata.tables[row.__tablename__] for row in (TrackRow, ArtistRow, TagRow)
)
_OF_SONG = [one.name for one in _TRACKS.columns if one.name not in {"id", "key", "source_id"}]
# Columns of a track that are known before it is in its place.
_KNOWN = ["key", *_OF_SONG]
_WAITING = MetaData()


def _waiting(name: str, *columns: Column[Any]) -> Table:
    """Return a temporary table of things that belong to the songs of a batch, numbered from 1."""
    number = Column("number", Integer, nullable=False)
    exact = dict(_TRACKS.dialect_kwargs)
    return Table(name, _WAITING, number, *columns, prefixes=["TEMPORARY"], **exact)


_NEW_TRACKS = _waiting("new_tracks", *(Column(name, _TRACKS.c[name].type) for name in _KNOWN))
_NEW_CREDITS = _waiting(
    "new_credits",
    Column("position", Integer, nullable=False),
    Column("artist", _ARTISTS.c.name.type),
)
_NEW_TAGS = _waiting("new_tags", Column("name", _TAGS.c.name.type))


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


class NewBatch:
    """Songs of a batch that wait until they are put in their place.

    Parameters
    ----------
    connection : Connection, in or outside of a write transaction
    source : str, the batch's name

    Attributes
    ----------
    repeated : int, songs that came again
    """

    def __init__(self, connection: Connection, source: str) -> None:
        self._connection, self._source = connection, source
        self._keys: set[str] = set()
        self.repeated = 0
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
                number = self.songs
                fields = {name: getattr(song, name) for name in _OF_SONG}
                tracks.append({"number": number, "key": key, **fields})
                credits_ += (
                    {"number": number, "position": position, "artist": name}
                    for position, name in enumerate(dict.fromkeys(song.artists))
                )
                tags += ({"number": number, "name": name} for name in song.tags)
            for table, rows in ((_NEW_TRACKS, tracks), (_NEW_CREDITS, credits_), (_NEW_TAGS, tags)):
                if rows:
                    self._connection.execute(insert(table), rows)

    def put_in_place(self, sha256: str) -> BatchChange:
        """Replace the songs of the batch by those that wait.

        A song keeps its key, `key_of`, while title and artists stay the same. The connection must
        be from `recommender.db.engine.write_transaction`, or in its `write_lock`.

        Parameters
        ----------
        sha256 : str, digest of the table or playlist that the songs were read from
        """
        connection, of_batch = self._connection, BatchRow.name == self._source
        before = _count(connection, select(TrackRow.id).join(BatchRow).where(of_batch))
        same = TrackRow.key == _NEW_TRACKS.c.key
        stay = _count(connection, select(TrackRow.id).select_from(_NEW_TRACKS).join(TrackRow, same))
        _remove_tracks(connection, self._source)
        connection.execute(insert(BatchRow), {"name": self._source, "sha256": sha256})
        batch_id = connection.execute(select(BatchRow.id).where(of_batch)).scalar_one()
        last = connection.scalars(select(func.coalesce(func.max(TrackRow.id), 0))).one()
        known = [_NEW_TRACKS.c[name] for name in _KNOWN]
        artist = _NEW_CREDITS.c.artist
        is_new = ~select(ArtistRow.id).where(ArtistRow.name == artist).exists()
        credited = select(last + _NEW_CREDITS.c.number, _NEW_CREDITS.c.position, ArtistRow.id)
        for table, columns, found in (
            (
                TrackRow,
                ["id", "source_id", *_KNOWN],
                select(last + _NEW_TRACKS.c.number, literal(batch_id), *known),
            ),
            (ArtistRow, ["name"], select(artist).where(is_new).distinct()),
            (
                CreditRow,
                ["track_id", "position", "artist_id"],
                credited.join(ArtistRow, ArtistRow.name == artist),
            ),
            (TagRow, ["track_id", "name"], select(last + _NEW_TAGS.c.number, _NEW_TAGS.c.name)),
        ):
            connection.execute(insert(table).from_select(columns, found))
        _remove_idle_artists(connection)
        fill_places(connection, batch_id)
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
    _remove_tracks(connection, source)
    _remove_idle_artists(connection)


def _remove_tracks(connection: Connection, source: str) -> None:
    empty_places(connection, source)
    connection.execute(delete(BatchRow).where(BatchRow.name == source))


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


def key_of(source: str, song: SongRecord) -> str:
    """Return the stable key of a song, to which likes and bans refer."""
    return f"{hashlib.sha256(source.encode()).hexdigest()[:KEY_DIGITS]}-{song.identity}"
