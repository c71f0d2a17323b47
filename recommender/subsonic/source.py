"""Music source for one music server: its songs near a mood, by what is known of their moods.

The server is not asked for songs in a search, only whether it is up: the songs are on the shelf.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from recommender.mood import RADIUS, distance
from recommender.ranking import is_refused
from recommender.subsonic.errors import SERVER
from recommender.text import NameIndex, fold, is_of_genre
from recommender.types import SourceName, Track

if TYPE_CHECKING:
    from recommender.subsonic.shelf import Shelf
    from recommender.types import Query

# Seconds before the deadline at which waiting for the server ends, for the search itself.
MARGIN_S = 0.2


class SubsonicSource:
    """The songs of a music server, as a thread-safe music source.

    Servers do not state languages, so a search for languages finds nothing.
    """

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    @property
    def name(self) -> SourceName:
        """The source's name."""
        return SourceName.SERVER

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        """Return the nearest songs that fit; see `recommender.types.MusicSource`.

        Only songs within `RADIUS` fit, unless artists are requested. The query's page is ignored,
        because the query names the songs shown before.
        """
        _check(deadline)
        if query.languages:
            return []
        self.shelf.ready(deadline - MARGIN_S)
        at = (query.target.valence, query.target.energy)
        reach = float("inf") if query.artists else RADIUS
        placed = self.shelf.placed()
        near = sorted(
            (away, song.key, song, point)
            for song, point in placed
            if (away := distance(at, point)) <= reach and song.key not in query.without
        )
        wanted = _wanted_artists(query, [song.artists for _, _, song, _ in near])
        found: list[Track] = []
        for _, _, song, point in near:
            if len(found) == query.count:
                break
            track = song.track_at(point)
            if (wanted is None or wanted & set(track.artists)) and _fits(track, query):
                found.append(track)
        _check(deadline)
        return found


def _wanted_artists(query: Query, known: list[tuple[str, ...]]) -> set[str] | None:
    """Return the server's names of the requested artists; None for any."""
    if not query.artists:
        return None
    names = NameIndex(sorted({name for artists in known for name in artists}))
    return {name for wish in query.artists for name in names.match(wish)}


def _fits(track: Track, query: Query) -> bool:
    decade = (track.year or 0) // 10 * 10
    return (
        not (query.no_explicit and track.explicit)
        and (not query.decades or decade in query.decades)
        and (not query.genres or any(is_of_genre(track.genre or "", one) for one in query.genres))
        and not is_refused(track, query)
        and query.without_artists.isdisjoint(map(fold, track.artists))
    )


def _check(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise SERVER.failure("late")
