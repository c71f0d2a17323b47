"""Worker processes on this machine that tag files; a crash in one does not affect the app.

Each has one file at a time, so that the file that killed it is known. A tagging run has several
(`Pool`). An `IdleWorker` starts with the first file and ends when no more come; uploads are tagged
in one, and covers are read in another, which loads no models.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from detectors.types import AudioTagger
from recommender.errors import CannotTag
from recommender.library.file_tagging import Fingerprint, TagResult
from recommender.library.mood_tag_files import Fields
from recommender.library.tags import Cover
from recommender.library.untouched import NotWritable
from recommender.library.worker_process import PATIENCE_S, Worker, WorkerDied, tag_with_retry

# Files fingerprinted ahead for each worker.
AHEAD = 2
# Seconds within which a stop is noticed.
POLL_S = 0.2


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def pool(
    factory: Callable[[], AudioTagger], count: int, *, patience_s: float = PATIENCE_S
) -> Iterator[Pool]:
    """Yield a pool whose first worker is ready; all workers end with the block.

    Parameters
    ----------
    factory : callable, a module-level class or function, called in each process
    count : int, most workers; each starts when there is work for it
    patience_s : float, timeout per file in seconds

    Raises
    ------
    CannotTag
        When a worker cannot be started, or cannot make its tagger.
    """
    made = Pool(factory, count, patience_s)
    try:
        yield made
    finally:
        made.close()


class Pool:
    """Worker processes, as a `recommender.library.file_tagging.TaggerPool`."""

    def __init__(self, factory: Callable[[], AudioTagger], count: int, patience_s: float) -> None:
        self._factory = factory
        self._count = max(1, count)
        self._patience_s = patience_s
        self._closed = threading.Event()
        self._all: list[Worker] = []
        self._asked: queue.SimpleQueue[Fingerprint] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Fingerprint, TagResult | CannotTag]] = (
            queue.SimpleQueue()
        )
        first = self._started()
        self.version = first.version
        self._idle: list[Worker | None] = [first, *[None] * (self._count - 1)]

    def tag_files(
        self, files: Iterable[Fingerprint], stopping: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Fingerprint, TagResult]]:
        """Yield the result for each file as it arrives; up to AHEAD files per worker are queued."""
        coming, waiting = iter(files), 0
        while not stopping():
            while waiting < AHEAD * self._count and (file := next(coming, None)):
                if self._idle:
                    self._begin(self._idle.pop(0))
                self._asked.put(file)
                waiting += 1
            if not waiting:
                return
            with suppress(queue.Empty):
                file, result = self._answers.get(timeout=POLL_S)
                waiting -= 1
                if isinstance(result, CannotTag):
                    raise result
                yield file, result

    def close(self) -> None:
        """End all workers."""
        self._closed.set()
        for worker in self._all:
            worker.end()

    def _begin(self, worker: Worker | None) -> None:
        # Daemon: the program's exit must not wait for a file in progress.
        threading.Thread(target=self._tag_on, args=[worker], name="hearing", daemon=True).start()

    def _tag_on(self, worker: Worker | None) -> None:
        while not self._closed.is_set():
            with suppress(queue.Empty):
                file = self._asked.get(timeout=POLL_S)
                try:
                    worker, result = tag_with_retry(file, worker, self._started, self._patience_s)
                except CannotTag as error:
                    self._answers.put((file, error))
                else:
                    self._answers.put((file, result))

    def _started(self) -> Worker:
        if self._closed.is_set():
            raise CannotTag("tagging-stopped")
        worker = Worker(self._factory)
        self._all.append(worker)
        worker.wait_until_ready()
        return worker


# Uploads come in bursts, so keep the process, although it takes some 300 MB.
IDLE_S = 300.0


class IdleWorker:
    """A thread-safe tagger in another process that handles one file at a time.

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
        return worker is not None and worker.is_alive

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

    def tag_file(self, file: Fingerprint) -> tuple[str, TagResult]:
        """Return the tagger's version and its result for a file. Raises as `start`."""
        with self._lock:
            try:
                self._worker, result = tag_with_retry(
                    file, self._worker, self._started, self._patience_s
                )
            except BaseException:
                # The worker may still answer; the next request must not read that answer.
                self._end()
                raise
            else:
                self._idle()
            return self._version, result

    def cover(self, path: Path) -> Cover | None:
        """Return a file's cover; None when it is missing or unreadable. Raises as `start`.

        The content is untrusted and not decoded: see `recommender.library.tags.Cover`.
        """
        self.start()
        with self._lock:
            worker = self._worker = self._worker or self._started()
            try:
                return worker.cover(path, self._patience_s)
            except WorkerDied:
                self._end()
                return None

    def mood_fields(self, path: Path, fields: Fields | None = None) -> dict[str, list[str]]:
        """Return the mood in a file's tags, after writing it where some is given.

        Raises
        ------
        NotWritable
            When it cannot be written without loss, or the process died of the file.
        CannotTag
            As `start`.
        """
        self.start()
        with self._lock:
            worker = self._worker = self._worker or self._started()
            try:
                return worker.mood_fields(path, fields, self._patience_s)
            except WorkerDied as error:
                self._end()
                raise NotWritable("mood-tags-broken") from error

    def rest(self) -> None:
        """End the process after the current request."""
        with self._lock:
            self._end()

    def _started(self) -> Worker:
        worker = Worker(self._factory)
        worker.wait_until_ready()
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
