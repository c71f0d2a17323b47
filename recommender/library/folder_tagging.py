"""Background tagging of the watched folders: after changes, on request, and every hour.

The hourly run is for disks that report no changes. The app uses one worker process at low priority,
so that live cameras keep their frame rate.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Engine

from detectors.types import AudioTagger, Message
from recommender.errors import SourceError
from recommender.library.scan import FolderWatcher, watched
from recommender.library.tagging import tag_folders
from recommender.library.tagging_report import Progress, TaggingReport
from recommender.library.uploads import purge_orphans

PERIOD_S = 3600.0
# Leave the machine to the app while it starts.
FIRST_S = 60.0
# Debounce: a file may still be written, so a run starts after QUIET_S without a change, ..
QUIET_S = 2.0
# .. or at the latest SETTLE_S after the first change.
SETTLE_S = 60.0
STOP_S = 1.0
WORKERS = 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScanStatus:
    """Status of the background tagging.

    Attributes
    ----------
    running : bool
    progress : Progress or None, None before the first file
    report : TaggingReport or None, the last run's; None before the first, or when it failed
    problem : Message or None, why the last run failed
    unwatched : bool, whether the system reports no changes for one of the folders
    """

    running: bool = False
    progress: Progress | None = None
    report: TaggingReport | None = None
    problem: Message | None = None
    unwatched: bool = False


class FolderTagging:
    """A thread that tags the watched folders; any thread may call its methods.

    Parameters
    ----------
    tag : callable (progress callback, stop check), tags all folders
    folders : callable, returns the folders to watch; called before each run
    on_status : callable, receives the status after each run, in the thread that ran it
    first_s, period_s : float, seconds before the first run and between two runs
    quiet_s : float, seconds without a change before a run
    """

    def __init__(
        self,
        tag: Callable[[Callable[[Progress], None], Callable[[], bool]], TaggingReport | None],
        *,
        folders: Callable[[], Iterable[Path]] = lambda: (),
        on_status: Callable[[ScanStatus], object] = lambda _status: None,
        first_s: float = FIRST_S,
        period_s: float = PERIOD_S,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._tag, self._folders, self._on_status = tag, folders, on_status
        self._first_s, self._period_s, self._quiet_s = first_s, period_s, quiet_s
        # Set by a change in a folder, and by a request to run or to stop.
        self._changed, self._asked = threading.Event(), threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._status = ScanStatus()
        self._thread = threading.Thread(target=self.run, name="folder-tagging", daemon=True)

    def start(self) -> None:
        """Start the thread; the first run follows after `first_s`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop. Files in progress are abandoned and tagged by the next run."""
        self._stopping.set()
        self.wake()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(STOP_S)

    def request_scan(self) -> None:
        """Request a run now, or one more after the current run."""
        with self._lock:
            self._status = replace(self._status, running=True)
        self.wake()

    def wake(self) -> None:
        """End the wait for the next run."""
        self._asked.set()
        self._changed.set()

    def status(self) -> ScanStatus:
        """Return the current status."""
        with self._lock:
            return self._status

    def run(self) -> None:
        """Run the loop in the calling thread; `start` runs it in a new one."""
        with ExitStack() as stack:
            watcher = None
            try:
                watcher = stack.enter_context(FolderWatcher(self._changed.set))
            except (ImportError, OSError) as error:
                # The hourly run remains.
                _log.warning("folders cannot be watched: %s", type(error).__name__)
            seconds = self._first_s
            while True:
                if self._changed.wait(seconds):
                    self._settle()
                if self._stopping.is_set():
                    return
                self._changed.clear()
                self._asked.clear()
                self.look(watcher)
                seconds = self._period_s

    def look(self, watcher: FolderWatcher | None = None) -> None:
        """Tag all folders once; the status tells what went wrong.

        Parameters
        ----------
        watcher : FolderWatcher or None, None when the system cannot watch folders
        """
        status = ScanStatus(running=True, unwatched=self.status().unwatched)
        self._set(status)
        try:
            folders = list(self._folders())
            seen = watcher.watch_only(folders) if watcher is not None else not folders
            status = replace(status, unwatched=not seen)
            self._set(status)
            found = self._tag(
                lambda progress: self._set(replace(status, progress=progress)),
                self._stopping.is_set,
            )
            status = replace(status, report=found)
        except SourceError as error:
            status = replace(status, problem=error.message)
        except Exception as error:  # noqa: BLE001 - the next run may succeed
            _log.warning("tagging the folders failed: %s", type(error).__name__)
            status = replace(status, problem=Message("folder-tagging-broken"))
        self._set(replace(status, running=False))
        self._on_status(self.status())

    def _set(self, status: ScanStatus) -> None:
        with self._lock:
            self._status = status

    def _settle(self) -> None:
        """Wait until changes cease, or somebody calls `request_scan` or `stop`."""
        give_up = time.monotonic() + SETTLE_S
        while not self._asked.is_set() and time.monotonic() < give_up:
            self._changed.clear()
            if not self._changed.wait(self._quiet_s):
                return


def start_folder_tagging(
    engine: Engine, data_dir: Path, tagger: Callable[[], Callable[[], AudioTagger]]
) -> FolderTagging:
    """Start the thread, which also deletes the uploads of forgotten listeners.

    Parameters
    ----------
    tagger : callable
        Returns the factory for `recommender.library.tagging.tag_folders`. Called only when there
        are folders, because it may load large libraries.
    """

    def tag(
        progress: Callable[[Progress], None], stopping: Callable[[], bool]
    ) -> TaggingReport | None:
        purge_orphans(engine, data_dir)
        folders = watched(engine)
        if not folders:
            return None
        return tag_folders(
            engine, folders, tagger(), workers=WORKERS, progress=progress, stopping=stopping
        )

    made = FolderTagging(tag, folders=lambda: watched(engine))
    made.start()
    return made
