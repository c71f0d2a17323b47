"""Figures as Prometheus reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from prometheus_client import generate_latest

from pages.ui.listen import frames
from pages.ui.operations.metrics import REFRESH_S, ProcessFigures, registry_of
from recommender.errors import RateLimited
from recommender.ingest.refresh_report import Report
from recommender.web import observed

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    yield
    observed._observers.clear()
    frames.on_mood = None


def test_figures_are_of_the_moment_and_requests_and_moods_are_counted() -> None:
    now, asked = 0.0, 0

    def refreshed() -> Report:
        nonlocal asked
        asked += 1
        return Report(AT, ("canary title",), failed=True)

    figures = ProcessFigures(lambda: (3, 8), lambda: 5, refreshed, now=lambda: now)
    registry = registry_of(figures)
    with observed.observed("spotify", "GET v1/search"):
        pass
    with (
        pytest.raises(RateLimited),
        observed.observed("spotify", "GET v1/search"),
    ):
        raise RateLimited("spotify-pause", 9.0)
    assert frames.on_mood is not None
    frames.on_mood(0.07)
    said = generate_latest(registry).decode()
    for line in (
        "moodring_visitors 5.0",
        "moodring_seats_taken 3.0",
        "moodring_seats_offered 8.0",
        "moodring_refresh_failed 1.0",
        'moodring_source_seconds_count{operation="GET v1/search",source="spotify"} 2.0',
        'moodring_source_failures_total{kind="RateLimited",operation="GET v1/search",'
        'source="spotify"} 1.0',
        'moodring_face_to_mood_seconds_bucket{le="0.1"} 1.0',
        'moodring_face_to_mood_seconds_bucket{le="0.05"} 0.0',
    ):
        assert f"{line}\n" in said
    assert "moodring_analyses_total" in said
    assert "canary" not in said
    assert asked == 1
    now = REFRESH_S
    generate_latest(registry)
    assert asked == 2


def test_without_a_refresh_there_is_no_figure_of_it() -> None:
    registry = registry_of(ProcessFigures(lambda: (0, 4), lambda: 0, lambda: None))
    assert "refresh" not in generate_latest(registry).decode()
