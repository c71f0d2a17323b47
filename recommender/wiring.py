"""Composition root: creates the music sources for the app and the commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recommender.errors import SourceError, Unavailable
from recommender.types import SourceName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from recommender.catalogue import Catalogue
    from recommender.ingest.refreshing import Renewers
    from recommender.settings import Settings
    from recommender.sources.spotify import SpotifySource
    from recommender.types import MusicSource, Query, Track


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
        raise Unavailable(str(self._error)) from self._error


@dataclass(frozen=True, slots=True)
class Wiring:
    """The sources and the catalogue of one process.

    Attributes
    ----------
    sources : in the order in which they are asked
    catalogue : Catalogue, None when the database cannot be used
    renewers : as `renewers_of` returns them
    """

    sources: tuple[MusicSource, ...]
    catalogue: Catalogue | None
    renewers: Renewers


def wire(settings: Settings) -> Wiring:
    """Create the sources.

    Slow at first (imports, and filling the catalogue): call it once and keep the result.
    """
    from recommender.catalogue import open_catalogue
    from recommender.sources.catalogue import CatalogueSource

    catalogue: Catalogue | None = None
    own: MusicSource
    try:
        catalogue = open_catalogue(settings.data_dir, url=settings.database_url)
        own = CatalogueSource(catalogue)
    except SourceError as error:
        own = OutOfOrder(SourceName.CATALOGUE, error)
    remote = remote_sources(settings, None if catalogue is None else catalogue.engine)
    return Wiring((*remote, own), catalogue, renewers_of(remote))


def remote_sources(settings: Settings, engine: Engine | None) -> list[SpotifySource]:
    """Return the remote sources that have a key.

    Parameters
    ----------
    engine : Engine, of the database that caches their responses; None for no cache
    """
    if not settings.has_spotify_key:
        return []
    from recommender.answers import Answers
    from recommender.sources.spotify import SpotifySource

    return [SpotifySource(settings, None if engine is None else Answers(engine))]


def renewers_of(remote: Sequence[SpotifySource]) -> Renewers:
    """Return the callable of each remote source, by name, that repeats a cached search."""
    return {source.name.value: source.renew for source in remote}
