"""The catalogue: songs with their place in the plane, in the database.

A first run fills it from the table that ships with the app; when a new release ships another
table, the next opening replaces exactly the rows that came from the old one.
"""

from __future__ import annotations

import hashlib
import weakref
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from recommender.backup import save
from recommender.database import answering, make_engine, migrate, writing
from recommender.filling import NewSong, replace_songs
from recommender.places import YEAR_TENS, nearest, square_of_distance, tens_of
from recommender.starter import STARTER, StarterSong, read_songs
from recommender.tables import ArtistRow, CreditRow, SourceRow, TrackRow
from recommender.types import SourceName, Track

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Row

    from recommender.types import Mood

STARTER_SOURCE = "starter"
# The square of the distance to a song that has no place: further than any in the plane.
NOWHERE = 9.0
# What a track has from its row, besides its artists; names are the same in both.
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
    "spotify_id",
)


class Candidate(NamedTuple):
    """What choosing among songs needs to know of one."""

    key: str
    language: str | None
    artist: str


class Catalogue:
    """An open catalogue. Any number of threads may use it at once.

    It closes by itself when nobody holds it any more, at the latest when the program ends.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closing = weakref.finalize(self, engine.dispose)

    @property
    def engine(self) -> Engine:
        """The database that it lies in, for what else is kept there."""
        return self._engine

    def languages(self) -> list[str]:
        """Return the languages that there are songs in, sorted."""
        # From each to the next by the index: a million tracks have but a few.
        first = select(func.min(TrackRow.language).label("language")).cte("names", recursive=True)
        after = select(func.min(TrackRow.language)).where(TrackRow.language > first.c.language)
        following = select(after.correlate(first).scalar_subquery()).where(
            first.c.language.is_not(None)
        )
        names = first.union_all(following)
        with answering(), self._engine.connect() as connection:
            found = connection.scalars(select(names.c.language))
            return sorted(name for name in found if name is not None)

    def artists(self) -> list[str]:
        """Return everyone who sings or plays on a song, sorted without regard to case."""
        with answering(), Session(self._engine) as session:
            return sorted(session.scalars(select(ArtistRow.name)), key=str.casefold)

    def nearest(
        self,
        target: Mood,
        *,
        limit: int,
        radius: float,
        languages: Sequence[str] | None = None,
        decades: Sequence[int] = (),
        no_explicit: bool = False,
    ) -> list[Candidate]:
        """Return the songs around a point, nearest first, always in the same order.

        limit : how many at most, of each language where languages are given
        radius : `recommender.mood.distance` that a song may be away
        languages : names as the catalogue writes them; None means any
        decades : first years of those that they are from; () means any
        """
        with answering(), self._engine.connect() as connection:
            tracks = sorted(
                track
                for language in ([None] if languages is None else languages)
                for track in nearest(
                    connection,
                    target,
                    limit=limit,
                    radius=radius,
                    language=language,
                    decades=decades,
                    no_explicit=no_explicit,
                )
            )
            first = (
                select(CreditRow.track_id, ArtistRow.name)
                .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
                .where(CreditRow.position == 0)
                .where(CreditRow.track_id.in_([track.id for track in tracks]))
            )
            artists = dict(connection.execute(first).all())
        return [Candidate(track.key, track.language, artists[track.id]) for track in tracks]

    def by_artists(
        self,
        artists: Sequence[str],
        target: Mood,
        *,
        languages: Sequence[str] | None = None,
        decades: Sequence[int] = (),
        no_explicit: bool = False,
    ) -> list[Candidate]:
        """Return all songs of some artists, those nearest to a point first.

        artists, languages : names as the catalogue writes them; None means any language
        decades : first years of those that they are from; () means any
        """
        theirs = (
            select(CreditRow.track_id)
            .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
            .where(ArtistRow.name.in_(artists))
        )
        asked = (
            select(TrackRow.key, TrackRow.language, ArtistRow.name)
            .join(CreditRow, CreditRow.track_id == TrackRow.id)
            .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
            .where(CreditRow.position == 0, TrackRow.id.in_(theirs))
            .order_by(func.coalesce(square_of_distance(target), NOWHERE), TrackRow.key)
        )
        if languages is not None:
            asked = asked.where(TrackRow.language.in_(languages))
        if decades:
            asked = asked.where(YEAR_TENS.in_(tens_of(decades)))
        if no_explicit:
            asked = asked.where(TrackRow.explicit.is_(False))
        with answering(), self._engine.connect() as connection:
            return [Candidate(*row) for row in connection.execute(asked)]

    def tracks(self, keys: Sequence[str]) -> list[Track]:
        """Return the songs of some keys in their order, without those that have gone since."""
        # Rows instead of objects: a ranking looks at a hundred songs for each dozen it chooses.
        songs = select(*(getattr(TrackRow, name) for name in ("id", "key", *_OF_TRACK)))
        credited = (
            select(CreditRow.track_id, ArtistRow.name)
            .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
            .join(TrackRow, TrackRow.id == CreditRow.track_id)
            .where(TrackRow.key.in_(keys))
            .order_by(CreditRow.track_id, CreditRow.position)
        )
        with answering(), self._engine.connect() as connection:
            rows = connection.execute(songs.where(TrackRow.key.in_(keys))).all()
            artists = defaultdict(list)
            for track_id, name in connection.execute(credited):
                artists[track_id].append(name)
            found = {row.key: _track(row, artists[row.id]) for row in rows}
        return [found[key] for key in keys if key in found]

    def back_up(self, path: Path) -> None:
        """Write the whole database into a new file.

        Raises
        ------
        BadBackup
            When there is a file of this name.
        """
        with answering(), self._engine.connect() as connection:
            save(connection, path)

    def close(self) -> None:
        """Let the file go. The catalogue must not be used afterwards."""
        self._closing()


def open_catalogue(data_dir: Path, *, url: str | None = None, starter: Path = STARTER) -> Catalogue:
    """Open the catalogue; see `open_engine`."""
    return Catalogue(open_engine(data_dir, url=url, starter=starter))


def open_engine(data_dir: Path, *, url: str | None = None, starter: Path = STARTER) -> Engine:
    """Open the database, with the tables up to date and the starter songs refreshed.

    data_dir : folder of the SQLite file and of backups; made where it is missing
    url : of a database server, instead of the file

    Raises
    ------
    Unavailable
        When the database cannot be reached or written, or is no catalogue.
    BadTable
        When the starter table is broken.
    """
    with answering():
        table = starter.read_bytes()
        engine = make_engine(data_dir, url)
        try:
            with writing(engine) as connection:
                migrate(connection, data_dir)
                _refresh_starter(connection, table)
        except BaseException:
            engine.dispose()
            raise
    return engine


def _refresh_starter(connection: Connection, table: bytes) -> None:
    """Replace the starter's rows when the table is not the one that they came from."""
    sha256 = hashlib.sha256(table).hexdigest()
    ours = SourceRow.name == STARTER_SOURCE
    if connection.scalar(select(SourceRow.sha256).where(ours)) == sha256:
        return
    replace_songs(connection, STARTER_SOURCE, sha256, map(_new, read_songs(table)))


def _new(song: StarterSong) -> NewSong:
    return NewSong(
        title=song.title,
        artists=song.artists,
        language=song.language,
        year=song.year,
        genre=song.genre,
        # The table counts from 0.
        valence=round(2 * song.valence - 1, 6),
        energy=song.energy,
        explicit=song.explicit,
    )


def _track(row: Row[Any], artists: Sequence[str]) -> Track:
    return Track(
        artists=tuple(artists),
        source=SourceName.CATALOGUE,
        source_id=row.key,
        url=row.spotify_id and f"https://open.spotify.com/track/{row.spotify_id}",
        **{name: getattr(row, name) for name in _OF_TRACK if name != "spotify_id"},
    )
