"""Eyes on folders: they tell when music changes in them, as far as the system says it."""

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
# What tells of a change. Other events tell of reading, which tagging does itself.
CHANGES = frozenset({"created", "modified", "moved", "deleted", "closed"})


class Eyes:
    """Look at folders and below, within a ``with`` block.

    changed : called in another thread, often many times for one change

    Raises
    ------
    ImportError, OSError
        When this system cannot watch folders; at the start of the block, too.
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
        """Look at these folders and no others; return whether the system watches all of them."""
        wanted = set(folders)
        if wanted == self._folders:
            return True
        self._observer.unschedule_all()
        self._folders = set()
        for folder in wanted:
            # One that is not there, or more than the system looks at: tried again the next time.
            with suppress(OSError):
                self._observer.schedule(self, str(folder), recursive=True)  # type: ignore[arg-type]
                self._folders.add(folder)
        return wanted == self._folders

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take what watchdog says."""
        if event.event_type not in CHANGES:
            return
        if event.is_directory:
            # Of music that comes or goes in it, its own name tells.
            told = event.event_type != "modified"
        else:
            paths = (event.src_path, event.dest_path)
            names = (Path(os.fsdecode(path)).name for path in paths if path)
            told = any(map(is_music, names))
        if told:
            self._changed()
