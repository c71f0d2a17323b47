"""One process that hears files as they come: started with the first, ended when no more come.

What anybody drops is heard in one, and covers are read in another, which takes no models. A file
that kills it ends no app, and the next one gets another.
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

# The process takes some 300 MB, but whoever drops one song may drop another.
IDLE_S = 300.0


class KeptWorker:
    """Any thread may ask it; one file at a time is heard. See `recommender.library.hearing.Hearer`.

    factory : a class or function of a module, made anew in each process; None to read covers alone
    idle_s : seconds without a file until the process is ended; it also ends with this one
    patience_s : seconds for a file
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
        """Whether a file would be heard at once; else the models are loaded first."""
        worker = self._worker
        return worker is not None and worker.lives

    def start(self) -> None:
        """Load the models, unless they are.

        Raises
        ------
        CannotTag
            When they cannot be loaded, or no process can be started.
        """
        with self._lock:
            if not self.is_ready:
                self._end()
                self._worker = self._started()
            self._idle()

    def hear(self, look: Look) -> tuple[str, Said]:
        """Return the version of the tagger and what is said of a file. Raises as `start`."""
        with self._lock:
            try:
                self._worker, said = said_of(look, self._worker, self._started, self._patience_s)
            except BaseException:
                # It may be about to answer, which nobody would wait for.
                self._end()
                raise
            else:
                self._idle()
            return self._version, said

    def cover(self, path: Path) -> Cover | None:
        """Return the picture in a file; None without, or where it cannot be had. Raises as `start`.

        It may come from anywhere, and is not decoded: see `recommender.library.tags.Cover`.
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
        """End the process, once it is not asked any more."""
        with self._lock:
            self._end()

    def _started(self) -> Worker:
        worker = Worker(self._factory)
        worker.get_ready()
        self._version = worker.version
        return worker

    def _idle(self) -> None:
        """Let the process rest a while from now on."""
        if self._end_of_idling is not None:
            self._end_of_idling.cancel()
        self._end_of_idling = timer = threading.Timer(self._idle_s, lambda: self._rest_by(timer))
        timer.daemon = True
        timer.start()

    def _rest_by(self, timer: threading.Timer) -> None:
        with self._lock:
            # It may have been asked again since.
            if self._end_of_idling is timer:
                self._end()

    def _end(self) -> None:
        if self._end_of_idling is not None:
            self._end_of_idling.cancel()
            self._end_of_idling = None
        if self._worker is not None:
            self._worker.end()
            self._worker = None
