"""Model weights, and the commands that train, export and evaluate them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detectors.errors import DetectorError
from recommender import commands
from recommender.wording import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click


class BadInput(ValueError):
    """A file is not what a command needs; the message names it."""


def run(command: click.Command, arguments: Sequence[str] | None = None) -> int:
    """Run a command of this package; the exit status is 2 for unusable input.

    Developers use them, and they speak English everywhere.
    """
    failures = (BadInput, DetectorError, OSError)
    return commands.run(
        command, arguments, failures=failures, status=commands.MISUSED, language=ENGLISH
    )
