"""The one place where sources and database are opened and put together, for app and commands."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, select

from recommender.catalogue.starter import STARTER, StarterSong, read_songs
from recommender.catalogue.store import STARTER_SOURCE, Catalogue
from recommender.catalogue.writer import SongRecord, replace_batch
from recommender.db.backup import migrate
from recommender.db.engine import database_errors, make_engine, write_transaction
from recommender.db.tables import BatchRow
from recommender.errors import SourceError, Unavailable
from recommender.types import SourceName, Track

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recommender.settings import Settings
    from recommender.spotify.source import SpotifySource
    from recommender.subsonic.hearing import MakePool
    from recommender.subsonic.server import MusicServer
    from recommender.types import MusicSource, Query


class OutOfOrder:
    """Substitute for a source that could not be opened; every search raises the cause."""

    def __init__(self, name: SourceName, error: SourceError) -> None:
        self._name = name
        self._error = error

    @property
    def name(self) -> SourceName:
        """The source's name."""
        return self._name

    def search(self, query: Query, *, deadline: float) -> list[Track]:  # noqa: ARG002 - the protocol's
        """Raise the error that prevented the source from being opened."""
        raise Unavailable(self._error.message.id, **self._error.message.values) from self._error


@dataclass(frozen=True, slots=True)
class Wiring:
    """The sources and the catalogue of one process.

    Attributes
    ----------
    sources : in the order in which they are asked
    catalogue : Catalogue, None when the database cannot be used
    """

    sources: tuple[MusicSource, ...]
    catalogue: Catalogue | None


def wire(settings: Settings) -> Wiring:
    """Create the sources.

    Slow at first (imports, and filling the catalogue): call it once and keep the result.
    """
    from recommender.catalogue.source import CatalogueSource

    catalogue: Catalogue | None = None
    own: MusicSource
    try:
        catalogue = open_catalogue(settings.data_dir, url=settings.database_url)
        own = CatalogueSource(catalogue)
    except SourceError as error:
        own = OutOfOrder(SourceName.CATALOGUE, error)
    remote = remote_sources(settings, None if catalogue is None else catalogue.engine)
    return Wiring((*remote, own), catalogue)


def remote_sources(settings: Settings, engine: Engine | None) -> list[SpotifySource]:
    """Return the remote sources that have a key.

    Parameters
    ----------
    engine : Engine, of the database that keeps their responses and pauses; None for neither
    """
    if not settings.has_spotify_key:
        return []
    from recommender.db.app_state import SharedPauses
    from recommender.db.response_cache import ResponseCache
    from recommender.spotify.source import SpotifySource

    if engine is None:
        return [SpotifySource(settings)]
    pauses = SharedPauses(engine, SourceName.SPOTIFY)
    return [SpotifySource(settings, ResponseCache(engine), pauses)]


def owners_server(
    settings: Settings, engine: Engine | None, taggers: MakePool | None
) -> MusicServer | None:
    """Return the owner's music server, not started; None without one.

    Parameters
    ----------
    engine : Engine, of the database that keeps what is heard; None to keep it in memory
    taggers : MakePool or None, makes the taggers that hear its songs; None to hear none
    """
    if settings.subsonic_url is None:
        return None
    from recommender.subsonic.client import Login
    from recommender.subsonic.heard import HeardInDatabase, HeardInMemory
    from recommender.subsonic.hearing import OWNERS
    from recommender.subsonic.server import connected
    from recommender.web.addresses import owners_address

    login = Login(
        settings.subsonic_user or "", settings.subsonic_password or "", settings.subsonic_key or ""
    )
    address = owners_address(settings.subsonic_url)
    heard = HeardInMemory() if engine is None else HeardInDatabase(engine, address.base)
    return connected(address, login, heard, taggers, OWNERS, settings.data_dir)


def open_catalogue(data_dir: Path, *, url: str | None = None, starter: Path = STARTER) -> Catalogue:
    """Open the catalogue; see `open_engine`."""
    return Catalogue(open_engine(data_dir, url=url, starter=starter))


def open_engine(data_dir: Path, *, url: str | None = None, starter: Path = STARTER) -> Engine:
    """Open the database, with the schema migrated and the starter songs refreshed.

    Parameters
    ----------
    data_dir : Path, folder of the SQLite file and of backups; created when missing
    url : str, address of a database server to use instead of the file

    Raises
    ------
    Unavailable
        Also when the database is no catalogue.
    BadTable
        When the starter table is invalid.
    """
    with database_errors():
        table = starter.read_bytes()
        engine = make_engine(data_dir, url)
        try:
            with write_transaction(engine, opening=True) as connection:
                migrate(connection, data_dir)
                _refresh_starter(connection, table)
        except BaseException:
            engine.dispose()
            raise
    return engine


def _refresh_starter(connection: Connection, table: bytes) -> None:
    """Replace the starter songs when the table has changed since they were read."""
    sha256 = hashlib.sha256(table).hexdigest()
    of_batch = BatchRow.name == STARTER_SOURCE
    if connection.scalar(select(BatchRow.sha256).where(of_batch)) == sha256:
        return
    replace_batch(connection, STARTER_SOURCE, sha256, map(_new, read_songs(table)))


def _new(song: StarterSong) -> SongRecord:
    return SongRecord(
        title=song.title,
        artists=song.artists,
        language=song.language,
        year=song.year,
        genre=song.genre,
        # The table's valence is 0..1.
        valence=round(2 * song.valence - 1, 6),
        energy=song.energy,
        explicit=song.explicit,
    )


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """Yield the engine of the database, with the schema migrated.

    Raises
    ------
    SourceError
        When it cannot be used.
    """
    engine = open_engine(settings.data_dir, url=settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()
