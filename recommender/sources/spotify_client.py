"""An app's own access to Spotify's search: one token, and requests side by side."""

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

# So long is an answer used again; Spotify's terms allow a cache for no longer than it needs.
KEPT_FOR = timedelta(hours=12)
# A renewal is nobody's wait.
RENEWAL_S = 10.0


class SpotifyClient:
    """Asks Spotify's search, for any number of threads.

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
        self._silence = Silence()

    def ask(
        self, requests: Sequence[Request], deadline: float
    ) -> tuple[list[list[object]], SourceError | None]:
        """Return the items of each request, and what went wrong, if anything.

        requests : words of Spotify's search
        deadline : value of ``time.monotonic()``; a request that is not answered by then has no
            items

        Raises
        ------
        SourceError
            When nothing may be asked now.
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
        """Ask a kept request again, and keep what is answered now.

        Raises
        ------
        SourceError
            When Spotify does not answer it.
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
        """Return the items that came by the deadline, and the gravest of what went wrong."""
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
            # Last, and one after the other: no song waits for the database's one writer.
            for place, answer in answers.items():
                self._keep(requests[place], answer)

        try:
            run_by(deadline, gather)
        except Exception as error:  # noqa: BLE001 - spotipy stumbles over what it does not expect
            failures.append(_failure(error))
        finally:
            for line in (first, *others):
                line.wires.cut()
        # After the deadline the gathering may still be at work.
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
