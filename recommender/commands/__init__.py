"""The commands of ``python -m recommender``, one a module.

Each adds itself to the parser, with ``prepare``: it checks the options and returns what is to be
done with the settings. What that returns is the exit status.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

Subparsers: TypeAlias = "_SubParsersAction[ArgumentParser]"


def show_progress(done: int, total: int, what: str = "lines") -> None:
    """Tell a person at a terminal how far a command has come."""
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\r  {done:,} of {total:,} {what}", end=end, file=sys.stderr, flush=True)
