"""A progress line, on a terminal only."""

from __future__ import annotations

import sys


def show(done: int, total: int, what: str) -> None:
    """Write a line that the next call overwrites; it ends when ``done`` is ``total``."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{total} {what}" + ("\n" if done == total else ""))
