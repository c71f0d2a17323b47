"""Mood into the owner's own files: what would change, the change, and its undoing.

Files are altered only when their owner asks. What stood in the tags before is kept in a journal in
the data folder, by the digest of the new content, and can be put back after any restart.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, delete, select, update

from detectors.types import Message
from recommender.db.engine import database_errors, write_transaction
from recommender.db.tables import ImpressionRow, OpinionRow, RecordingRow
from recommender.library.file_tagging import mtime_stamp, sha256_of
from recommender.library.mood_tag_files import Fields
from recommender.library.recordings import OWNER, Recording, Recordings
from recommender.library.scan import is_below
from recommender.library.untouched import NotWritable
from recommender.library.writer import key_of, retry_while_busy
from recommender.paths import FILE_MODE
from recommender.song_words import song_word
from recommender.wording import ENGLISH, sentence

JOURNAL = "mood-tags.jsonl"
# Begins the name of a copy while it is written; hidden, so that no scan takes it for music.
COPY = ".moodring-"
_WRITABLE = 0o222


class MoodWorker(Protocol):
    """Reads and writes the mood in files, in another process."""

    def mood_fields(self, path: Path, fields: Fields | None = None) -> dict[str, list[str]]:
        """Return the fields of a file, after writing some. MUST raise NotWritable only."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a file's tags.

    Attributes
    ----------
    path : Path, absolute
    sha256 : str, digest of the content that is changed
    before, after : texts by field (`recommender.library.mood_tag_files.FIELDS`)
    problem : Message or None, why the file is left as it is
    undoes : bool, whether it puts back what stood before
    """

    path: Path
    sha256: str
    before: Fields
    after: Fields
    problem: Message | None = None
    undoes: bool = False

    @property
    def is_needed(self) -> bool:
        """True when the file can be changed, and would be another one."""
        return self.problem is None and self.before != self.after


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that was written: its path, and the fields that stood in it at first."""

    path: Path
    before: Fields


def fields_of(recording: Recording, before: Fields) -> dict[str, list[str]]:
    """Return the fields that a file should have.

    The word is the English one, so that playlists of any player find it. Beats that somebody else
    has measured stay.
    """
    word = sentence(song_word(recording.valence, recording.energy), ENGLISH)
    beats = [] if recording.tempo is None else [f"{recording.tempo:.0f}"]
    kept = list(before.get("bpm", ()))
    found = {
        "mood": [word],
        "bpm": kept if any(text.strip("0. ") for text in kept) else beats or kept,
        "valence": [f"{recording.valence:.3f}"],
        "energy": [f"{recording.energy:.3f}"],
    }
    return {name: texts for name, texts in found.items() if texts}


