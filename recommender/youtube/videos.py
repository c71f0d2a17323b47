"""The exact video of a song, from YouTube's search with the app's own key."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, case, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from recommender.db.engine import database_errors, short_write
from recommender.db.response_cache import MAX_LIFETIME, ResponseCache
from recommender.db.tables import AllowanceRow
from recommender.deadline import CircuitBreaker, run_with_deadline
from recommender.errors import QuotaExceeded, SourceError
from recommender.settings import Settings
from recommender.text import utc_now
from recommender.types import Track, youtube_link
from recommender.youtube.client import YOUTUBE, YouTubeClient, abort, fitting_video

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
_ROW = AllowanceRow


class DailyQuota:
    """A daily quota of requests, counted in the database for all threads and processes together.

    Every method raises `recommender.errors.Unavailable` when the database cannot be used.

    Parameters
    ----------
    source : str, the source that the requests go to
    limit : int, requests a day
    """

    def __init__(self, engine: Engine, source: str, limit: int) -> None:
        self._engine = engine
        self._source = source
        self.limit = limit

    def left(self, day: date) -> int:
        """Return the number of requests left on a day."""
        asked = select(_ROW.used).where(_ROW.source == self._source, _ROW.day == day)
        with database_errors(), self._engine.connect() as connection:
            used = connection.scalar(asked)
        return max(0, self.limit - (used or 0))

    def spend(self, day: date) -> bool:
        """Count one request and return True, or return False when the quota is used up."""
        with database_errors():
            if self._count(day):
                return True
            self._make_row(day)
            return self._count(day)

    def exhaust(self, day: date) -> None:
        """Mark the quota as used up: other programs may use the same API key."""
        with database_errors():
            self._make_row(day)
            with short_write(self._engine) as connection:
                connection.execute(
                    update(_ROW).where(_ROW.source == self._source).values(day=day, used=self.limit)
                )

    def _count(self, day: date) -> bool:
        same_day = _ROW.day == day
        statement = (
            update(_ROW)
            .where(_ROW.source == self._source, or_(~same_day, _ROW.used < self.limit))
            # In this order: MariaDB assigns a column before it evaluates the next.
            .ordered_values((_ROW.used, case((same_day, _ROW.used + 1), else_=1)), (_ROW.day, day))
        )
        with short_write(self._engine) as connection:
            return connection.execute(statement).rowcount == 1

    def _make_row(self, day: date) -> None:
        try:
            with short_write(self._engine) as connection:
                row = {"source": self._source, "day": day, "used": 0}
                connection.execute(insert(_ROW), row)
        except IntegrityError:
            # The row exists already, or another process created it first.
            return


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
        # The quota ends a day, which the database knows.
        self._breaker = CircuitBreaker(PAUSE_S, quota_pause_s=0.0)

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
            return youtube_link(kept.get("video"))
        connections = self._client.connections(deadline)
        try:
            with YOUTUBE.errors():
                video = run_with_deadline(
                    deadline, lambda: self._search(request, track, connections)
                )
        finally:
            abort(connections)
        if self._answers is not None:
            self._answers.put(SOURCE, request, {"video": video}, MAX_LIFETIME)
        return youtube_link(video)

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
        self._breaker.check()
        if not self._quota.spend(self._today()):
            raise QuotaExceeded("youtube-spent")
        try:
            return fitting_video(self._client.ask(request, connections), track)
        except SourceError as error:
            self._breaker.record(error)
            if isinstance(error, QuotaExceeded):
                self._quota.exhaust(self._today())
            raise

    def _today(self) -> date:
        return self._now().astimezone(ZONE).date()
