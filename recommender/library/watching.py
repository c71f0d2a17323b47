"""Watcher for changes to audio files in folders (watchdog)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from recommender.library.finding import is_music

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from watchdog.events import FileSystemEvent

STOP_S = 1.0
# Events that report a change. Others report reading, which tagging itself does.
CHANGES = frozenset({"created", "modified", "moved", "deleted", "closed"})


class Eyes:
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

    def look_at(self, folders: Iterable[Path]) -> bool:
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
            told = event.event_type != "modified"
        else:
            paths = (event.src_path, event.dest_path)
            names = (Path(os.fsdecode(path)).name for path in paths if path)
            told = any(map(is_music, names))
        if told:
            self._changed()
