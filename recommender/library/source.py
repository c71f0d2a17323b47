"""Music source for a visitor's own library: the recordings nearest to the target.

Access differs between visitors, so each search makes its own source. Making it is cheap, because
the recordings' points in the plane are in the database.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from recommender.errors import Unavailable
from recommender.mood import RADIUS
from recommender.text import NameIndex, fold
from recommender.types import SourceName, Track

if TYPE_CHECKING:
    from recommender.library.recordings import Recording, Recordings, Scope
    from recommender.types import Query


class LibrarySource:
    """The part of the library that a visitor may play, as a music source.

    Files state neither their language nor whether they are explicit. A search for languages
    therefore finds nothing, and a search without explicit songs finds all files.
    """

    def __init__(self, recordings: Recordings, scope: Scope) -> None:
        self._recordings = recordings
        self._scope = scope

    @property
    def name(self) -> SourceName:
        """The library's source name."""
        return SourceName.LIBRARY

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        """Return the nearest recordings that fit; see `recommender.types.MusicSource`.

        Only recordings within `RADIUS` fit, unless artists are requested. The query's page is
        ignored, because the query names the songs shown before.
        """
        _check(deadline)
        if query.languages:
            return []
        found = self._recordings.nearest(
            query.target,
            self._scope,
            query.count,
            radius=None if query.artists else RADIUS,
            artists=self._artists(query),
            decades=query.decades,
            not_decades=query.not_decades,
            genres=query.genres,
            not_genres=query.not_genres,
            without=query.without,
        )
        _check(deadline)
        return [track_of(one) for one in found]

    def _artists(self, query: Query) -> list[str] | None:
        """Return the library's names of the allowed artists, or None for any."""
        if not (query.artists or query.without_artists):
            return None
        known = self._recordings.artists(self._scope)
        if query.artists:
            names = NameIndex(known)
            known = [name for wish in query.artists for name in names.match(wish)]
        return [name for name in known if fold(name) not in query.without_artists]


def track_of(recording: Recording) -> Track:
    """Return a recording as a track, without a link, because it plays in the page."""
    return Track(
        title=recording.title,
        artists=(recording.artist,),
        source=SourceName.LIBRARY,
        source_id=recording.key,
        album=recording.album,
        year=recording.year,
        genre=recording.genre,
        valence=recording.valence,
        energy=recording.energy,
        tempo=recording.tempo,
    )


def _check(deadline: float) -> None:
    # As in the catalogue: reads never block, so checking the clock is enough.
    if time.monotonic() > deadline:
        raise Unavailable("library-late")
