"""Clocks that the test moves."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Noon of a Friday in California, until the test moves it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


class Seconds:
    """In the place of a module's `time`: it passes when the test moves it, and nobody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, _: float) -> None:
        time.sleep(0.001)
