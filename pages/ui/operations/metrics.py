"""Figures of this process for Prometheus, on a port of their own, in words of ours alone."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pages.ui import resources
from pages.ui.listen import frames
from pages.ui.listen.rate import HISTORY
from pages.ui.listen.seats import SEATS
from pages.ui.web.drain import open_pages
from recommender.errors import SourceError
from recommender.ingest.refresh_report import last_report
from recommender.web import observed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

    from recommender.ingest.refresh_report import Report
    from recommender.settings import Settings
    from recommender.web.observed import SourceRequest

# In seconds, from a picture's arrival to what is read of it; a second is the promise.
MOOD_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
# In seconds; songs are to be there after two and a half.
SOURCE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# The database is asked for the last refresh this often, however often the figures are.
REFRESH_S = 60.0
_log = logging.getLogger(__name__)


class ProcessFigures:
    """A collector of what the process knows when it is asked.

    Parameters
    ----------
    seats : callable, returns how many seats for cameras are taken, and how many there are
    visitors : callable, returns how many pages are open
    refreshed : callable, returns the report of the last refresh, None without one
    now : callable, monotonic time in seconds
    """

    def __init__(
        self,
        seats: Callable[[], tuple[int, int]],
        visitors: Callable[[], int],
        refreshed: Callable[[], Report | None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seats, self._visitors, self._refreshed = seats, visitors, refreshed
        self._now = now
        self._due = now()
        self._report: Report | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        taken, offered = self._seats()
        gauges: dict[str, tuple[str, float]] = {
            "visitors": ("Pages that are open.", self._visitors()),
            "seats_taken": ("Seats for cameras that are taken.", taken),
            "seats_offered": ("Seats for cameras that there are.", offered),
        }
        if self._now() >= self._due:
            self._due = self._now() + REFRESH_S
            self._report = self._refreshed()
        if self._report is not None:
            at = self._report.at.timestamp()
            gauges["refresh_timestamp_seconds"] = ("When the last refresh ended.", at)
            failed = int(self._report.failed)
            gauges["refresh_failed"] = ("Whether something in it failed.", failed)
        for name, (said, value) in gauges.items():
            yield GaugeMetricFamily(f"moodring_{name}", said, value=value)
        yield CounterMetricFamily(
            "moodring_analyses", "Pictures that were read.", value=HISTORY.total
        )


def registry_of(figures: ProcessFigures) -> CollectorRegistry:
    """Return all figures, and have the requests and moods of this process counted from now on."""
    from prometheus_client import CollectorRegistry, Counter, Histogram

    registry = CollectorRegistry()
    registry.register(figures)
    asked = Histogram(
        "moodring_source_seconds",
        "Requests to sources.",
        ("source", "operation"),
        buckets=SOURCE_BUCKETS,
        registry=registry,
    )
    failed = Counter(
        "moodring_source_failures",
        "Requests to sources that failed.",
        ("source", "operation", "kind"),
        registry=registry,
    )
    moods = Histogram(
        "moodring_face_to_mood_seconds",
        "From a picture's arrival to what is read of the face in it.",
        buckets=MOOD_BUCKETS,
        registry=registry,
    )

    def count(request: SourceRequest) -> None:
        asked.labels(request.source, request.operation).observe(request.seconds)
        if request.outcome != observed.FINE:
            failed.labels(request.source, request.operation, request.outcome).inc()

    observed.tell(count)
    frames.on_mood = moods.observe
    return registry


@contextmanager
def served(settings: Settings, port: int) -> Iterator[None]:
    """Serve the figures on a port while the block runs."""
    from prometheus_client import start_http_server

    registry = registry_of(_figures(settings))
    try:
        server, thread = start_http_server(port, settings.metrics_address, registry)
    except OSError as error:
        # Visitors come first.
        _log.error("no metrics: port %d: %s", port, error.strerror)
        yield
        return
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _figures(settings: Settings) -> ProcessFigures:
    return ProcessFigures(lambda: SEATS.counted(settings.max_visitors), open_pages, _last_report)


def _last_report() -> Report | None:
    try:
        engine = resources.opened_database()
        return None if engine is None else last_report(engine)
    except SourceError:
        return None
