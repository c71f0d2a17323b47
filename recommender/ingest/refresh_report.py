"""Reports of imports and refreshes as sentences, and storage for the last report."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy import Engine

from recommender.db.app_state import get_state, put_state
from recommender.ingest.playlists import PlaylistImport
from recommender.ingest.table_import import TableImport
from recommender.wording import Message, sentences

Result: TypeAlias = TableImport | PlaylistImport
REPORT = "refresh-report"
# The sentences of one line.
Line: TypeAlias = list[Message]
# MariaDB's TEXT holds 64 KiB.
MAX_BYTES = 60_000


def sentences_of(name: str, done: Result) -> list[Message]:
    """Summarise the import of a file: what came, and how it was read."""
    if done.unchanged and isinstance(done, TableImport):
        return [Message("import-unchanged", {"file": name})]
    songs = {"file": name, "songs": done.songs, "placed": done.placed}
    if not isinstance(done, TableImport):
        repeats = Message("import-repeats-entries", {"entries": done.repeated})
        return [Message("import-playlist", songs), *([repeats] if done.repeated else [])]
    repeats = Message("import-repeats", {"rows": done.repeated})
    return [Message("import-table", songs), *([repeats] if done.repeated else []), *done.notes]


def left_out(done: Result) -> tuple[Message, ...]:
    """Return sentences about what of a file is no song, with the first example."""
    if not isinstance(done, TableImport):
        return done.remarks
    return tuple(
        message
        for line, problem in done.bad[:1]
        for message in (
            Message("rows-no-songs", {"rows": len(done.bad)}),
            Message("row-first", {"line": line, "problem": Message.unpacked(problem)}),
        )
    )


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
    bad : tuple of Message, what of the file is no song
    problem : tuple of Message, why it failed
    """

    what: str
    outcome: Outcome
    added: int = 0
    removed: int = 0
    bad: tuple[Message, ...] = ()
    problem: tuple[Message, ...] = ()

    def line(self) -> Line:
        """Return the change as the sentences of one line."""
        what = {"what": self.what}
        match self.outcome:
            case Outcome.NEW:
                return [Message("refresh-new", {**what, "added": self.added}), *self.bad]
            case Outcome.CHANGED:
                counts = {"added": self.added, "removed": self.removed}
                return [Message("refresh-changed", {**what, **counts}), *self.bad]
            case Outcome.FAILED:
                first, *others = self.problem
                return [Message("refresh-failed", {**what, "problem": first}), *others]
        return [Message(f"refresh-{self.outcome}", what)]


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

    def messages(self) -> list[Line]:
        """Return the lines of the report, unchanged files last."""
        changes = sorted(self.changes, key=lambda change: change.outcome is Outcome.UNCHANGED)
        lines = [change.line() for change in changes]
        if self.expired:
            lines.append([Message("refresh-expired", {"answers": self.expired})])
        return lines or [[Message("refresh-nothing")]]

    def lines(self) -> list[str]:
        """Return the lines of the report in words."""
        return [sentences(line) for line in self.messages()]


@dataclass(frozen=True, slots=True)
class Report:
    """The stored report of the last refresh."""

    at: datetime
    lines: tuple[str, ...]
    failed: bool


def save_report(engine: Engine, refreshed: Refreshed) -> None:
    """Store a report in place of the previous report, cut after `MAX_BYTES`. Raises Unavailable."""
    kept: list[list[str]] = []
    every, room = refreshed.messages(), MAX_BYTES
    for line in every:
        packed = [message.packed() for message in line]
        room -= len(json.dumps(packed)) + 2
        if room < 0:
            more = Message("refresh-more-lines", {"lines": len(every) - len(kept)})
            kept.append([more.packed()])
            break
        kept.append(packed)
    report = {"at": refreshed.at.isoformat(), "lines": kept, "failed": refreshed.failed}
    put_state(engine, REPORT, json.dumps(report))


def last_report(engine: Engine) -> Report | None:
    """Return the stored report, or None before the first refresh. Raises Unavailable."""
    kept = get_state(engine, REPORT)
    if kept is None:
        return None
    report = json.loads(kept)
    # Earlier versions kept each line in words.
    lines = (line if isinstance(line, list) else [line] for line in report["lines"])
    return Report(
        datetime.fromisoformat(report["at"]),
        tuple(sentences(map(Message.unpacked, line)) for line in lines),
        bool(report["failed"]),
    )
