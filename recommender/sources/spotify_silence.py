"""Circuit breaker: open permanently after a rejected key, for a time after a rate limit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, SourceError, Unavailable
from recommender.sources.spotify_refusals import PAUSE_S, QUOTA_PAUSE_S

if TYPE_CHECKING:
    from collections.abc import Iterable

# In order of severity: a later error lasts longer.
_GRAVITY = (Unavailable, RateLimited, QuotaExceeded, NotAuthorised)


class Silence:
    """A thread-safe circuit breaker."""

    def __init__(self) -> None:
        self._refused: str | None = None
        self._pause: tuple[float, RateLimited | QuotaExceeded] | None = None

    def keep(self) -> None:
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

    def remember(self, failure: SourceError) -> None:
        """Open the circuit, if the error requires it."""
        now = time.monotonic()
        if isinstance(failure, NotAuthorised):
            self._refused = str(failure)
        elif isinstance(failure, RateLimited):
            self._pause = (now + (failure.retry_after or PAUSE_S), failure)
        elif isinstance(failure, QuotaExceeded):
            self._pause = (now + QUOTA_PAUSE_S, failure)


def gravest(failures: Iterable[SourceError]) -> SourceError | None:
    """Return the most severe error, or None without errors."""
    return max(failures, default=None, key=_gravity)


def _gravity(failure: SourceError) -> tuple[int, float]:
    pause = failure.retry_after if isinstance(failure, RateLimited) else None
    kind = max(
        (place for place, kind in enumerate(_GRAVITY) if isinstance(failure, kind)), default=0
    )
    return kind, pause or 0.0
