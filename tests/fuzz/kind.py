"""A kind of input as fuzzing sees it: how it is made, changed and read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fuzz.mutation import changed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

SEEDS = Path(__file__).with_name("seeds")
# Larger ones are tried, but not changed: there is too little in them for so many bytes.
MAX_CHANGED = 300_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of input.

    samples : makes valid ones, by name; each name is unlike the others, and ends as the file does
    bombs : makes those that once broke something
    read : reads a file as the app does; returns None, or the sentence with which it is refused.
        Whatever it raises is a fault
    budgets : the lines of `docs/budgets.md` whose memory and time it may take
    words : pieces that mean something in such a file
    change : damages one, and returns it with the end of its name
    """

    name: str
    samples: Callable[[], Mapping[str, bytes]]
    bombs: Callable[[], Mapping[str, bytes]]
    read: Callable[[Path], str | None]
    budgets: tuple[str, ...]
    words: tuple[bytes, ...] = ()
    change: Callable[[bytes, Random, Kind], bytes] | None = None

    def seeds(self) -> dict[str, bytes]:
        """Return all that once broke something: what is made, and the files kept of it."""
        kept = sorted((SEEDS / self.name).glob("*"))
        return {**self.bombs(), **{path.name: path.read_bytes() for path in kept}}

    def changed(self, content: bytes, rng: Random, others: list[bytes]) -> bytes:
        """Return a damaged file."""
        if self.change is not None and rng.random() < 0.5:
            return self.change(content, rng, self)
        return changed(content, rng, others=others, words=self.words)


def ending_of(name: str) -> str:
    """Return what a file's name ends with after its last blank: ".csv.gz" of "M8 line.csv.gz"."""
    _, dot, ending = name.rpartition(" ")[2].partition(".")
    return dot + ending
