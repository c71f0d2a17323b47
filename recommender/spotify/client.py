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

from recommender.deadline import run_all_with_deadline, run_with_deadline
from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, SourceError, Unavailable
from recommender.settings import LOOPBACK_HOSTS
from recommender.spotify.errors import NONSENSE, PAUSE_S, QUOTA_PAUSE_S, TOO_LATE
from recommender.spotify.translate import items_of
from recommender.types import SourceName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from recommender.db.response_cache import ResponseCache
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
    """

    def __init__(self, settings: Settings, answers: ResponseCache | None = None) -> None:
        # Imported here, so that the first page is not delayed; and not in the first search, which
        # would lose half a second.
        import spotipy

        from recommender.spotify.session import DeadlineSession

        # At level DEBUG, spotipy logs the key and the token.
        logging.getLogger("spotipy").setLevel(logging.WARNING)
        self._spotipy = spotipy
        self._session_class = DeadlineSession
        self._settings = settings
        self._answers = answers
        self._tokens = spotipy.MemoryCacheHandler()
        self._breaker = CircuitBreaker()

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
        first, *others = [self._session(deadline) for _ in range(1 + len(requests))]

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
                    failures.append(_failure(error))
            # Cache last and sequentially, so that no song waits for the database's write lock.
            for place, answer in answers.items():
                self._keep(requests[place], answer)

        try:
            run_with_deadline(deadline, gather)
        except Exception as error:  # noqa: BLE001 - spotipy raises many kinds of errors
            failures.append(_failure(error))
        finally:
            for session in (first, *others):
                session.sockets.abort()
        # Copy: after the deadline, `gather` may still append.
        failure = most_severe(failures[:])
        if failure is not None:
            self._breaker.record(failure)
        return pages[:], failure

    def _keep(self, request: Request, answer: object) -> None:
        if self._answers is not None:
            self._answers.put(SourceName.SPOTIFY, request, answer, KEPT_FOR)

    def _session(self, deadline: float) -> DeadlineSession:
        return self._session_class(
            deadline,
            token_url=token_url(self._settings),
            is_local=urlsplit(self._settings.spotify_api).hostname in LOOPBACK_HOSTS,
        )

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


def _failure(error: Exception) -> SourceError:
    if isinstance(error, SourceError):
        return error
    if isinstance(error, TimeoutError):
        return Unavailable(TOO_LATE)
    logging.getLogger(__name__).debug("spotipy failed", exc_info=error)
    return Unavailable(NONSENSE)


# In order of severity: a later error lasts longer.
_SEVERITY = (Unavailable, RateLimited, QuotaExceeded, NotAuthorised)


class CircuitBreaker:
    """A thread-safe circuit breaker."""

    def __init__(self) -> None:
        self._refused: str | None = None
        self._pause: tuple[float, RateLimited | QuotaExceeded] | None = None

    def check(self) -> None:
        """Raise the recorded error while it still applies."""
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

    def record(self, failure: SourceError) -> None:
        """Open the circuit, if the error requires it."""
        now = time.monotonic()
        if isinstance(failure, NotAuthorised):
            self._refused = str(failure)
        elif isinstance(failure, RateLimited):
            self._pause = (now + (failure.retry_after or PAUSE_S), failure)
        elif isinstance(failure, QuotaExceeded):
            self._pause = (now + QUOTA_PAUSE_S, failure)


def most_severe(failures: Iterable[SourceError]) -> SourceError | None:
    """Return the most severe error, or None without errors."""
    return max(failures, default=None, key=_severity)


def _severity(failure: SourceError) -> tuple[int, float]:
    pause = failure.retry_after if isinstance(failure, RateLimited) else None
    kind = max(
        (place for place, kind in enumerate(_SEVERITY) if isinstance(failure, kind)), default=0
    )
    return kind, pause or 0.0


T = TypeVar("T")


def token_url(settings: Settings) -> str:
    """Return the address of the token endpoint."""
    return f"{settings.spotify_accounts}/api/token"


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
    from recommender.spotify.session import DeadlineSession

    deadline = time.monotonic() + budget_s
    session = DeadlineSession(
        deadline,
        token_url=token_url(settings),
        is_local=urlsplit(settings.spotify_api).hostname in LOOPBACK_HOSTS,
        map_error=map_error,
    )

    def work() -> T:
        with session:
            return ask(session)

    try:
        return run_with_deadline(deadline, work)
    except SourceError:
        raise
    except TimeoutError:
        raise Unavailable(TOO_LATE) from None
    except Exception as error:  # noqa: BLE001 - malformed responses raise many kinds of errors
        # Log the type only: an error's message may contain the request, and with it a token.
        logging.getLogger(__name__).debug("failed with %s", type(error).__name__)
        raise Unavailable(NONSENSE) from None
    finally:
        session.sockets.abort()
