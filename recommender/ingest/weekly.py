"""Optional weekly refresh while the app runs; of several processes, one does it."""

from __future__ import annotations

import logging
import threading
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from recommender.db.app_state import claim_state, get_state, put_state, swap_state
from recommender.ingest.refresh import refresh
from recommender.ingest.refresh_report import last_report
from recommender.text import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from recommender.settings import Settings

# Key of the owner's choice; "1" enables it.
WEEKLY = "refresh-weekly"
PERIOD = timedelta(days=7)
# Key of the time at which a process began a refresh, "" when none runs.
_CLAIM = "refresh-claimed"
# A process that was killed keeps the others out for so long.
CLAIM_LASTS = timedelta(hours=6)
CHECK_S = 3600.0
# Leave the machine to the app while it starts.
FIRST_CHECK_S = 60.0
STOP_S = 1.0
_log = logging.getLogger(__name__)


class WeeklyRefresh:
    """A thread that checks every `CHECK_S` whether a refresh is due.

    Parameters
    ----------
    run : callable, refreshes; an exception does not end the thread
    opened : callable, opens the database for one check
    now : callable, returns the timezone-aware time
    wait : callable, waits some seconds; returns true at once when the thread must stop
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
        """Start the thread; the first check follows after `FIRST_CHECK_S`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop checking, without waiting for a refresh that runs."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def look(self) -> None:
        """Refresh if it is due."""
        with self._opened() as engine:
            now = self._now()
            if not (is_due(engine, now) and _claim(engine, now)):
                return
            try:
                # Another process may have ended its refresh between the two questions.
                if is_due(engine, now):
                    self._run(engine)
            finally:
                put_state(engine, _CLAIM, "")

    def _look_on(self) -> None:
        seconds = FIRST_CHECK_S
        while not self._wait(seconds):
            seconds = CHECK_S
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - the next check may succeed
                _log.warning("the weekly refresh failed: %s", type(error).__name__)


def _claim(engine: Engine, now: datetime) -> bool:
    """Return whether this process may refresh, and no other does.

    Raises
    ------
    Unavailable
        When the database cannot be used.
    """
    before = claim_state(engine, _CLAIM, "")
    with suppress(ValueError):
        if abs(now - datetime.fromisoformat(before)) < CLAIM_LASTS:
            return False
    return swap_state(engine, _CLAIM, before, now.isoformat())


def is_due(engine: Engine, now: datetime) -> bool:
    """Return whether weekly refreshes are enabled and the last is over a week old.

    Raises
    ------
    Unavailable
        When the database cannot be used.
    """
    if get_state(engine, WEEKLY) != "1":
        return False
    last = last_report(engine)
    # A report dated in the future (the clock was wrong) must not postpone the next refresh.
    return last is None or abs(now - last.at) > PERIOD


def start_weekly_refresh(
    settings: Settings,
    opened: Callable[[Settings], AbstractContextManager[Engine]],
) -> WeeklyRefresh:
    """Start the thread, which opens the database only to check.

    Parameters
    ----------
    opened : opens the database, as `recommender.wiring.opened` does
    """
    weekly = WeeklyRefresh(
        lambda engine: refresh(engine, settings.data_dir), lambda: opened(settings)
    )
    weekly.start()
    return weekly
