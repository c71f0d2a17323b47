"""The exact video of a song, from YouTube's search with the app's own key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from recommender.db.response_cache import MAX_LIFETIME
from recommender.deadline import run_with_deadline
from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, Unavailable
from recommender.text import utc_now
from recommender.youtube.client import (
    SPENT,
    TOO_LATE,
    YouTubeClient,
    abort,
    address_of,
    fitting_video,
)
from recommender.youtube.quota import DailyQuota

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy import Engine

    from recommender.db.response_cache import ResponseCache
    from recommender.settings import Settings
    from recommender.types import Track

SOURCE = "youtube"
# Google's daily quota for a project, and the time zone in which its day begins.
SEARCHES_A_DAY = 100
ZONE = ZoneInfo("America/Los_Angeles")
MUSIC = "10"
MAX_RESULTS = 5
# Seconds without requests after a rate limit, because YouTube does not state a time.
PAUSE_S = 60.0
# Characters of a search text; a longer text would match no video.
MAX_TEXT = 200


class YouTube:
    """A thread-safe client for YouTube's search.

    After YouTube has rejected the key, no more requests are sent; when the daily quota is used up,
    none until Google's next day begins.

    Parameters
    ----------
    engine : Engine, of the database that counts the searches
    answers : ResponseCache or None, response cache
    now : callable, returns the timezone-aware time
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        answers: ResponseCache | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._answers = answers
        self._quota = DailyQuota(engine, SOURCE, SEARCHES_A_DAY)
        self._now = now
        self._client = YouTubeClient(settings)
        self._refused: str | None = None
        self._pause_until = 0.0

    def left(self) -> int:
        """Return how many searches are left today. Raises Unavailable."""
        return self._quota.left(self._today())

    def find_video(
        self, track: Track, *, region: str | None, language: str | None, deadline: float
    ) -> str | None:
        """Return the address of a song's video; None when no result fits.

        Parameters
        ----------
        region : str or None, the listener's country, ISO 3166-1 (two letters)
        language : str or None, the listener's language, ISO 639-1
        deadline : float, value of ``time.monotonic()``

        Raises
        ------
        SourceError
            With one sentence for the listener, never containing the key.
        """
        request = self._request(track, region, language)
        kept = None if self._answers is None else self._answers.get(SOURCE, request)
        if isinstance(kept, dict):
            return address_of(kept["video"]) if kept.get("video") else None
        connections = self._client.connections(deadline)
        try:
            video = run_with_deadline(deadline, lambda: self._search(request, track, connections))
        except TimeoutError:
            raise Unavailable(TOO_LATE) from None
        finally:
            abort(connections)
        if self._answers is not None:
            self._answers.put(SOURCE, request, {"video": video}, MAX_LIFETIME)
        return None if video is None else address_of(video)

    def _request(self, track: Track, region: str | None, language: str | None) -> dict[str, Any]:
        """Return the search's parameters, and as "api" its address: together the cache key."""
        words = {
            "q": f"{track.title} {track.artists[0]}"[:MAX_TEXT],
            "part": "snippet",
            "type": "video",
            "videoCategoryId": MUSIC,
            "maxResults": MAX_RESULTS,
            "regionCode": region,
            "relevanceLanguage": language,
            "fields": "items(id/videoId,snippet(title,channelTitle))",
        }
        asked = {name: value for name, value in words.items() if value is not None}
        return {"api": self._settings.youtube_api, **asked}

    def _search(self, request: dict[str, Any], track: Track, connections: Any) -> str | None:  # noqa: ANN401 - httplib2 publishes no types
        if self._refused is not None:
            raise NotAuthorised(self._refused)
        if time.monotonic() < self._pause_until:
            raise RateLimited("YouTube asks to be left alone for a while.")
        if not self._quota.spend(self._today()):
            raise QuotaExceeded(SPENT)
        try:
            return fitting_video(self._client.ask(request, connections), track)
        except NotAuthorised as error:
            self._refused = str(error)
            raise
        except RateLimited:
            self._pause_until = time.monotonic() + PAUSE_S
            raise
        except QuotaExceeded:
            self._quota.exhaust(self._today())
            raise

    def _today(self) -> date:
        return self._now().astimezone(ZONE).date()
