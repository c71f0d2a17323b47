"""The time that a busy machine may add to what is waited for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Threads are woken late where others want the cores. What hangs in a test hangs for 30 s or more,
# so that a limit is still told from none.
LATE_S = 2.0


def wait_until(is_true: Callable[[], bool], within_s: float = 0.0) -> None:
    """Wait until something is true that takes so many seconds at most."""
    ends = time.monotonic() + within_s + LATE_S
    while not is_true():
        assert time.monotonic() < ends, "nothing has happened"
        time.sleep(0.01)