class Journal:
    """The former tags of files that were written, by the digest of each file as it is now.

    Lines of JSON, each on the disk before the file is replaced; a line that was cut off is skipped.

    Parameters
    ----------
    data_dir : Path, folder of the journal
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / JOURNAL
        self.files: dict[str, Entry] = {}
        # The digest of each content that a change led to.
        self.followers: dict[str, str] = {}
        self.playlists: dict[Path, str] = {}
        with suppress(FileNotFoundError):
            for line in self._path.read_bytes().splitlines():
                with suppress(ValueError, KeyError, TypeError):
                    self._take(json.loads(line))

    def wrote(self, change: Change, new: str) -> None:
        """Note that a file becomes another content."""
        origin = self.files.get(change.sha256)
        before = change.before if origin is None else origin.before
        self._append(
            {
                "path": os.fsencode(change.path).hex(),
                "of": change.sha256,
                "new": new,
                "before": {name: list(texts) for name, texts in before.items()},
                "undoes": change.undoes,
            }
        )

    def wrote_playlist(self, path: Path, sha256: str | None) -> None:
        """Note that a playlist was written with a content, or is deleted (None)."""
        self._append({"playlist": os.fsencode(path).hex(), "sha256": sha256})

    def _append(self, said: Mapping[str, object]) -> None:
        made = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
        with os.fdopen(made, "ab") as file:
            # A line that was cut off ends here.
            begin = b"\n" if file.tell() else b""
            file.write(begin + json.dumps(said).encode())
            file.flush()
            os.fsync(file.fileno())
        self._take(said)

    def _take(self, said: Mapping[str, object]) -> None:
        match said:
            case {"playlist": str(path), "sha256": str(sha256)}:
                self.playlists[_path(path)] = sha256
            case {"playlist": str(path)}:
                self.playlists.pop(_path(path), None)
            case {"path": str(path), "of": str(old), "new": str(new), **more}:
                self.followers[old] = new
                self.files.pop(old, None)
                before = more.get("before")
                if not more.get("undoes") and isinstance(before, dict):
                    self.files[new] = Entry(_path(path), before)


def _path(text: str) -> Path:
    return Path(os.fsdecode(bytes.fromhex(text)))


class MoodTags:
    """The moods in the files of the owner's folders.

    A file is replaced as a whole: a copy beside it gets the tags, is written to the disk, and takes
    the file's name. The copy keeps mode, owner and extended attributes, but not the time of the
    last change, by which players notice that there is something new. The recording in the database
    gets the new content's digest, key and stamp, and so do opinions and impressions of it: nothing
    is heard again. Where the program ends between the two, the next run finds the digest in the
    journal, and does the rest.

    Every method raises `recommender.errors.Unavailable` when the database cannot be used.

    Parameters
    ----------
    data_dir : Path, folder of the journal
    """

    def __init__(self, engine: Engine, data_dir: Path, worker: MoodWorker) -> None:
        self._engine, self._worker = engine, worker
        self.journal = Journal(data_dir)

    def plan(self, folders: Iterable[Path] | None = None) -> Iterator[Change]:
        """Yield what would change in the files of some folders; None for all, sorted by path."""
        places = None if folders is None else tuple(folders)
        recordings = Recordings(self._engine).of(OWNER)
        for one in sorted(recordings, key=lambda one: one.path):
            if places is None or is_below(one.path, places):
                change = self._looked(one.path, one.sha256, one.stamp)
                if change.problem is None:
                    change = replace(change, after=fields_of(one, change.before))
                yield change

    def plan_undo(self, folders: Iterable[Path] | None = None) -> Iterator[Change]:
        """Yield what would be put back, as `plan` does."""
        places = None if folders is None else tuple(folders)
        moved = {one.sha256: one.path for one in Recordings(self._engine).of(OWNER)}
        written = [
            (moved.get(digest, one.path), digest, one) for digest, one in self.journal.files.items()
        ]
        for path, digest, entry in sorted(written, key=lambda one: one[0]):
            if places is None or is_below(path, places):
                change = self._looked(path, digest, None)
                yield replace(change, after=entry.before, undoes=True)

    def write(self, change: Change) -> Change:
        """Change a file, and return the change with the problem that it met."""
        if not change.is_needed:
            return change
        copy = change.path.with_name(f"{COPY}{change.sha256[:16]}{change.path.suffix}")
        try:
            self._replace(change, copy)
        except NotWritable as error:
            return replace(change, problem=error.message)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return replace(change, problem=Message("mood-tags-unwritten", {"reason": reason}))
        finally:
            copy.unlink(missing_ok=True)
        return change

    def _replace(self, change: Change, copy: Path) -> None:
        stamp = mtime_stamp(change.path)[0]
        copy.unlink(missing_ok=True)
        # Nobody else reads a private file meanwhile, and no link leads the copy elsewhere.
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
        shutil.copyfile(change.path, copy)
        if sha256_of(copy) != change.sha256:
            raise NotWritable("mood-tags-changed")
        _keep_attributes(change.path, copy)
        self._worker.mood_fields(copy, change.after)
        with copy.open("rb") as file:
            os.fsync(file.fileno())
        new = sha256_of(copy)
        if mtime_stamp(change.path)[0] != stamp:
            raise NotWritable("mood-tags-changed")
        self.journal.wrote(change, new)
        copy.replace(change.path)
        _keep_folder(change.path.parent)
        self._follow(change.sha256, new, change.path)

    def _looked(self, path: Path, sha256: str, stamp: str | None) -> Change:
        """Return a change to nothing, with what stands in the file, or why it stays as it is."""
        change = Change(path, sha256, {}, {})
        try:
            problem = _in_the_way(path)
            if problem is None and (stamp is None or mtime_stamp(path)[0] != stamp):
                found = sha256_of(path)
                if found != sha256 and self.journal.followers.get(sha256) == found:
                    # A run ended between the file and the database.
                    self._follow(sha256, found, path)
                    change = replace(change, sha256=found)
                elif found != sha256:
                    problem = Message("mood-tags-changed")
            if problem is None:
                return replace(change, before=self._worker.mood_fields(path))
        except NotWritable as error:
            problem = error.message
        except OSError:
            problem = Message("unreadable")
        return replace(change, problem=problem)

    def _follow(self, old: str, new: str, path: Path) -> None:
        """Give the recording of a content, and what is said of it, to the content it became."""
        stamp, size = mtime_stamp(path)
        row = {"key": key_of(new), "sha256": new, "stamp": stamp, "size": size}
        before, after = key_of(old), key_of(new)

        def write() -> None:
            with database_errors(), write_transaction(self._engine) as connection:
                there = select(RecordingRow.key).where(RecordingRow.key == before)
                if before == after or connection.scalar(there) is None:
                    return
                # A scan may have found the new content first; what was heard goes before.
                for table, key in (
                    (RecordingRow, RecordingRow.key),
                    (OpinionRow, OpinionRow.track_key),
                    (ImpressionRow, ImpressionRow.track_key),
                ):
                    values = row if table is RecordingRow else {"track_key": after}
                    connection.execute(delete(table).where(key == after))
                    connection.execute(update(table).where(key == before).values(values))

        retry_while_busy(write)


def _in_the_way(path: Path) -> Message | None:
    """Return why a file must not be replaced. Raises OSError."""
    stat = path.lstat()
    if path.is_symlink() or stat.st_nlink > 1:
        return Message("mood-tags-linked")
    # To an administrator, everything is writable.
    if not stat.st_mode & _WRITABLE or not os.access(path.parent, os.W_OK):
        return Message("mood-tags-read-only")
    return None if os.access(path, os.W_OK) else Message("mood-tags-read-only")


def _keep_attributes(path: Path, copy: Path) -> None:
    shutil.copystat(path, copy)
    if hasattr(os, "chown"):
        stat = path.stat()
        # Only an administrator can keep the owner of a file of others.
        with suppress(PermissionError):
            os.chown(copy, stat.st_uid, stat.st_gid)


def _keep_folder(folder: Path) -> None:
    """Write a folder's names to the disk, where the system lets it be opened."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
