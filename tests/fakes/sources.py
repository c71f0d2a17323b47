"""Sources of music without any network: a good one, and several that break every promise."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from recommender.errors import Unavailable
from recommender.ranking import is_refused
from recommender.spotify.source import SpotifySource
from recommender.text import fold, is_of_genre
from recommender.types import SourceName, Track

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from recommender.types import Query


def fake_tracks(
    count: int,
    *,
    name: SourceName = SourceName.CATALOGUE,
    language: str | None = None,
    years: Sequence[int | None] = (None,),
) -> list[Track]:
    """Return different invented tracks, every fifth of them explicit.

    years : of release, in turn
    """
    return [
        Track(
            f"Fake Song {number}",
            (f"Fake Artist {number % 7}",),
            name,
            f"fake{number}",
            year=years[number % len(years)],
            language=language,
            explicit=number % 5 == 0,
        )
        for number in range(count)
    ]


class ListSource:
    """Answers from a list, and keeps every promise."""

    def __init__(self, tracks: Sequence[Track], name: SourceName = SourceName.CATALOGUE) -> None:
        self.name = name
        self.asked: list[Query] = []
        self._tracks = tuple(tracks)

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        if time.monotonic() > deadline:
            raise Unavailable("The list was asked too late.")
        self.asked.append(query)
        artists = {fold(artist) for artist in query.artists}
        found = [
            track
            for track in self._tracks
            if (not artists or artists & {fold(artist) for artist in track.artists})
            and (not query.languages or track.language in query.languages)
            and (not query.decades or not track.year or track.year // 10 * 10 in query.decades)
            and not (query.no_explicit and track.explicit)
            and (
                not query.genres
                or any(is_of_genre(track.genre or "", genre) for genre in query.genres)
            )
            and not is_refused(track, query)
            and track.source_id not in query.without
            and query.without_artists.isdisjoint(map(fold, track.artists))
        ]
        return found[: query.count]


class PlaylistSource(ListSource, SpotifySource):
    """A list that may offer playlists, as only Spotify does."""

    name = SourceName.CATALOGUE

    def __init__(self, tracks: Sequence[Track]) -> None:
        ListSource.__init__(self, tracks)

    search = ListSource.search


class BadSource:
    """Does whatever it is told to when asked."""

    def __init__(self, act: Callable[[], Any], name: SourceName = SourceName.SPOTIFY) -> None:
        self.name = name
        self._act = act
        self.calls = 0

    def search(self, query: Query, *, deadline: float) -> list[Track]:  # noqa: ARG002
        self.calls += 1
        answer: list[Track] = self._act()
        return answer


def failing(error: BaseException) -> Callable[[], Any]:
    """Return an act that raises."""

    def act() -> None:
        raise error

    return act


def hanging(until: threading.Event) -> Callable[[], Any]:
    """Return an act that waits for an event, whatever the deadline."""

    def act() -> list[Track]:
        until.wait(30)
        return []

    return act
