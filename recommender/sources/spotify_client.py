"""Client for Spotify's search with the app's own token and concurrent requests."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from recommender.bulkhead import run_by, run_each_by
from recommender.errors import SourceError, Unavailable
from recommender.settings import LOOPBACK_HOSTS
from recommender.sources.spotify_call import token_url
from recommender.sources.spotify_refusals import NONSENSE, TOO_LATE
from recommender.sources.spotify_silence import Silence, gravest
from recommender.sources.spotify_tracks import items_of
from recommender.types import SourceName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recommender.answers import Answers
    from recommender.settings import Settings
    from recommender.sources.spotify_line import SpotifyLine

    Request = Mapping[str, Any]

# Cache lifetime; Spotify's terms allow a cache only as long as it is needed.
KEPT_FOR = timedelta(hours=12)
# Timeout for a renewal, for which no visitor waits.
RENEWAL_S = 10.0


class SpotifyClient:
    """A thread-safe client for Spotify's search.

    After Spotify has rejected the key, no more requests are sent; after a rate limit, none until
    the pause is over.

    Parameters
    ----------
    answers : Answers or None, response cache
    """

    def __init__(self, settings: Settings, answers: Answers | None = None) -> None:
        # Imported here, so that the first page is not delayed; and not in the first search, which
        # would lose half a second.
        import spotipy

        from recommender.sources.spotify_line import SpotifyLine

        # At level DEBUG, spotipy logs the key and the token.
        logging.getLogger("spotipy").setLevel(logging.WARNING)
        self._spotipy = spotipy
        self._line_class = SpotifyLine
        self._settings = settings
        self._answers = answers
        self._tokens = spotipy.MemoryCacheHandler()
        self._silence = Silence()

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
            self._silence.keep()
            fetched, failure = self._fetch([named[place] for place in missing], deadline)
            for place, items in zip(missing, fetched, strict=True):
                pages[place] = items
        return [items or [] for items in pages], failure

    def renew(self, request: Request) -> None:
        """Repeat a cached request and cache the new answer.

        Raises
        ------
        SourceError
            When Spotify does not answer.
        """
        if request.get("api") != self._settings.spotify_api:
            return
        self._silence.keep()
        _, failure = self._fetch([request], time.monotonic() + RENEWAL_S)
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
        first, *others = [self._line(deadline) for _ in range(1 + len(requests))]

        def gather() -> None:
            token = self._token(first)
            calls = [
                partial(self._answer, request, token, line)
                for request, line in zip(requests, others, strict=True)
            ]
            answers: dict[int, object] = {}
            for place, outcome in run_each_by(deadline, calls):
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
            run_by(deadline, gather)
        except Exception as error:  # noqa: BLE001 - spotipy raises many kinds of errors
            failures.append(_failure(error))
        finally:
            for line in (first, *others):
                line.wires.cut()
        # Copy: after the deadline, `gather` may still append.
        failure = gravest(failures[:])
        if failure is not None:
            self._silence.remember(failure)
        return pages[:], failure

    def _keep(self, request: Request, answer: object) -> None:
        if self._answers is not None:
            self._answers.put(SourceName.SPOTIFY, request, answer, KEPT_FOR)

    def _line(self, deadline: float) -> SpotifyLine:
        return self._line_class(
            deadline,
            token_url=token_url(self._settings),
            is_local=urlsplit(self._settings.spotify_api).hostname in LOOPBACK_HOSTS,
        )

    def _token(self, line: SpotifyLine) -> str:
        auth = self._spotipy.SpotifyClientCredentials(
            self._settings.spotify_id,
            self._settings.spotify_secret,
            requests_session=line,
            cache_handler=self._tokens,
        )
        auth.OAUTH_TOKEN_URL = token_url(self._settings)
        with line:
            token: str = auth.get_access_token(as_dict=False)
        return token

    def _answer(self, request: Request, token: str, line: SpotifyLine) -> object:
        with line:
            client = self._spotipy.Spotify(auth=token, requests_session=line)
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
