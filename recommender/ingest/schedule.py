"""The weekly refresh while the app runs, where its owner has chosen it."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from recommender.answers import utc_now
from recommender.choices import get_choice
from recommender.ingest.refreshing import refresh
from recommender.ingest.reports import last_report
from recommender.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Engine

    from recommender.ingest.refreshing import Renewers
    from recommender.settings import Settings

# The owner's choice; "1" switches it on.
WEEKLY = "refresh-weekly"
PERIOD = timedelta(days=7)
CHECK_S = 3600.0
# The app has better things to do while it starts.
FIRST_CHECK_S = 60.0
STOP_S = 1.0
_log = logging.getLogger(__name__)


class WeeklyRefresh:
    """A thread that looks every `CHECK_S` whether a refresh is due, from `start` to `stop`.

    run : refreshes; whatever it raises, the next one comes
    opened : opens the database, anew for each look
    now : returns the time, aware of its zone
    wait : waits some seconds, or returns true at once when the thread is to stop
    """

    def __init__(
        self,
        run: Callable[[Engine], object],
        opened: Callable[[], AbstractContextManager[Engine]],
        *,
        now: Callable[[], datetime] = utc_now,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._run = run
        self._opened = opened
        self._now = now
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._thread = threading.Thread(target=self._look_on, name="weekly-refresh", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more. A refresh that runs is not waited for."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def look(self) -> None:
        """Refresh if it is due."""
        with self._opened() as engine:
            if is_due(engine, self._now()):
                self._run(engine)

    def _look_on(self) -> None:
        seconds = FIRST_CHECK_S
        while not self._wait(seconds):
            seconds = CHECK_S
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - the next look may do better
                _log.warning("the weekly refresh failed: %s", type(error).__name__)


def is_due(engine: Engine, now: datetime) -> bool:
    """Return whether the owner wants weekly refreshes, and the last is over a week old.

    Raises
    ------
    Unavailable
        When the database cannot be used.
    """
    if get_choice(engine, WEEKLY) != "1":
        return False
    last = last_report(engine)
    # One from the future, by a clock that was wrong, must not put the next one off.
    return last is None or abs(now - last.at) > PERIOD


def start_weekly_refresh(settings: Settings, *, renew: Renewers | None = None) -> WeeklyRefresh:
    """Start the thread. Nothing is opened before its first look.

    renew : as `recommender.ingest.refreshing.refresh` takes it
    """
    weekly = WeeklyRefresh(
        lambda engine: refresh(engine, settings.data_dir, renew=renew), lambda: opened(settings)
    )
    weekly.start()
    return weekly
