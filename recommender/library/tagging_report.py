"""Progress and results of a tagging run, as sentences."""

from dataclasses import dataclass
from pathlib import Path

from recommender.wording import Message, duration, sentence, sentences

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
    problems : tuple of (Path, Message), unusable files and folders
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
    problems: tuple[tuple[Path, Message], ...] = ()
    sound_s: float = 0.0
    took_s: float = 0.0
    stopped: bool = False

    @property
    def speed(self) -> float:
        """Ratio of the files' duration to that of the run."""
        return self.sound_s / self.took_s if self.took_s else 0.0

    def lines(self) -> list[str]:
        """Return one sentence per line, the summary last."""
        told = [
            Message("file-problem", {"file": f"{path}", "problem": problem})
            for path, problem in self.problems[:PROBLEMS_TOLD]
        ]
        if more := len(self.problems) - len(told):
            told.append(Message("tagging-more-problems", {"files": more}))
        if self.known_problems:
            told.append(Message("tagging-known-problems", {"files": self.known_problems}))
        return [*map(sentence, told), self.summary()]

    def summary(self) -> str:
        """Return all numbers in one line."""
        parts = [
            Message("tagging-tagged", {"files": self.tagged}),
            Message("tagging-unchanged", {"files": self.unchanged}),
        ]
        if self.moved:
            parts.append(Message("tagging-moved", {"files": self.moved}))
        if self.removed:
            parts.append(Message("tagging-removed", {"files": self.removed}))
        if self.archived:
            parts.append(Message("tagging-archived", {"files": self.archived}))
        if self.problems:
            parts.append(Message("tagging-problems", {"files": len(self.problems)}))
        name = "tagging-stopped-after" if self.stopped else "tagging-done"
        said = [Message(name, {"counts": sentences(parts, ", ")})]
        if self.sound_s:
            music, took = duration(self.sound_s), duration(self.took_s)
            values = {"music": music, "took": took, "speed": self.speed}
            said.append(Message("tagging-speed", values))
        return sentences(said)
