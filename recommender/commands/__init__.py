"""The commands of ``python -m recommender``, one a module.

Each adds itself to the parser, with ``prepare``: it checks the options and returns what is to be
done with the settings. What that returns is the exit status.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias

from recommender.library.reports import lasting

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

Subparsers: TypeAlias = "_SubParsersAction[ArgumentParser]"


def show_progress(done: int, total: int, what: str = "lines", left_s: float | None = None) -> None:
    """Tell a person at a terminal how far a command has come.

    left_s : how long the rest may take, where one can tell
    """
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        left = f", about {lasting(left_s)} left" if left_s is not None and done < total else ""
        # What a longer line left behind goes.
        print(f"\r  {done:,} of {total:,} {what}{left}\x1b[K", end=end, file=sys.stderr, flush=True)
