"""The table in `docs/budgets.md`, line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

DOCUMENT = Path(__file__).parents[2] / "docs" / "budgets.md"
HEAD = ["input", "at its worst", "limits", "memory", "CPU"]
CONSTANT = re.compile(r"`([a-z_.]+)\.([A-Z_]+)` = ([\d,]+)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table.

    kind, worst : what comes in, and the worst of it that is tried
    limits : as it stands there
    measured_mb, most_mb : memory above what the process had before, as measured and as allowed
    measured_s, most_s : the same of CPU time
    """

    kind: str
    worst: str
    limits: str
    measured_mb: float
    most_mb: float
    measured_s: float
    most_s: float

    @property
    def name(self) -> str:
        """Name of the line."""
        return f"{self.kind}: {self.worst}"

    def constants(self) -> dict[str, tuple[int, int]]:
        """Return each constant that is named, with the value that it has, and the one that is told.

        Raises
        ------
        AttributeError
            When there is no such constant.
        """
        return {
            name: (getattr(import_module(module), name), int(value.replace(",", "")))
            for module, name, value in CONSTANT.findall(self.limits)
        }


@cache
def lines() -> tuple[Line, ...]:
    """Return all lines of the table."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in DOCUMENT.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    head, _, *body = rows
    assert head == HEAD
    return tuple(
        Line(*words, *_two_numbers(memory, "MB"), *_two_numbers(cpu, "s"))
        for *words, memory, cpu in body
    )


def limits_of(names: Collection[str]) -> tuple[float, float]:
    """Return the seconds and the MB that an input may take which is none worse than some lines.

    names : of the lines
    """
    found = [line for line in lines() if line.name in names]
    assert len(found) == len(names), names
    return max(line.most_s for line in found), max(line.most_mb for line in found)


def _two_numbers(cell: str, unit: str) -> tuple[float, float]:
    found = re.fullmatch(rf"([\d.]+) of ([\d.]+) {unit}", cell)
    assert found, cell
    return float(found[1]), float(found[2])
