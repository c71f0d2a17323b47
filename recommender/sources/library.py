"""Songs from a visitor's own library: the nearest to the target that they may hear.

What a visitor may hear differs from one to the next, so a source is made for each search. Nothing
in it is slow: the files' places in the plane lie in the database.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from recommender.errors import Unavailable
from recommender.mood import RADIUS
from recommender.names import Names, fold
from recommender.types import SourceName, Track

if TYPE_CHECKING:
    from recommender.library.recordings import Recording, Recordings
    from recommender.library.scope import Scope
    from recommender.types import Query


class LibrarySource:
    """What a visitor may hear of the library, as a source of music.

    A file does not say in which language it is sung, nor whether its words are explicit: where a
    language is wished nothing of it comes, and a wish for nothing explicit lets all of it through.
    """

    def __init__(self, recordings: Recordings, scope: Scope) -> None:
        self._recordings = recordings
        self._scope = scope

    @property
    def name(self) -> SourceName:
        """Which source this is."""
        return SourceName.LIBRARY

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        """Return the nearest recordings that fit; see `recommender.types.MusicSource`.

        Only those within `RADIUS` fit, except when artists are asked for. The page does not count:
        what was shown before is named in the query.
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
            without=query.without,
        )
        _check(deadline)
        return [track_of(one) for one in found]

    def _artists(self, query: Query) -> list[str] | None:
        """Return the library's names of the artists that may come; None where any may."""
        if not (query.artists or query.without_artists):
            return None
        known = self._recordings.artists(self._scope)
        if query.artists:
            names = Names(known)
            known = [name for wish in query.artists for name in names.meant(wish)]
        return [name for name in known if fold(name) not in query.without_artists]


def track_of(recording: Recording) -> Track:
    """Return a recording as a track: it leads nowhere, for it plays in the page."""
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
    )


def _check(deadline: float) -> None:
    # As in the catalogue: reading waits for nobody, so looking at the clock is enough.
    if time.monotonic() > deadline:
        raise Unavailable("Your library took too long.")
