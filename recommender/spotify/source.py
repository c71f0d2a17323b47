"""Music source for Spotify's search, with an app's own key and no signed-in user."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from recommender.db.response_cache import ResponseCache
from recommender.deadline import Pauses, run_with_deadline
from recommender.errors import SourceError
from recommender.languages import identifier
from recommender.settings import Settings
from recommender.spotify.client import SpotifyClient
from recommender.spotify.errors import SPOTIFY
from recommender.spotify.queries import PAGE_SIZE, Search, plan_requests, playlist_search
from recommender.spotify.selection import Page, select
from recommender.spotify.translate import MoodPlaylist, playlists_of
from recommender.types import MusicSource, Query, SourceName, Track

# Seconds before the deadline at which waiting ends, so that songs already received arrive in time.
MARGIN_S = 0.05
# Playlists are an optional extra, requested after the songs.
PLAYLISTS_BUDGET_S = 1.5
# Queries for which the songs shown on each page are remembered.
KEPT_QUERIES = 256


class SpotifySource:
    """Spotify as a thread-safe music source.

    Parameters
    ----------
    answers, pauses : see `recommender.spotify.client.SpotifyClient`
    """

    def __init__(
        self,
        settings: Settings,
        answers: ResponseCache | None = None,
        pauses: Pauses | None = None,
    ) -> None:
        self._client = SpotifyClient(settings, answers, pauses)
        # Load the language model now, so that it does not delay the first search.
        identifier()
        self._lock = threading.Lock()
        self._shown: OrderedDict[Query, dict[int, frozenset[str]]] = OrderedDict()

    @property
    def name(self) -> SourceName:
        """Spotify's source name."""
        return SourceName.SPOTIFY

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        """Return the tracks found; see `recommender.types.MusicSource`.

        When Spotify fails to answer some of the requests, the others' tracks are returned.
        """
        plan = plan_requests(query)
        asked = [_request(search, "track") for search in plan]
        found, failure = self._client.ask(asked, deadline - MARGIN_S)
        pages = [Page(items, search.languages) for items, search in zip(found, plan, strict=True)]
        tracks = self._select(query, pages)
        if failure is not None and not tracks:
            raise failure
        return tracks

    def playlists(self, query: Query, *, deadline: float) -> list[MoodPlaylist]:
        """Return playlists for the query's feeling, best first, at most MAX_PLAYLISTS.

        Raises
        ------
        SourceError
            Only such; parameters are those of `search`.
        """
        search = playlist_search(query)
        if search is None:
            return []
        asked = _request(search, "playlist")
        (items,), failure = self._client.ask([asked], deadline - MARGIN_S)
        if failure is not None:
            raise failure
        return playlists_of(items)

    def check(self, request: Mapping[str, Any]) -> None:
        """Send one request; see `recommender.spotify.client.SpotifyClient`."""
        self._client.check(request)

    def _select(self, query: Query, pages: Sequence[Page]) -> list[Track]:
        """Choose tracks, leaving out songs shown on other pages of the same query.

        Different requests of a query can return the same song, so the offset alone does not keep
        pages apart.
        """
        whole = replace(query, page=0, without=frozenset())
        with self._lock:
            shown = self._shown.setdefault(whole, {})
            self._shown.move_to_end(whole)
            barred = frozenset[str]().union(
                *(keys for page, keys in shown.items() if page != query.page)
            )
            chosen = select(pages, query, barred)
            shown[query.page] = frozenset[str]().union(*(song.identity_keys for song in chosen))
            while len(self._shown) > KEPT_QUERIES:
                self._shown.popitem(last=False)
        return [song.track for song in chosen]


def mood_playlists(
    query: Query, sources: Sequence[MusicSource], *, budget_s: float = PLAYLISTS_BUDGET_S
) -> list[MoodPlaylist]:
    """Return playlists for a query's feeling, as links; their songs are never read.

    [] without Spotify, and when it fails or exceeds the budget: the songs are shown without them.
    """
    source = next((one for one in sources if isinstance(one, SpotifySource)), None)
    if source is None:
        return []
    deadline = time.monotonic() + budget_s
    try:
        with SPOTIFY.errors():
            return run_with_deadline(deadline, lambda: source.playlists(query, deadline=deadline))
    except SourceError as error:
        logging.getLogger(__name__).info("no playlists: %s", type(error).__name__)
        return []


def _request(search: Search, kind: str) -> dict[str, Any]:
    """Return the parameters of a request to Spotify's search."""
    return {
        "q": search.text,
        "limit": PAGE_SIZE,
        "offset": search.offset,
        "type": kind,
        "market": search.market,
    }
