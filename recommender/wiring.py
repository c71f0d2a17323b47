"""The one place where the sources of music are put together, for the app and the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recommender.errors import SourceError, Unavailable
from recommender.types import SourceName

if TYPE_CHECKING:
    from recommender.settings import Settings
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


def make_sources(settings: Settings) -> list[MusicSource]:
    """Return the sources in the order in which they are asked.

    Slow at first (imports, and the catalogue's first filling): call it once and keep the list.
    """
    sources: list[MusicSource] = []
    if settings.has_spotify_key:
        from recommender.sources.spotify import SpotifySource

        sources.append(SpotifySource(settings))
    sources.append(_catalogue(settings))
    return sources


def _catalogue(settings: Settings) -> MusicSource:
    from recommender.catalogue import open_catalogue
    from recommender.sources.catalogue import CatalogueSource

    try:
        return CatalogueSource(open_catalogue(settings.data_dir, url=settings.database_url))
    except SourceError as error:
        return OutOfOrder(SourceName.CATALOGUE, error)
