"""Reports of imports and refreshes as sentences, and storage for the last report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from recommender.db.app_state import get_state, put_state
from recommender.ingest.playlists import PlaylistImport
from recommender.ingest.table_import import TableImport
from recommender.text import count_noun, visible

if TYPE_CHECKING:
    from sqlalchemy import Engine


Result: TypeAlias = TableImport | PlaylistImport
REPORT = "refresh-report"
# MariaDB's TEXT holds 64 KiB.
MAX_BYTES = 60_000


def skipped_rows(rows: int) -> str:
    """Return a clause about rows that are not songs."""
    return f"{count_noun(rows, 'row')} {'is no song' if rows == 1 else 'are no songs'}"


def sentence_of(name: str, done: Result) -> str:
    """Summarise the import of a file in one sentence."""
    if done.unchanged and isinstance(done, TableImport):
        return f"{name}: imported before, and unchanged since."
    songs = count_noun(done.songs, "song")
    if not isinstance(done, TableImport):
        return f"{name}: {songs}, {done.placed:,} of them with a known mood."
    repeated = f", {done.repeated:,} rows repeat one" if done.repeated else ""
    return f"{name}: {songs}{repeated}."


class Outcome(StrEnum):
    """Result of a refresh for one file or folder."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of a refresh on a file or a folder.

    Attributes
    ----------
    what : str, its path
    added, removed : int, songs added and removed
    bad : int, rows that are not songs, or playlist entries without a title or an artist
    problem : str, why it failed, in sentences
    """

    what: str
    outcome: Outcome
    added: int = 0
    removed: int = 0
    bad: int = 0
    problem: str = ""

    def sentence(self) -> str:
        """Return the change as one line."""
        bad = f"; {skipped_rows(self.bad)}" if self.bad else ""
        said = {
            Outcome.NEW: f"new, {count_noun(self.added, 'song')}{bad}.",
            Outcome.CHANGED: f"{count_noun(self.added, 'song')} came, {self.removed:,} went{bad}.",
            Outcome.UNCHANGED: "unchanged.",
            Outcome.GONE: "no longer there; its songs are kept.",
            Outcome.FAILED: self.problem,
        }
        return visible(f"{self.what}: {said[self.outcome]}")


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The result of a refresh.

    Attributes
    ----------
    at : datetime, when it ended, timezone-aware
    expired : int, cached answers deleted
    """

    at: datetime
    changes: tuple[Change, ...]
    expired: int = 0

    @property
    def failed(self) -> bool:
        """True if any part failed."""
        return any(change.outcome is Outcome.FAILED for change in self.changes)

    def lines(self) -> list[str]:
        """Return one sentence per line, unchanged files last."""
        changes = sorted(self.changes, key=lambda change: change.outcome is Outcome.UNCHANGED)
        expired = [f"{self.expired:,} expired answers deleted."] if self.expired else []
        return [*(change.sentence() for change in changes), *expired] or ["Nothing to refresh yet."]


@dataclass(frozen=True, slots=True)
class Report:
    """The stored report of the last refresh."""

    at: datetime
    lines: tuple[str, ...]
    failed: bool


def save_report(engine: Engine, refreshed: Refreshed) -> None:
    """Store a report in place of the previous report, cut after `MAX_BYTES`. Raises Unavailable."""
    lines: list[str] = []
    every, room = refreshed.lines(), MAX_BYTES
    for line in every:
        room -= len(json.dumps(line)) + 2
        if room < 0:
            lines.append(f"And {len(every) - len(lines):,} lines more.")
            break
        lines.append(line)
    report = {"at": refreshed.at.isoformat(), "lines": lines, "failed": refreshed.failed}
    put_state(engine, REPORT, json.dumps(report))


def last_report(engine: Engine) -> Report | None:
    """Return the stored report, or None before the first refresh. Raises Unavailable."""
    kept = get_state(engine, REPORT)
    if kept is None:
        return None
    report = json.loads(kept)
    return Report(
        datetime.fromisoformat(report["at"]), tuple(report["lines"]), bool(report["failed"])
    )
