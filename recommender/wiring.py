"""The one place where the sources of music are put together, for the app and the command."""

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
    """Stands in for a source that could not be opened, and says so whenever it is asked."""

    def __init__(self, name: SourceName, error: SourceError) -> None:
        self._name = name
        self._error = error

    @property
    def name(self) -> SourceName:
        """Which source this is."""
        return self._name

    def search(self, query: Query, *, deadline: float) -> list[Track]:  # noqa: ARG002 - the protocol's
        """Raise why the source could not be opened."""
        raise Unavailable(str(self._error)) from self._error


@dataclass(frozen=True, slots=True)
class Wiring:
    """All that belongs together.

    sources : in the order in which they are asked
    catalogue : None when the database cannot be used
    renewers : as `renewers_of` returns them
    """

    sources: tuple[MusicSource, ...]
    catalogue: Catalogue | None
    renewers: Renewers


def wire(settings: Settings) -> Wiring:
    """Put the sources together.

    Slow at first (imports, and the catalogue's first filling): call it once and keep what comes.
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
    """Return the remote sources that there are keys for.

    engine : of the database that keeps their answers
    """
    if not settings.has_spotify_key:
        return []
    from recommender.answers import Answers
    from recommender.sources.spotify import SpotifySource

    return [SpotifySource(settings, None if engine is None else Answers(engine))]


def renewers_of(remote: Sequence[SpotifySource]) -> Renewers:
    """Return what asks remote sources their kept searches again, by their names."""
    return {source.name.value: source.renew for source in remote}
