"""The exact video of a song, from YouTube's search, with an app's own key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from recommender.allowances import Allowance
from recommender.answers import MAX_LIFETIME, utc_now
from recommender.bulkhead import run_by
from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, Unavailable
from recommender.sources.youtube_answers import SPENT, TOO_LATE, address_of, fitting_video
from recommender.sources.youtube_line import YouTubeLine, cut

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy import Engine

    from recommender.answers import Answers
    from recommender.settings import Settings
    from recommender.types import Track

SOURCE = "youtube"
# What Google gives to each project, and where its day begins.
SEARCHES_A_DAY = 100
ZONE = ZoneInfo("America/Los_Angeles")
MUSIC = "10"
MAX_RESULTS = 5
# After YouTube has asked to be left alone; it does not say for how long.
PAUSE_S = 60.0
# Titles of two songs by five hundred characters are no search any more.
MAX_TEXT = 200


class YouTube:
    """YouTube's search, for any number of threads.

    After YouTube has refused the key, this object asks no more; when the day's searches are used
    up, nothing is asked until Google's next day begins.

    engine : of the database that counts the searches
    answers : where answers are kept; what is fresh there is not asked again
    now : returns the time, aware of its zone
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        answers: Answers | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._answers = answers
        self._allowance = Allowance(engine, SOURCE, SEARCHES_A_DAY)
        self._now = now
        self._line = YouTubeLine(settings)
        self._refused: str | None = None
        self._pause_until = 0.0

    def left(self) -> int:
        """Return how many searches are left today.

        Raises
        ------
        Unavailable
            When the database cannot be used.
        """
        return self._allowance.left(self._today())

    def find_video(
        self, track: Track, *, region: str | None, language: str | None, deadline: float
    ) -> str | None:
        """Return the address of a song's video; None when YouTube has none that fits.

        region : where the listener is, as ISO 3166-1 writes it (two letters)
        language : the listener's, as ISO 639-1 writes it
        deadline : value of ``time.monotonic()``

        Raises
        ------
        SourceError
            With one sentence for the listener, and never with the key.
        """
        request = self._request(track, region, language)
        kept = None if self._answers is None else self._answers.get(SOURCE, request)
        if isinstance(kept, dict):
            return address_of(kept["video"]) if kept.get("video") else None
        wires = self._line.wires(deadline)
        try:
            video = run_by(deadline, lambda: self._search(request, track, wires))
        except TimeoutError:
            raise Unavailable(TOO_LATE) from None
        finally:
            cut(wires)
        if self._answers is not None:
            self._answers.put(SOURCE, request, {"video": video}, MAX_LIFETIME)
        return None if video is None else address_of(video)

    def _request(self, track: Track, region: str | None, language: str | None) -> dict[str, Any]:
        """Return what is asked, in the words of YouTube's search, and of whom."""
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

    def _search(self, request: dict[str, Any], track: Track, wires: Any) -> str | None:  # noqa: ANN401 - httplib2 publishes no types
        if self._refused is not None:
            raise NotAuthorised(self._refused)
        if time.monotonic() < self._pause_until:
            raise RateLimited("YouTube asks to be left alone for a while.")
        if not self._allowance.spend(self._today()):
            raise QuotaExceeded(SPENT)
        try:
            return fitting_video(self._line.ask(request, wires), track)
        except NotAuthorised as error:
            self._refused = str(error)
            raise
        except RateLimited:
            self._pause_until = time.monotonic() + PAUSE_S
            raise
        except QuotaExceeded:
            self._allowance.exhaust(self._today())
            raise

    def _today(self) -> date:
        return self._now().astimezone(ZONE).date()
