"""The watched folders, tagged again and again: when music changes in them, when asked, each hour.

The hour is for disks that do not say when something changes on them. In the app one process hears
them, at low priority; who is looked at by a camera meanwhile comes first.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recommender.errors import SourceError
from recommender.library.dropped import sweep_dropped
from recommender.library.folders import watched
from recommender.library.tagging import tag_folders
from recommender.library.watching import Eyes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sqlalchemy import Engine

    from detectors.types import AudioTagger
    from recommender.library.reports import Progress, TaggingReport

PERIOD_S = 3600.0
# The app has better things to do while it starts.
FIRST_S = 60.0
# A file may still be written: nothing is looked at until all has been still for so long ..
QUIET_S = 2.0
# .. or until so long after the first change.
SETTLE_S = 60.0
STOP_S = 1.0
WORKERS = 1
UNWATCHED = "Changes are not noticed at once here: the folders are looked through every hour."
_BROKEN = "Something went wrong while the folders were looked through."
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Now:
    """How the tagging stands.

    running : whether folders are being looked through
    progress : how far that has come; None before the first file
    report : what came of the last time; None where there was none, or it failed
    problem : one sentence why it failed
    unwatched : whether the system does not say when something changes in one of the folders
    """

    running: bool = False
    progress: Progress | None = None
    report: TaggingReport | None = None
    problem: str | None = None
    unwatched: bool = False


class FolderTagging:
    """A thread that tags the watched folders, from `start` to `stop`. Any thread may ask it.

    tag : tags all folders; told whom to tell of the progress, and what to ask whether to stop
    folders : which folders to keep an eye on; asked before each look
    told : called with `now` after each look, in the thread that looks
    first_s, period_s : seconds before the first look, and between two looks
    quiet_s : seconds without a further change before a look
    """

    def __init__(
        self,
        tag: Callable[[Callable[[Progress], None], Callable[[], bool]], TaggingReport | None],
        *,
        folders: Callable[[], Iterable[Path]] = lambda: (),
        told: Callable[[Now], object] = lambda _now: None,
        first_s: float = FIRST_S,
        period_s: float = PERIOD_S,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._tag, self._folders, self._told = tag, folders, told
        self._first_s, self._period_s, self._quiet_s = first_s, period_s, quiet_s
        # That something has changed, and that somebody asks or stops.
        self._changed, self._asked = threading.Event(), threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._now = Now()
        self._thread = threading.Thread(target=self.run, name="folder-tagging", daemon=True)

    def start(self) -> None:
        """Begin, a little later."""
        self._thread.start()

    def stop(self) -> None:
        """End. What is being heard is given up, and comes again the next time."""
        self._stopping.set()
        self.wake()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(STOP_S)

    def ask(self) -> None:
        """Look through the folders now, or once more after the present time."""
        with self._lock:
            self._now = replace(self._now, running=True)
        self.wake()

    def wake(self) -> None:
        """Wait no longer."""
        self._asked.set()
        self._changed.set()

    def now(self) -> Now:
        """Return how it stands."""
        with self._lock:
            return self._now

    def run(self) -> None:
        """Do in this thread what `start` does in another."""
        with ExitStack() as stack:
            eyes = None
            try:
                eyes = stack.enter_context(Eyes(self._changed.set))
            except (ImportError, OSError) as error:
                # The hour is left.
                _log.warning("folders cannot be watched: %s", type(error).__name__)
            seconds = self._first_s
            while True:
                if self._changed.wait(seconds):
                    self._settle()
                if self._stopping.is_set():
                    return
                self._changed.clear()
                self._asked.clear()
                self.look(eyes)
                seconds = self._period_s

    def look(self, eyes: Eyes | None = None) -> None:
        """Look through the folders; what goes wrong is told by `now`.

        eyes : to be kept on them; None where the system cannot watch folders
        """
        now = Now(running=True, unwatched=self.now().unwatched)
        self._set(now)
        try:
            folders = list(self._folders())
            seen = eyes.look_at(folders) if eyes is not None else not folders
            now = replace(now, unwatched=not seen)
            self._set(now)
            found = self._tag(
                lambda progress: self._set(replace(now, progress=progress)),
                self._stopping.is_set,
            )
            now = replace(now, report=found)
        except SourceError as error:
            now = replace(now, problem=str(error))
        except Exception as error:  # noqa: BLE001 - the next time may go better
            _log.warning("tagging the folders failed: %s", type(error).__name__)
            now = replace(now, problem=_BROKEN)
        self._set(replace(now, running=False))
        self._told(self.now())

    def _set(self, now: Now) -> None:
        with self._lock:
            self._now = now

    def _settle(self) -> None:
        """Wait until nothing changes any more, unless somebody asks."""
        give_up = time.monotonic() + SETTLE_S
        while not self._asked.is_set() and time.monotonic() < give_up:
            self._changed.clear()
            if not self._changed.wait(self._quiet_s):
                return


def start_folder_tagging(
    engine: Engine, data_dir: Path, tagger: Callable[[], Callable[[], AudioTagger]]
) -> FolderTagging:
    """Start the thread, which deletes what forgotten listeners have dropped, too.

    tagger : returns what `recommender.library.tagging.tag_folders` takes as its factory; called
        only where there are folders, for it may load much
    """

    def tag(
        progress: Callable[[Progress], None], stopping: Callable[[], bool]
    ) -> TaggingReport | None:
        sweep_dropped(engine, data_dir)
        folders = watched(engine)
        if not folders:
            return None
        return tag_folders(
            engine, folders, tagger(), workers=WORKERS, progress=progress, stopping=stopping
        )

    made = FolderTagging(tag, folders=lambda: watched(engine))
    made.start()
    return made
