"""Requests to Spotify with an end: searches by the app's own key, and a visitor's own actions.

Searches share one token and go side by side. Spotify is left alone for ever after a refusal, and
for a while when it asks for that.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from recommender.deadline import (
    CircuitBreaker,
    most_severe,
    run_all_with_deadline,
    run_with_deadline,
)
from recommender.spotify.errors import PAUSE_S, QUOTA_PAUSE_S, SPOTIFY, error_from_response
from recommender.spotify.translate import items_of
from recommender.types import SourceName
from recommender.web.addresses import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from recommender.db.response_cache import ResponseCache
    from recommender.deadline import Pauses
    from recommender.errors import SourceError
    from recommender.settings import Settings
    from recommender.spotify.session import DeadlineSession, ErrorMapper

    Request = Mapping[str, Any]

# Cache lifetime; Spotify's terms allow a cache only as long as it is needed.
KEPT_FOR = timedelta(hours=12)
# Timeout of a check, for which no visitor waits.
CHECK_S = 10.0


class SpotifyClient:
    """A thread-safe client for Spotify's search.

    After Spotify has rejected the key, no more requests are sent; after a rate limit, none until
    the pause is over.

    Parameters
    ----------
    answers : ResponseCache or None, response cache
    pauses : Pauses or None, by which other processes keep Spotify's pauses too
    """

    def __init__(
        self,
        settings: Settings,
        answers: ResponseCache | None = None,
        pauses: Pauses | None = None,
    ) -> None:
        # Imported here, so that the first page is not delayed; and not in the first search, which
        # would lose half a second.
        import spotipy

        import recommender.spotify.session  # noqa: F401

        # At level DEBUG, spotipy logs the key and the token.
        logging.getLogger("spotipy").setLevel(logging.WARNING)
        self._spotipy = spotipy
        self._settings = settings
        self._answers = answers
        self._tokens = spotipy.MemoryCacheHandler()
        self._breaker = CircuitBreaker(PAUSE_S, QUOTA_PAUSE_S, pauses)

    def ask(
        self, requests: Sequence[Request], deadline: float
    ) -> tuple[list[list[object]], SourceError | None]:
        """Return the items of each request, and the most severe error or None.

        Parameters
        ----------
        requests : sequence of mapping, parameters of Spotify's search
        deadline : float, value of ``time.monotonic()``; requests unanswered by then have no items

        Raises
        ------
        SourceError
            When the circuit breaker is open.
        """
        named = [{"api": self._settings.spotify_api, **request} for request in requests]
        pages = [self._kept(request) for request in named]
        missing = [place for place, items in enumerate(pages) if items is None]
        failure = None
        if missing:
            self._breaker.check()
            fetched, failure = self._fetch([named[place] for place in missing], deadline)
            for place, items in zip(missing, fetched, strict=True):
                pages[place] = items
        return [items or [] for items in pages], failure

    def check(self, request: Request) -> None:
        """Send one request, whatever is cached.

        Raises
        ------
        SourceError
            When Spotify does not answer.
        """
        self._breaker.check()
        _, failure = self._fetch([request], time.monotonic() + CHECK_S)
        if failure is not None:
            raise failure

    def _kept(self, request: Request) -> list[object] | None:
        answer = None if self._answers is None else self._answers.get(SourceName.SPOTIFY, request)
        return None if answer is None else items_of(answer, request["type"])

    def _fetch(
        self, requests: Sequence[Request], deadline: float
    ) -> tuple[list[list[object]], SourceError | None]:
        """Return the items received by the deadline, and the most severe error."""
        pages: list[list[object]] = [[] for _ in requests]
        failures: list[SourceError] = []
        first, *others = [session_for(self._settings, deadline) for _ in range(1 + len(requests))]

        def gather() -> None:
            token = self._token(first)
            calls = [
                partial(self._answer, request, token, session)
                for request, session in zip(requests, others, strict=True)
            ]
            answers: dict[int, object] = {}
            for place, outcome in run_all_with_deadline(deadline, calls):
                try:
                    answer = outcome()
                    pages[place] = items_of(answer, requests[place]["type"])
                    answers[place] = answer
                except Exception as error:  # noqa: BLE001 - as below
                    failures.append(SPOTIFY.error_from(error))
            # Cache last and sequentially, so that no song waits for the database's write lock.
            for place, answer in answers.items():
                if self._answers is not None:
                    self._answers.put(SourceName.SPOTIFY, requests[place], answer, KEPT_FOR)

        try:
            run_with_deadline(deadline, gather)
        except Exception as error:  # noqa: BLE001 - spotipy raises many kinds of errors
            failures.append(SPOTIFY.error_from(error))
        finally:
            for session in (first, *others):
                session.sockets.abort()
        # Copy: after the deadline, `gather` may still append.
        failure = most_severe(failures[:])
        if failure is not None:
            self._breaker.record(failure)
        return pages[:], failure

    def _token(self, session: DeadlineSession) -> str:
        auth = self._spotipy.SpotifyClientCredentials(
            self._settings.spotify_id,
            self._settings.spotify_secret,
            requests_session=session,
            cache_handler=self._tokens,
        )
        auth.OAUTH_TOKEN_URL = token_url(self._settings)
        with session:
            token: str = auth.get_access_token(as_dict=False)
        return token

    def _answer(self, request: Request, token: str, session: DeadlineSession) -> object:
        with session:
            client = self._spotipy.Spotify(auth=token, requests_session=session)
            client.prefix = f"{self._settings.spotify_api}/v1/"
            return client.search(
                **{name: value for name, value in request.items() if name != "api"}
            )


T = TypeVar("T")


def token_url(settings: Settings) -> str:
    """Return the address of the token endpoint."""
    return f"{settings.spotify_accounts}/api/token"


def session_for(
    settings: Settings, deadline: float, map_error: ErrorMapper = error_from_response
) -> DeadlineSession:
    """Return a session for requests until a deadline; see `DeadlineSession`."""
    from recommender.spotify.session import DeadlineSession

    return DeadlineSession(
        deadline,
        token_url=token_url(settings),
        is_local=urlsplit(settings.spotify_api).hostname in LOOPBACK_HOSTS,
        map_error=map_error,
    )


def call_within(
    budget_s: float, settings: Settings, ask: Callable[[DeadlineSession], T], map_error: ErrorMapper
) -> T:
    """Return the result of ``ask``, which sends its requests through the given session.

    Parameters
    ----------
    budget_s : float, time limit in seconds for all requests together
    map_error : ErrorMapper, maps a response to its error

    Raises
    ------
    SourceError
        When time runs out, or Spotify refuses or cannot be understood.
    """
    # Import before the clock starts: requests takes a while to import.
    import recommender.spotify.session  # noqa: F401

    deadline = time.monotonic() + budget_s
    session = session_for(settings, deadline, map_error)

    def work() -> T:
        with session:
            return ask(session)

    try:
        with SPOTIFY.errors():
            return run_with_deadline(deadline, work)
    finally:
        session.sockets.abort()
