"""Commands of ``python -m recommender``, one per module.

Each adds itself to the parser with a default ``prepare``: a function that checks the options and
returns a function from the settings to the exit status.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias

from recommender.library.reports import lasting

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

Subparsers: TypeAlias = "_SubParsersAction[ArgumentParser]"


def show_progress(done: int, total: int, what: str = "lines", left_s: float | None = None) -> None:
    """Show a command's progress on a terminal.

    Parameters
    ----------
    left_s : float, estimated seconds left; None when unknown
    """
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        left = f", about {lasting(left_s)} left" if left_s is not None and done < total else ""
        # The escape sequence clears the rest of a longer line.
        print(f"\r  {done:,} of {total:,} {what}{left}\x1b[K", end=end, file=sys.stderr, flush=True)
