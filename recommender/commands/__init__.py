"""The commands of ``python -m recommender``, one a module.

Each adds itself to the parser, with ``prepare``: it checks the options and returns what is to be
done with the settings. What that returns is the exit status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

Subparsers: TypeAlias = "_SubParsersAction[ArgumentParser]"
