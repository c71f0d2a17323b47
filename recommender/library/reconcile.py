"""Reconciliation of the owner's recordings with the files of a tagging run."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Delete, Engine, Update, delete, select, update

from recommender.db.engine import database_errors, write_transaction
from recommender.db.tables import NAME_LENGTH, RecordingRow
from recommender.library.file_tagging import Fingerprint, mtime_stamp
from recommender.library.recordings import OWNER
from recommender.library.scan import is_below
from recommender.library.writer import key_of, retry_while_busy
from recommender.paths import is_there
from recommender.wording import ENGLISH, Message, sentence

# Number of the kinds of files that are read; higher when there are more.
KINDS = 2
_GONE = Message("recording-gone")


@dataclass(slots=True)
class Counts:
    """Counts for `recommender.library.tagging_report.TaggingReport`."""

    unchanged: int = 0
    moved: int = 0
    removed: int = 0
    archived: int = 0
    problems: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    path: Path
    stamp: str
    model: str
    problem: str | None
    corrected: bool

    @property
    def is_gone(self) -> bool:
        # Earlier versions kept the sentence.
        kept = self.problem and Message.unpacked(self.problem)
        return kept in (_GONE, Message(sentence(_GONE, ENGLISH)))


class Reconciler:
    """The owner's recordings at the start of a run.

    Recordings that another run adds meanwhile are not included, and therefore not removed.

    Parameters
    ----------
    version : str, the tagger's; files tagged by another version are tagged again

    Raises
    ------
    Unavailable
        In every method, when the database cannot be used.
    """

    def __init__(self, engine: Engine, version: str) -> None:
        self.counts = Counts()
        self._engine = engine
        self._version = version
        columns = (
            RecordingRow.key,
            RecordingRow.path,
            RecordingRow.stamp,
            RecordingRow.model,
            RecordingRow.problem,
            RecordingRow.corrected_valence,
        )
        with database_errors(), engine.connect() as connection:
            rows = connection.execute(select(*columns).where(OWNER.condition()))
            self._rows = {
                key: _Row(key, Path(path), stamp, model, problem, corrected is not None)
                for key, path, stamp, model, problem, corrected in rows
            }
        self._at = {row.path: row for row in self._rows.values() if not row.is_gone}
        self._seen: set[str] = set()

    def any_below(self, folder: Path) -> bool:
        """Return whether a folder has recordings."""
        return any(is_below(path, [folder]) for path in self._at)

    def is_unchanged(self, path: Path) -> bool:
        """Return whether a file's recording is current, judged by its stamp, and count it."""
        row = self._at.get(path)
        if row is None or not self._is_current(row):
            return False
        try:
            if mtime_stamp(path)[0] != row.stamp:
                return False
        except OSError:
            return False
        self._count_unchanged(row)
        return True

    def reuse_if_known(self, file: Fingerprint) -> Fingerprint | None:
        """Return the work left for a file: all, its tags only (`tags_only`), or None.

        A known content is counted; its path and stamp are updated when the file was moved or
        touched. A duplicate within this run is only counted.
        """
        key = key_of(file.sha256)
        row = self._rows.get(key)
        if row is None or not self._is_current(row):
            again = key in self._seen
            self._seen.add(key)
            self.counts.unchanged += again
            return None if again else file
        if row.path == file.path and not row.is_gone:
            self._place(row, file, {})
            self._count_unchanged(row)
        elif row.is_gone or not is_there(row.path):
            self._place(row, file, {"problem": _problem_of(row)})
            self._seen.add(key)
            self.counts.moved += 1
            # The old title may be the old file name, so read the tags again.
            return replace(file, tags_only=True)
        else:
            # A copy: the first file keeps the recording.
            self._count_unchanged(row)
        return None

    def set_title(self, file: Fingerprint, title: str) -> None:
        """Set a recording's title."""
        same = RecordingRow.key == key_of(file.sha256)
        self._write(update(RecordingRow).where(same).values(title=title))

    def remove_missing(
        self, roots: Sequence[Path], there: Collection[Path], untouched: Collection[Path]
    ) -> None:
        """Remove or archive the recordings whose files in some folders are missing.

        Parameters
        ----------
        there : collection of Path, the files found
        untouched : collection of Path, files and folders that could not be read
        """
        for row in self._at.values():
            if row.key in self._seen or not is_below(row.path, roots):
                continue
            if is_below(row.path, untouched):
                continue
            # Match the path, too: another run may have found the file elsewhere.
            same = RecordingRow.key == row.key, RecordingRow.path == str(row.path)
            gone = row.path not in there
            if gone and row.corrected:
                self._write(update(RecordingRow).where(*same).values(problem=_GONE.packed()))
                self.counts.archived += 1
            else:
                self._write(delete(RecordingRow).where(*same))
                # A changed file is not counted, because its new content has its own recording.
                self.counts.removed += gone

    def _is_current(self, row: _Row) -> bool:
        return row.model == model_of(self._version, usable=row.problem is None or row.is_gone)

    def _count_unchanged(self, row: _Row) -> None:
        self._seen.add(row.key)
        if row.problem is None:
            self.counts.unchanged += 1
        else:
            self.counts.problems += 1

    def _place(self, row: _Row, file: Fingerprint, more: dict[str, str | None]) -> None:
        values = {"path": str(file.path), "stamp": file.stamp, **more}
        self._write(update(RecordingRow).where(RecordingRow.key == row.key).values(values))
        problem = more.get("problem", row.problem)
        self._rows[row.key] = _Row(
            row.key, file.path, file.stamp, row.model, problem, row.corrected
        )

    def _write(self, change: Update | Delete) -> None:
        def write() -> None:
            with database_errors(), write_transaction(self._engine) as connection:
                connection.execute(change)

        retry_while_busy(write)


def model_of(version: str, *, usable: bool) -> str:
    """Return the model of a recording by the tagger's version.

    That of a file that cannot be used names `KINDS`, too, so that it is tried again by a version
    that reads more.
    """
    return (version if usable else f"{KINDS} {version}")[:NAME_LENGTH]


def _problem_of(row: _Row) -> str | None:
    return None if row.is_gone else row.problem
