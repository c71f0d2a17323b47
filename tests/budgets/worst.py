"""The worst inputs of each kind that are read, or refused: how they are made and read."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODULES = ("pictures", "songs", "tables", "others")


@dataclass(frozen=True, slots=True)
class Worst:
    """An input at its worst.

    make : writes it into a folder, in a process of its own
    read : reads what lies in the folder, as the app does
    warm_up : loads what every reading needs
    times : how many inputs there are in it, whose mean is held to the CPU time
    mark : "slow" or "soak" where it takes long, or very long, to make it or to read it
    """

    make: Callable[[Path], None]
    read: Callable[[Path], None]
    warm_up: Callable[[Path], None]
    times: int = 1
    mark: str = ""


def every() -> dict[str, Worst]:
    """Return all of them, by the names of their lines in `docs/budgets.md`."""
    found: dict[str, Worst] = {}
    for name in MODULES:
        of_module = import_module(f"tests.budgets.{name}").WORST
        assert not found.keys() & of_module.keys()
        found |= of_module
    return found
