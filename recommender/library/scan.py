"""Folders of music: which files lie in them, which are looked through again, what changes there.

The owner's folders are watched as far as the system tells of changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy import bindparam, delete, insert, select

from recommender.db.engine import database_errors, write_transaction
from recommender.db.tables import RecordingRow, WatchedFolderRow
from recommender.errors import CannotTag
from recommender.library.recordings import OWNER
from recommender.paths import absolute, is_there, visible_folders

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from watchdog.events import FileSystemEvent


# Each is of a kind that `detectors.hearing.audio_container` opens.
ENDINGS = (
    *(".mp3", ".mp2", ".m4a", ".m4b", ".mp4", ".aac", ".flac", ".ogg", ".oga", ".opus"),
    *(".wav", ".aif", ".aiff", ".wma", ".wv", ".webm", ".mka"),
)
# Folders with a file of this name are skipped, a convention of music players since Android's.
NOMEDIA = ".nomedia"
MAX_FILES = 500_000


@dataclass(frozen=True, slots=True)
class Music:
    """The audio files in a folder.

    Attributes
    ----------
    files : tuple of Path, sorted
    unreadable : tuple of Path, folders that could not be read (perhaps the folder itself)
    """

    files: tuple[Path, ...]
    unreadable: tuple[Path, ...]


def is_music(name: str) -> bool:
    """Return whether a file name has an audio extension and is not hidden."""
    return not name.startswith(".") and name.casefold().endswith(ENDINGS)


def find_audio_files(folder: Path) -> Music:
    """Find the audio files in a folder and its subfolders, without hidden files.

    Links to files are followed. Links to folders are not, because they could form a cycle.

    Raises
    ------
    CannotTag
        When there are more than `MAX_FILES`.
    """
    files: list[Path] = []
    unreadable: list[Path] = []
    for where, folders, names in visible_folders(folder, unreadable):
        if NOMEDIA in names:
            folders.clear()
            continue
        paths = (Path(where, name) for name in names if is_music(name))
        files += (path for path in paths if is_there(path))
        if len(files) > MAX_FILES:
            raise CannotTag("folder-too-many-files", folder=folder.name, most=MAX_FILES)
    return Music(tuple(sorted(files)), tuple(sorted(unreadable)))


def is_below(path: Path, folders: Iterable[Path]) -> bool:
    """Return whether a path is one of the folders or below one."""
    return any(path.is_relative_to(folder) for folder in folders)


def watch(engine: Engine, path: Path) -> None:
    """Register a folder, unless it is registered."""
    folder = str(absolute(path))
    with database_errors(), write_transaction(engine) as connection:
        known = select(WatchedFolderRow.id).where(WatchedFolderRow.path == folder)
        if connection.scalar(known) is None:
            connection.execute(insert(WatchedFolderRow), {"path": folder})


def unwatch(engine: Engine, path: Path) -> None:
    """Unregister a folder; its recordings stay."""
    folder = str(absolute(path))
    with database_errors(), write_transaction(engine) as connection:
        connection.execute(delete(WatchedFolderRow).where(WatchedFolderRow.path == folder))


def forget(engine: Engine, path: Path) -> None:
    """Unregister a folder and delete its recordings with their corrections; the files stay.

    Recordings that also lie in another watched folder stay, too.
    """
    unwatch(engine, path)
    others = watched(engine)
    with database_errors(), write_transaction(engine) as connection:
        rows = connection.execute(
            select(RecordingRow.key, RecordingRow.path).where(OWNER.condition())
        )
        gone = [
            {"gone": key}
            for key, where in rows
            if is_below(Path(where), [absolute(path)]) and not is_below(Path(where), others)
        ]
        if gone:
            connection.execute(
                delete(RecordingRow).where(RecordingRow.key == bindparam("gone")), gone
            )


def watched(engine: Engine) -> list[Path]:
    """Return the watched folders, sorted."""
    with database_errors(), engine.connect() as connection:
        return sorted(Path(path) for path in connection.scalars(select(WatchedFolderRow.path)))


STOP_S = 1.0
# Events that report a change. Others report reading, which tagging itself does.
CHANGES = frozenset({"created", "modified", "moved", "deleted", "closed"})


class FolderWatcher:
    """A folder watcher, active within a ``with`` block.

    Parameters
    ----------
    changed : callable, called in another thread, often many times for one change

    Raises
    ------
    ImportError, OSError
        When this system cannot watch folders; also raised when the block starts.
    """

    def __init__(self, changed: Callable[[], object]) -> None:
        from watchdog.observers import Observer

        self._changed = changed
        self._observer = Observer()
        self._folders: set[Path] = set()

    def __enter__(self) -> Self:
        self._observer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._observer.stop()
        self._observer.join(STOP_S)

    def watch_only(self, folders: Iterable[Path]) -> bool:
        """Watch these folders and no others; return whether all of them are watched."""
        wanted = set(folders)
        if wanted == self._folders:
            return True
        self._observer.unschedule_all()
        self._folders = set()
        for folder in wanted:
            # The folder may be missing or the system's limit reached; the next call tries again.
            with suppress(OSError):
                self._observer.schedule(self, str(folder), recursive=True)  # type: ignore[arg-type]
                self._folders.add(folder)
        return wanted == self._folders

    def dispatch(self, event: FileSystemEvent) -> None:
        """Handle an event of watchdog."""
        if event.event_type not in CHANGES:
            return
        if event.is_directory:
            # Files in it have events of their own.
            relevant = event.event_type != "modified"
        else:
            paths = (event.src_path, event.dest_path)
            names = (Path(os.fsdecode(path)).name for path in paths if path)
            relevant = any(map(is_music, names))
        if relevant:
            self._changed()
