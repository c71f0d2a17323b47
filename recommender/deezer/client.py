"""Deezer's search and its songs: what is asked, how often, and what its answers mean.

Deezer needs no key, and grants about 50 requests in 5 seconds, as others report; this process asks
less. Its errors come with the status 200. Covers are kept by their address for a day at most; the
address of a preview ends within minutes, and is never kept. https://developers.deezer.com/api
"""

from __future__ import annotations

import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from recommender import errors
from recommender.db.response_cache import MAX_LIFETIME
from recommender.deadline import CircuitBreaker, run_with_deadline
from recommender.deezer.matching import Match, best_match, preview_of, search_words
from recommender.text import json_object
from recommender.web.addresses import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from recommender.db.response_cache import ResponseCache
    from recommender.settings import Settings
    from recommender.types import Track

SOURCE = "deezer"
DEEZER = errors.Service(
    SOURCE, late="failed", unreachable="failed", unusable="failed", nonsense="failed"
)
# Requests at once, and a second later on: at most 30 in 5 seconds, where about 50 are granted.
BURST, A_SECOND = 10, 4.0
# Seconds without requests after Deezer has asked for that; it states no time.
PAUSE_S = 10.0
MAX_RESULTS = 10
# Characters of a search text.
MAX_WORDS = 200
# Codes of Deezer's errors (https://developers.deezer.com/api/errors): quota, busy, and not found.
_HASTE, _NOTHING = frozenset({4, 700}), 800
_LEFT_ALONE = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})


class TokenBucket:
    """A limit of requests a second, with some at once. Thread-safe.

    Parameters
    ----------
    now, wait : callables, `time.monotonic` and `time.sleep`
    """

    def __init__(
        self,
        burst: int = BURST,
        a_second: float = A_SECOND,
        *,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._burst, self._a_second = burst, a_second
        self._now, self._wait = now, wait
        self._lock = threading.Lock()
        self._left, self._at = float(burst), now()

    def take(self, deadline: float) -> bool:
        """Wait for the next request's turn; return False at once when it comes too late.

        Parameters
        ----------
        deadline : float, value of ``now()``
        """
        with self._lock:
            at = self._now()
            left = min(self._burst, self._left + (at - self._at) * self._a_second)
            pause = max(0.0, (1 - left) / self._a_second)
            if at + pause > deadline:
                return False
            self._left, self._at = left - 1, at
        if pause:
            self._wait(pause)
        return True


# Deezer counts by address, so that all in this process share it.
BUCKET = TokenBucket()


class Deezer:
    """A thread-safe client of Deezer's search.

    Parameters
    ----------
    answers : ResponseCache or None, keeps ids and covers' addresses
    """

    def __init__(
        self,
        settings: Settings,
        answers: ResponseCache | None = None,
        *,
        bucket: TokenBucket = BUCKET,
    ) -> None:
        self._base = settings.deezer_api
        self._answers = answers
        self._bucket = bucket
        self._breaker = CircuitBreaker(PAUSE_S, PAUSE_S)

    def find(self, track: Track, *, deadline: float, seconds: float | None = None) -> Match | None:
        """Return Deezer's song that a track is; None when it has none.

        Parameters
        ----------
        deadline : float, value of ``time.monotonic()``
        seconds : float or None, length of the song, where it is known

        Raises
        ------
        SourceError
            When Deezer does not answer, or asks to be left alone.
        """
        asked: dict[str, Any] = {
            "api": self._base,
            "title": track.title,
            "artists": list(track.artists),
            "album": track.album,
            "explicit": track.explicit,
            "seconds": seconds,
        }
        kept = None if self._answers is None else self._answers.get(SOURCE, asked)
        if isinstance(kept, dict):
            return Match.of(
                kept.get("number"), kept.get("cover"), preview=kept.get("preview") is True
            )
        words = search_words(track)[:MAX_WORDS]
        answer = self._ask("search", {"q": words, "limit": MAX_RESULTS}, deadline)
        items = [] if answer is None else answer.get("data")
        if not isinstance(items, list):
            raise DEEZER.failure("nonsense")
        match = best_match(items[:MAX_RESULTS], track, seconds)
        if self._answers is not None:
            found: dict[str, object] = {}
            if match is not None:
                found = {"number": match.number, "cover": match.cover_url}
                # Whether there is one, and not its address.
                found["preview"] = match.has_preview
            self._answers.put(SOURCE, asked, found, MAX_LIFETIME)
        return match

    def preview(self, number: int, *, deadline: float) -> str | None:
        """Return the address of a song's preview, which ends within minutes; None without one.

        Ask at the press, and keep it nowhere.

        Parameters
        ----------
        number : int, Deezer's id of the song
        deadline : float, value of ``time.monotonic()``

        Raises
        ------
        SourceError
            When Deezer does not answer, or asks to be left alone.
        """
        return preview_of(self._ask(f"track/{number}", {}, deadline))

    def _ask(self, path: str, words: dict[str, Any], deadline: float) -> dict[str, Any] | None:
        """Return Deezer's answer; None when it knows no such thing."""
        # Before the clock of the request starts: requests takes a while to import.
        from recommender.web.session import BoundedSession

        self._breaker.check()
        if not self._bucket.take(deadline):
            raise errors.RateLimited("deezer-pause")
        is_local = urlsplit(self._base).hostname in LOOPBACK_HOSTS
        session = BoundedSession(deadline, DEEZER, is_local=is_local, map_status=error_of_status)
        query = f"?{urlencode(words, errors='replace')}" if words else ""

        def work() -> bytes:
            return session.get(f"{self._base}/{path}{query}").content

        try:
            with DEEZER.errors():
                return _checked(json_object(run_with_deadline(deadline, work)))
        except errors.SourceError as error:
            self._breaker.record(error)
            raise
        finally:
            session.sockets.abort()


def error_of_status(status: int) -> errors.SourceError | None:
    """Return the error for a response with a status; None for 200."""
    if status == HTTPStatus.OK:
        return None
    if status in _LEFT_ALONE:
        return errors.RateLimited("deezer-pause", PAUSE_S)
    return DEEZER.failure("nonsense")


def _checked(answer: dict[str, Any]) -> dict[str, Any] | None:
    """Return an answer with status 200 that is none of an error; None for nothing found."""
    error = answer.get("error")
    if not answer:
        raise DEEZER.failure("nonsense")
    if not error:
        return answer
    code = error.get("code") if isinstance(error, dict) else None
    if code == _NOTHING:
        return None
    if isinstance(code, int) and code in _HASTE:
        raise errors.RateLimited("deezer-pause", PAUSE_S)
    raise DEEZER.failure("nonsense")
