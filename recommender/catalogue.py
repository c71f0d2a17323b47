"""The catalogue: songs with their place in the plane, in one SQLite file beside the app.

A first run fills it from the table that ships with the app; when a new release ships another
table, the next opening replaces exactly the rows that came from the old one.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
import weakref
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Connection,
    Engine,
    ForeignKey,
    Index,
    create_engine,
    delete,
    event,
    insert,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
)

from recommender.errors import Unavailable
from recommender.starter import STARTER, StarterSong, read_songs
from recommender.types import SourceName, Track

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from recommender.types import Mood

FILE_NAME = "catalogue.db"
STARTER_ORIGIN = "starter"
# How long an opening waits for another process that is just filling the same file.
BUSY_SECONDS = 5.0
# How long a search waits for a free connection when very many ask at once.
POOL_SECONDS = 1.0
_RETRY_SECONDS = 0.02


class Base(DeclarativeBase):
    """The tables. Until Alembic comes, `open_catalogue` makes those that are missing."""


class Song(Base):
    """One song.

    key : stays the same when its table is read again, so that likes and bans keep their aim
    origin : which import the row came from, and with which it goes
    valence, energy : place in the plane, −1..1 and 0..1
    """

    __tablename__ = "songs"
    __table_args__ = (
        CheckConstraint("valence BETWEEN -1 AND 1", name="ck_songs_valence"),
        CheckConstraint("energy BETWEEN 0 AND 1", name="ck_songs_energy"),
        Index("ix_songs_place", "valence", "energy"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    language: Mapped[str] = mapped_column(index=True)
    year: Mapped[int | None]
    genre: Mapped[str | None]
    valence: Mapped[float]
    energy: Mapped[float]
    explicit: Mapped[bool]
    credits: Mapped[list[Credit]] = relationship(order_by="Credit.position", passive_deletes=True)


class Credit(Base):
    """An artist of a song, in the order of the cover."""

    __tablename__ = "credits"

    song_key: Mapped[str] = mapped_column(
        ForeignKey("songs.key", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    artist: Mapped[str] = mapped_column(index=True)


class Import(Base):
    """Which version of a table the rows of an origin came from."""

    __tablename__ = "imports"

    origin: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]


class Candidate(NamedTuple):
    """What choosing among songs needs to know of one."""

    key: str
    language: str
    artist: str


class Catalogue:
    """An open catalogue. Any number of threads may use it at once.

    It closes by itself when nobody holds it any more, at the latest when the program ends.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closing = weakref.finalize(self, engine.dispose)

    def languages(self) -> list[str]:
        """Return the languages that there are songs in, sorted."""
        with _answering(), Session(self._engine) as session:
            return sorted(session.scalars(select(Song.language).distinct()))

    def artists(self) -> list[str]:
        """Return everyone who sings or plays on a song, sorted without regard to case."""
        with _answering(), Session(self._engine) as session:
            return sorted(session.scalars(select(Credit.artist).distinct()), key=str.casefold)

    def near(
        self,
        target: Mood,
        *,
        radius: float | None,
        languages: Sequence[str] | None = None,
        artists: Sequence[str] | None = None,
        no_explicit: bool = False,
    ) -> list[Candidate]:
        """Return the songs around a point, nearest first, always in the same order.

        radius : `recommender.mood.distance` that a song may be away; None means any
        languages, artists : names as the catalogue writes them; None means any
        """
        square = _square_of_distance(target)
        asked = (
            select(Song.key, Song.language, Credit.artist)
            .join(Credit)
            .where(Credit.position == 0)
            .order_by(square, Song.title, Song.key)
        )
        if radius is not None:
            asked = asked.where(square <= radius**2)
        if languages is not None:
            asked = asked.where(Song.language.in_(languages))
        if artists is not None:
            theirs = select(Credit.song_key).where(Credit.artist.in_(artists))
            asked = asked.where(Song.key.in_(theirs))
        if no_explicit:
            asked = asked.where(Song.explicit.is_(False))
        with _answering(), Session(self._engine) as session:
            return [Candidate(*row) for row in session.execute(asked)]

    def tracks(self, keys: Sequence[str]) -> list[Track]:
        """Return the songs of some keys in their order, without those that have gone since."""
        asked = select(Song).where(Song.key.in_(keys)).options(selectinload(Song.credits))
        with _answering(), Session(self._engine) as session:
            songs = {song.key: song for song in session.scalars(asked)}
            return [_track(songs[key]) for key in keys if key in songs]

    def close(self) -> None:
        """Let the file go. The catalogue must not be used afterwards."""
        self._closing()


