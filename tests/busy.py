"""The time that a busy machine may add to what is waited for."""

from __future__ import annotations

# Threads are woken late where others want the cores. What hangs in a test hangs for 30 s or more,
# so that a limit is still told from none.
LATE_S = 2.0
