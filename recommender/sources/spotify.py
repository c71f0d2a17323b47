"""Songs from Spotify's search, with an app's own key and nobody signed in."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from recommender.bulkhead import run_by
from recommender.errors import (
    NotAuthorised,
    QuotaExceeded,
    RateLimited,
    SourceError,
    Unavailable,
)
from recommender.search_text import PAGE_SIZE, searches
from recommender.settings import LOOPBACK_HOSTS
from recommender.sources.spotify_refusals import NONSENSE, PAUSE_S, QUOTA_PAUSE_S, TOO_LATE
from recommender.sources.spotify_tracks import choose, items_of
from recommender.types import SourceName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recommender.answers import Answers
    from recommender.search_text import Search
    from recommender.settings import Settings
    from recommender.sources.spotify_line import SpotifyLine
    from recommender.types import Query, Track

# So much before the deadline the waiting ends, so that songs already there still arrive in time.
MARGIN_S = 0.05
# So long is an answer used again; Spotify's terms allow a cache for no longer than it needs.
KEPT_FOR = timedelta(hours=12)
# A renewal is nobody's wait.
RENEWAL_S = 10.0
# Of how many queries it is remembered what their pages showed.
KEPT_QUERIES = 256


class SpotifySource:
    """Spotify as a source of music, for any number of threads.

    After Spotify has refused the key, this object asks no more; after it has asked for a pause,
    not until the pause is over.

    answers : where answers are kept; what is fresh there is not asked again
    """

    def __init__(self, settings: Settings, answers: Answers | None = None) -> None:
        # Here rather than at the top, so that the first page is up at once; and not in the first
        # search, whose time they would take (half a second).
        import spotipy

        from recommender.sources.spotify_line import SpotifyLine

        # At level DEBUG spotipy writes the key and the token into the log.
        logging.getLogger("spotipy").setLevel(logging.WARNING)
        self._spotipy = spotipy
        self._line_class = SpotifyLine
        self._settings = settings
        self._answers = answers
        self._tokens = spotipy.MemoryCacheHandler()
        self._lock = threading.Lock()
        self._refused: str | None = None
        self._pause: tuple[float, RateLimited | QuotaExceeded] | None = None
        self._shown: OrderedDict[Query, dict[int, frozenset[str]]] = OrderedDict()

    @property
    def name(self) -> SourceName:
        """Which source this is."""
        return SourceName.SPOTIFY

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        """Return the tracks found; see `recommender.types.MusicSource`.

        When Spotify fails after some requests of several, what they brought is the answer.
        """
        plan = searches(query)
        requests = [self._request(search) for search in plan]
        kept = [self._kept(request) for request in requests]
        missing = [request for request, items in zip(requests, kept, strict=True) if items is None]
        fresh: list[list[object]] = []
        failure = None
        if missing:
            self._keep_quiet()
            failure = self._fetch(missing, fresh, deadline - MARGIN_S)
        answered = iter(fresh[:])
        pages = [next(answered, []) if items is None else items for items in kept]
        tracks = self._choose(query, pages)
        if failure is not None and not tracks:
            raise failure
        return tracks

    def _keep_quiet(self) -> None:
        """Raise what Spotify said last, if it still holds."""
        if self._refused is not None:
            raise NotAuthorised(self._refused)
        if self._pause is None:
            return
        until, said = self._pause
        remaining = until - time.monotonic()
        if remaining <= 0:
            return
        if isinstance(said, RateLimited):
            raise RateLimited(str(said), remaining)
        raise QuotaExceeded(str(said))

    def _remember(self, failure: SourceError) -> None:
        now = time.monotonic()
        if isinstance(failure, NotAuthorised):
            self._refused = str(failure)
        elif isinstance(failure, RateLimited):
            self._pause = (now + (failure.retry_after or PAUSE_S), failure)
        elif isinstance(failure, QuotaExceeded):
            self._pause = (now + QUOTA_PAUSE_S, failure)

    def renew(self, request: Mapping[str, Any]) -> None:
        """Ask a kept request again, and keep what is answered now.

        Raises
        ------
        SourceError
            When Spotify does not answer it.
        """
        if request.get("api") != self._settings.spotify_api:
            return
        self._keep_quiet()
        failure = self._fetch([request], [], time.monotonic() + RENEWAL_S)
        if failure is not None:
            raise failure

    def _request(self, search: Search) -> dict[str, Any]:
        """Return what is asked, in the words of Spotify's search, and of whom."""
        return {
            "api": self._settings.spotify_api,
            "q": search.text,
            "limit": PAGE_SIZE,
            "offset": search.offset,
            "type": "track",
            "market": search.market,
        }

    def _kept(self, request: Mapping[str, Any]) -> list[object] | None:
        answer = None if self._answers is None else self._answers.get(self.name, request)
        return None if answer is None else items_of(answer)

    def _fetch(
        self, requests: Sequence[Mapping[str, Any]], pages: list[list[object]], deadline: float
    ) -> SourceError | None:
        """Add the items of each request to ``pages`` and return what went wrong, if anything."""
        line = self._line_class(
            deadline,
            token_url=self._token_url,
            is_local=urlsplit(self._settings.spotify_api).hostname in LOOPBACK_HOSTS,
        )
        try:
            run_by(deadline, lambda: self._ask(requests, pages, line))
        except SourceError as error:
            self._remember(error)
            return error
        except TimeoutError:
            return Unavailable(TOO_LATE)
        except Exception:  # spotipy stumbles in many ways over answers that it does not expect
            logging.getLogger(__name__).debug("spotipy failed", exc_info=True)
            return Unavailable(NONSENSE)
        finally:
            line.wires.cut()
        return None

    def _ask(
        self,
        requests: Sequence[Mapping[str, Any]],
        pages: list[list[object]],
        line: SpotifyLine,
    ) -> None:
        with line:
            auth = self._spotipy.SpotifyClientCredentials(
                self._settings.spotify_id,
                self._settings.spotify_secret,
                requests_session=line,
                cache_handler=self._tokens,
            )
            auth.OAUTH_TOKEN_URL = self._token_url
            client = self._spotipy.Spotify(auth_manager=auth, requests_session=line)
            client.prefix = f"{self._settings.spotify_api}/v1/"
            for request in requests:
                words = {name: value for name, value in request.items() if name != "api"}
                answer = client.search(**words)
                pages.append(items_of(answer))
                if self._answers is not None:
                    self._answers.put(self.name, request, answer, KEPT_FOR)

    @property
    def _token_url(self) -> str:
        return f"{self._settings.spotify_accounts}/api/token"

    def _choose(self, query: Query, pages: list[list[object]]) -> list[Track]:
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
