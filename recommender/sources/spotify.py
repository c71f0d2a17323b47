"""Songs and playlists from Spotify's search, with an app's own key and nobody signed in."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from recommender.identification import identifier
from recommender.search_text import PAGE_SIZE, playlist_search, searches
from recommender.sources.spotify_choice import Page, choose
from recommender.sources.spotify_client import SpotifyClient
from recommender.sources.spotify_playlists import playlists_of
from recommender.types import SourceName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recommender.answers import Answers
    from recommender.mood_playlists import MoodPlaylist
    from recommender.search_text import Search
    from recommender.settings import Settings
    from recommender.types import Query, Track

# So much before the deadline the waiting ends, so that songs already there still arrive in time.
MARGIN_S = 0.05
# Of how many queries it is remembered what their pages showed.
KEPT_QUERIES = 256


class SpotifySource:
    """Spotify as a source of music, for any number of threads.

    answers : where answers are kept; what is fresh there is not asked again
    """

    def __init__(self, settings: Settings, answers: Answers | None = None) -> None:
        self._client = SpotifyClient(settings, answers)
        # Not in the first search, whose time it would take.
        identifier()
        self._lock = threading.Lock()
        self._shown: OrderedDict[Query, dict[int, frozenset[str]]] = OrderedDict()

    @property
    def name(self) -> SourceName:
        """Which source this is."""
        return SourceName.SPOTIFY

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        """Return the tracks found; see `recommender.types.MusicSource`.

        When Spotify fails to answer some requests of several, what the others brought is the
        answer.
        """
        plan = searches(query)
        asked = [_request(search, "track") for search in plan]
        found, failure = self._client.ask(asked, deadline - MARGIN_S)
        pages = [Page(items, search.languages) for items, search in zip(found, plan, strict=True)]
        tracks = self._choose(query, pages)
        if failure is not None and not tracks:
            raise failure
        return tracks

    def playlists(self, query: Query, *, deadline: float) -> list[MoodPlaylist]:
        """Return playlists; see `recommender.mood_playlists.PlaylistSource`."""
        search = playlist_search(query)
        if search is None:
            return []
        asked = _request(search, "playlist")
        (items,), failure = self._client.ask([asked], deadline - MARGIN_S)
        if failure is not None:
            raise failure
        return playlists_of(items)

    def renew(self, request: Mapping[str, Any]) -> None:
        """Ask a kept request again; see `recommender.sources.spotify_client.SpotifyClient`."""
        self._client.renew(request)

    def _choose(self, query: Query, pages: Sequence[Page]) -> list[Track]:
        """Choose tracks, leaving out what other pages of the same query showed.

        Different requests of one query can find the same song, so the offset alone does not
        keep pages apart.
        """
        whole = replace(query, page=0, without=frozenset())
        with self._lock:
            shown = self._shown.setdefault(whole, {})
            self._shown.move_to_end(whole)
            barred = frozenset[str]().union(
                *(marks for page, marks in shown.items() if page != query.page)
            )
            chosen = choose(pages, query, barred)
            shown[query.page] = frozenset[str]().union(*(song.marks for song in chosen))
            while len(self._shown) > KEPT_QUERIES:
                self._shown.popitem(last=False)
        return [song.track for song in chosen]


def _request(search: Search, kind: str) -> dict[str, Any]:
    """Return what is asked, in the words of Spotify's search."""
    return {
        "q": search.text,
        "limit": PAGE_SIZE,
        "offset": search.offset,
        "type": kind,
        "market": search.market,
    }
