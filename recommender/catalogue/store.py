"""The catalogue: songs with valence and energy, in the database.

The first run fills it from the table that ships with the app. When a release ships another table,
the next opening replaces exactly the rows of the old one. Every method and function raises
`recommender.errors.Unavailable` when the database cannot be used.
"""

import weakref
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from recommender.catalogue.nearest import ANY, Filters, nearest, square_of_distance
from recommender.db.backup import save
from recommender.db.engine import database_errors
from recommender.db.tables import ArtistRow, CreditRow, TrackRow
from recommender.types import Mood, SourceName, Track, spotify_link

STARTER_SOURCE = "starter"
# Squared distance of a song without valence and energy: beyond any in the plane.
NOWHERE = 9.0
# Fields of `Track` that are columns of the same name (artists are not).
_OF_TRACK = (
    "title",
    "album",
    "year",
    "genre",
    "language",
    "explicit",
    "valence",
    "energy",
    "tempo",
)
# Statements are made once: SQLAlchemy takes longer to put one together than SQLite to answer it.
_FIRST_ARTISTS = (
    select(CreditRow.track_id, ArtistRow.name)
    .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
    .where(CreditRow.position == 0)
    .where(CreditRow.track_id.in_(bindparam("tracks", expanding=True)))
)
# Rows instead of ORM objects for speed: ranking reads a hundred songs to choose a dozen.
_SONGS = select(
    *(getattr(TrackRow, name) for name in ("id", "key", "spotify_id", *_OF_TRACK))
).where(TrackRow.key.in_(bindparam("keys", expanding=True)))
_CREDITS = (
    select(CreditRow.track_id, ArtistRow.name)
    .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
    .where(CreditRow.track_id.in_(bindparam("tracks", expanding=True)))
    .order_by(CreditRow.track_id, CreditRow.position)
)


@cache
def _languages() -> Select[str | None]:
    """Return the question for the languages of the songs.

    A loose index scan, from each language to the next: a million tracks have few languages.
    """
    first = select(func.min(TrackRow.language).label("language")).cte("names", recursive=True)
    after = select(func.min(TrackRow.language)).where(TrackRow.language > first.c.language)
    following = select(after.correlate(first).scalar_subquery()).where(
        first.c.language.is_not(None)
    )
    return select(first.union_all(following).c.language)


class Candidate(NamedTuple):
    """The fields of a song that choosing among songs needs."""

    key: str
    language: str | None
    artist: str


class Catalogue:
    """An open catalogue. Thread-safe.

    It closes when it is garbage-collected, at the latest when the program ends.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closing = weakref.finalize(self, engine.dispose)

    @property
    def engine(self) -> Engine:
        """The engine, for other tables in the same database."""
        return self._engine

    def languages(self) -> list[str]:
        """Return the languages of the songs, sorted."""
        with database_errors(), self._engine.connect() as connection:
            return languages_of(connection)

    def artists(self) -> list[str]:
        """Return all artists on any song, sorted without regard to case."""
        with database_errors(), Session(self._engine) as session:
            return sorted(session.scalars(select(ArtistRow.name)), key=str.casefold)

    def nearest(
        self,
        target: Mood,
        *,
        limit: int,
        radius: float,
        languages: Sequence[str] | None = None,
        filters: Filters = ANY,
    ) -> list[Candidate]:
        """Return the songs around a point, nearest first, in a deterministic order.

        Parameters
        ----------
        limit : int, maximum for each language, or in all when no languages are given
        radius : float, maximum `recommender.mood.distance`
        languages : names as in the catalogue; None means any
        """
        with database_errors(), self._engine.connect() as connection:
            tracks = sorted(
                track
                for language in ([None] if languages is None else languages)
                for track in nearest(
                    connection,
                    target,
                    limit=limit,
                    radius=radius,
                    language=language,
                    filters=filters,
                )
            )
            numbers = [track.id for track in tracks]
            artists = dict(connection.execute(_FIRST_ARTISTS, {"tracks": numbers}).all())
        return [Candidate(track.key, track.language, artists[track.id]) for track in tracks]

    def by_artists(
        self,
        artists: Sequence[str],
        target: Mood,
        *,
        languages: Sequence[str] | None = None,
        filters: Filters = ANY,
    ) -> list[Candidate]:
        """Return all songs of some artists, nearest to a point first.

        Parameters
        ----------
        artists, languages : names as in the catalogue; languages None means any
        """
        track_ids = (
            select(CreditRow.track_id)
            .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
            .where(ArtistRow.name.in_(artists))
        )
        asked = (
            select(TrackRow.key, TrackRow.language, ArtistRow.name)
            .join(CreditRow, CreditRow.track_id == TrackRow.id)
            .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
            .where(CreditRow.position == 0, TrackRow.id.in_(track_ids), *filters.conditions())
            .order_by(func.coalesce(square_of_distance(target), NOWHERE), TrackRow.key)
        )
        if languages is not None:
            asked = asked.where(TrackRow.language.in_(languages))
        with database_errors(), self._engine.connect() as connection:
            return [Candidate(*row) for row in connection.execute(asked)]

    def tracks(self, keys: Sequence[str]) -> list[Track]:
        """Return the songs of some keys in the same order, without keys that no longer exist."""
        with database_errors(), self._engine.connect() as connection:
            return tracks_of(connection, keys)

    def back_up(self, path: Path) -> None:
        """Write the whole database into a new file.

        Raises
        ------
        BadBackup
            When a file of this name exists.
        """
        with database_errors(), self._engine.connect() as connection:
            save(connection, path)

    def close(self) -> None:
        """Close the connections. The catalogue must not be used afterwards."""
        self._closing()


def languages_of(connection: Connection) -> list[str]:
    """Return the languages of the songs, sorted."""
    return sorted(name for name in connection.scalars(_languages()) if name is not None)


def tracks_of(connection: Connection, keys: Sequence[str]) -> list[Track]:
    """Return the songs of some keys in the same order, without keys that no longer exist."""
    rows = connection.execute(_SONGS, {"keys": keys}).all()
    artists = defaultdict(list)
    for track_id, name in connection.execute(_CREDITS, {"tracks": [row.id for row in rows]}):
        artists[track_id].append(name)
    found = {row.key: _track(row, artists[row.id]) for row in rows}
    return [found[key] for key in keys if key in found]


def _track(row: Row[Any], artists: Sequence[str]) -> Track:
    values = tuple(row)
    _, key, spotify_id = values[:3]
    return Track(
        artists=tuple(artists),
        source=SourceName.CATALOGUE,
        source_id=key,
        url=spotify_link("track", spotify_id),
        **dict(zip(_OF_TRACK, values[3:], strict=True)),
    )
