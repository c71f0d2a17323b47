"""Progress and results of a tagging run, as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recommender.text import count_noun, format_duration, visible

if TYPE_CHECKING:
    from pathlib import Path


# Problems listed one by one; all of them are counted.
PROBLEMS_TOLD = 50


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a tagging run.

    Attributes
    ----------
    done, total : int, files
    path : Path or None, the last file; None before the first
    left_s : float or None, estimated seconds left; None without an estimate
    """

    done: int
    total: int
    path: Path | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class TaggingReport:
    """The result of a tagging run.

    Attributes
    ----------
    tagged : int, files tagged and playable
    unchanged : int, files known already, or copies
    moved : int, known contents found under another path
    removed : int, recordings removed because their files are missing
    archived : int, recordings without a file that are archived for their corrections
    known_problems : int, unusable files that have not changed
    problems : tuple of (Path, str), unusable files and folders, each with a sentence
    sound_s : float, duration of the tagged files in seconds
    took_s : float, duration of the run in seconds
    stopped : bool, whether the run was stopped before its end
    """

    tagged: int = 0
    unchanged: int = 0
    moved: int = 0
    removed: int = 0
    archived: int = 0
    known_problems: int = 0
    problems: tuple[tuple[Path, str], ...] = ()
    sound_s: float = 0.0
    took_s: float = 0.0
    stopped: bool = False

    @property
    def speed(self) -> float:
        """Ratio of the files' duration to that of the run."""
        return self.sound_s / self.took_s if self.took_s else 0.0

    def lines(self) -> list[str]:
        """Return one sentence per line, the summary last."""
        told = [visible(f"{path}: {problem}") for path, problem in self.problems[:PROBLEMS_TOLD]]
        more = len(self.problems) - len(told)
        return [
            *told,
            *([f"And {count_noun(more, 'file')} more that cannot be used."] if more else []),
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
                (self.archived, "gone but kept for your corrections"),
                (len(self.problems), "with a problem"),
            )
            if number
        ]
        music, took = format_duration(self.sound_s), format_duration(self.took_s)
        sound = f" {music} of music in {took}, {self.speed:.0f} × real time."
        end = sound if self.sound_s else ""
        return f"{'Stopped: ' if self.stopped else ''}{', '.join(parts)}.{end}"

    def _known(self) -> str:
        have = "has" if self.known_problems == 1 else "have"
        files = count_noun(self.known_problems, "file")
        return f"{files} could not be used before, and {have} not changed."