def open_catalogue(data_dir: Path, *, starter: Path = STARTER) -> Catalogue:
    """Open the catalogue in a folder, making folder and file, and refreshing the starter songs.

    Raises
    ------
    Unavailable
        When the file cannot be written or is no catalogue.
    BadTable
        When the starter table is broken.
    """
    with _answering():
        table = starter.read_bytes()
        data_dir.mkdir(parents=True, exist_ok=True)
        engine = _sqlite_engine(data_dir / FILE_NAME)
        try:
            # The seam for migrations: they belong inside this transaction, which one process at
            # a time can hold.
            with engine.execution_options(writes=True).begin() as connection:
                Base.metadata.create_all(connection)
                _refresh_starter(connection, table)
        except BaseException:
            engine.dispose()
            raise
    return Catalogue(engine)


def _square_of_distance(target: Mood) -> ColumnElement[float]:
    """Return the square of `recommender.mood.distance` to each song; SQLite may lack a root."""
    half = (Song.valence - target.valence) / 2
    rise = Song.energy - target.energy
    return half * half + rise * rise


@contextmanager
def _answering() -> Iterator[None]:
    """Say in one sentence what any failure of the file means to the listener."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise Unavailable("The song catalogue on this machine cannot be used.") from error
    except ValueError as error:
        raise Unavailable("The song catalogue on this machine holds a broken song.") from error


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        creator=partial(_connect, path),
        pool_timeout=POOL_SECONDS,
    )

    # Left to itself, sqlite3 begins at the first write, after the reads that decided on it: two
    # processes could both see an empty catalogue and both fill it.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _connect(path: Path) -> sqlite3.Connection:
    # The pool hands a connection to one thread at a time, but not always to the same.
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        _switch_to_wal(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Let readers and the one writer not wait for each other.

    SQLite does not apply its busy timeout to this switch, so two first runs need the loop.
    """
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _refresh_starter(connection: Connection, table: bytes) -> None:
    """Replace the starter's rows when the table is not the one that they came from."""
    sha256 = hashlib.sha256(table).hexdigest()
    recorded = connection.scalar(select(Import.sha256).where(Import.origin == STARTER_ORIGIN))
    if recorded == sha256:
        return
    songs = {_key(song): song for song in read_songs(table)}
    connection.execute(delete(Song).where(Song.origin == STARTER_ORIGIN))
    connection.execute(delete(Import).where(Import.origin == STARTER_ORIGIN))
    if songs:
        connection.execute(insert(Song), [_row(key, song) for key, song in songs.items()])
        connection.execute(
            insert(Credit),
            [
                {"song_key": key, "position": position, "artist": artist}
                for key, song in songs.items()
                for position, artist in enumerate(song.artists)
            ],
        )
    connection.execute(insert(Import), {"origin": STARTER_ORIGIN, "sha256": sha256})


def _key(song: StarterSong) -> str:
    digest = hashlib.sha256("\n".join(song.identity).encode()).hexdigest()
    return f"{STARTER_ORIGIN}-{digest[:16]}"


def _row(key: str, song: StarterSong) -> dict[str, object]:
    return {
        "key": key,
        "origin": STARTER_ORIGIN,
        "title": song.title,
        "language": song.language,
        "year": song.year,
        "genre": song.genre,
        "valence": round(2 * song.valence - 1, 6),
        "energy": song.energy,
        "explicit": song.explicit,
    }


def _track(song: Song) -> Track:
    return Track(
        title=song.title,
        artists=tuple(credit.artist for credit in song.credits),
        source=SourceName.CATALOGUE,
        source_id=song.key,
        year=song.year,
        genre=song.genre,
        language=song.language,
        explicit=song.explicit,
        valence=song.valence,
        energy=song.energy,
    )
