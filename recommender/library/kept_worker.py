"""A worker process that is started on demand and ended when idle.

The app has two: one tags uploads, the other, without models, reads covers. A file that crashes the
process cannot end the app, and the next file gets a new process.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from recommender.library.process import PATIENCE_S, Died, Worker, said_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from detectors.types import AudioTagger
    from recommender.library.hearing import Look, Said
    from recommender.library.tags import Cover

# Uploads come in bursts, so keep the process, although it takes some 300 MB.
IDLE_S = 300.0


class KeptWorker:
    """A thread-safe `recommender.library.hearing.Hearer` that handles one file at a time.

    Parameters
    ----------
    factory : callable or None
        Module-level class or function, called in each process; None to read covers only.
    idle_s : float, seconds without a file until the process is ended
    patience_s : float, timeout per file in seconds
    """

    def __init__(
        self,
        factory: Callable[[], AudioTagger] | None,
        *,
        idle_s: float = IDLE_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._factory = factory
        self._idle_s, self._patience_s = idle_s, patience_s
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._version = ""
        self._end_of_idling: threading.Timer | None = None

    @property
    def is_ready(self) -> bool:
        """True when the process runs and has loaded its models."""
        worker = self._worker
        return worker is not None and worker.lives

    def start(self) -> None:
        """Start the process and load the models, unless it runs.

        Raises
        ------
        CannotTag
            When the models cannot be loaded, or no process can be started.
        """
        with self._lock:
            if not self.is_ready:
                self._end()
                self._worker = self._started()
            self._idle()

    def hear(self, look: Look) -> tuple[str, Said]:
        """Return the tagger's version and its result for a file. Raises as `start`."""
        with self._lock:
            try:
                self._worker, said = said_of(look, self._worker, self._started, self._patience_s)
            except BaseException:
                # The worker may still answer; the next request must not read that answer.
                self._end()
                raise
            else:
                self._idle()
            return self._version, said

    def cover(self, path: Path) -> Cover | None:
        """Return a file's cover; None when it is missing or unreadable. Raises as `start`.

        The content is untrusted and not decoded: see `recommender.library.tags.Cover`.
        """
        self.start()
        with self._lock:
            worker = self._worker = self._worker or self._started()
            try:
                return worker.cover(path, self._patience_s)
            except Died:
                self._end()
                return None

    def rest(self) -> None:
        """End the process after the current request."""
        with self._lock:
            self._end()

    def _started(self) -> Worker:
        worker = Worker(self._factory)
        worker.get_ready()
        self._version = worker.version
        return worker

    def _idle(self) -> None:
        """Restart the idle timer."""
        if self._end_of_idling is not None:
            self._end_of_idling.cancel()
        self._end_of_idling = timer = threading.Timer(self._idle_s, lambda: self._rest_by(timer))
        timer.daemon = True
        timer.start()

    def _rest_by(self, timer: threading.Timer) -> None:
        with self._lock:
            # A request may have restarted the timer.
            if self._end_of_idling is timer:
                self._end()

    def _end(self) -> None:
        if self._end_of_idling is not None:
            self._end_of_idling.cancel()
            self._end_of_idling = None
        if self._worker is not None:
            self._worker.end()
            self._worker = None
