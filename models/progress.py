"""How far long work has come, on a terminal only."""

from __future__ import annotations

import sys


def show(done: int, total: int, what: str) -> None:
    """Write one line that the next call writes over; the last one ends it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{total} {what}" + ("\n" if done == total else ""))
