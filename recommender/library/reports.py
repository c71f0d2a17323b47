"""How far a tagging has come, and what came of it, in plain sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recommender.ingest.reports import counted
from recommender.names import printable

if TYPE_CHECKING:
    from pathlib import Path

# So many files that cannot be used are named; all of them are counted.
PROBLEMS_TOLD = 50
MINUTE_S, HOUR_S = 60, 3600


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a tagging has come.

    done, total : files
    path : the last one; None before the first
    left_s : how long the rest may take; None while nobody can tell
    """

    done: int
    total: int
    path: Path | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class TaggingReport:
    """What came of a tagging.

    tagged : files that were heard and can be played
    unchanged : files that were known, or are copies of one that is
    moved : known contents that lie under another name
    removed : recordings whose files have gone
    put_aside : recordings whose files have gone, kept for what a person said of them
    known_problems : files that are known to be of no use
    problems : what cannot be used, with a sentence each: files, and folders
    sound_s : how long the tagged files play
    took_s : how long all that took
    stopped : whether it was stopped before the end
    """

    tagged: int = 0
    unchanged: int = 0
    moved: int = 0
    removed: int = 0
    put_aside: int = 0
    known_problems: int = 0
    problems: tuple[tuple[Path, str], ...] = ()
    sound_s: float = 0.0
    took_s: float = 0.0
    stopped: bool = False

    @property
    def speed(self) -> float:
        """How many times faster than one could listen."""
        return self.sound_s / self.took_s if self.took_s else 0.0

    def lines(self) -> list[str]:
        """Return a sentence a line, the summary last."""
        told = [printable(f"{path}: {problem}") for path, problem in self.problems[:PROBLEMS_TOLD]]
        more = len(self.problems) - len(told)
        return [
            *told,
            *([f"And {counted(more, 'file')} more that cannot be used."] if more else []),
            *([self._known()] if self.known_problems else []),
            self.summary(),
        ]

    def summary(self) -> str:
        """Return all numbers in one line."""
        parts = [f"{self.tagged:,} tagged", f"{self.unchanged:,} unchanged"]
        parts += [
            f"{number:,} {what}"
            for number, what in (
                (self.moved, "moved"),
                (self.removed, "removed"),
                (self.put_aside, "gone but kept for your corrections"),
                (len(self.problems), "with a problem"),
            )
            if number
        ]
        heard = f" {lasting(self.sound_s)} of music in {lasting(self.took_s)}, {self.speed:.0f} ×"
        end = f"{heard} real time." if self.sound_s else ""
        return f"{'Stopped: ' if self.stopped else ''}{', '.join(parts)}.{end}"

    def _known(self) -> str:
        have = "has" if self.known_problems == 1 else "have"
        files = counted(self.known_problems, "file")
        return f"{files} could not be used before, and {have} not changed."


def lasting(seconds: float) -> str:
    """Return a time as one says it: "12 s", "3 min", "2 h 5 min"."""
    if seconds < 2 * MINUTE_S:
        return f"{seconds:.0f} s"
    minutes = round(seconds / MINUTE_S)
    if seconds < 2 * HOUR_S:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60} min"
