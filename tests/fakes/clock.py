"""A clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """Noon of a Friday in California, until the test moves it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at
