"""A pool of worker processes on this machine that survives the death of a worker.

Each worker has one file at a time, so the file that killed it is known.
"""

from __future__ import annotations

import os
import queue
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from recommender.errors import CannotTag
from recommender.library.process import PATIENCE_S, Worker, said_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from detectors.types import AudioTagger
    from recommender.library.hearing import Look, Said

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
    """Worker processes, as a `recommender.library.hearing.Hearers`."""

    def __init__(self, factory: Callable[[], AudioTagger], count: int, patience_s: float) -> None:
        self._factory = factory
        self._count = max(1, count)
        self._patience_s = patience_s
        self._closed = threading.Event()
        self._all: list[Worker] = []
        self._asked: queue.SimpleQueue[Look] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Look, Said | CannotTag]] = queue.SimpleQueue()
        first = self._started()
        self.version = first.version
        self._idle: list[Worker | None] = [first, *[None] * (self._count - 1)]

    def hear(
        self, looks: Iterable[Look], stopping: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Look, Said]]:
        """Yield the result for each file as it arrives; up to AHEAD files per worker are queued."""
        coming, waiting = iter(looks), 0
        while not stopping():
            while waiting < AHEAD * self._count and (look := next(coming, None)):
                if self._idle:
                    self._begin(self._idle.pop(0))
                self._asked.put(look)
                waiting += 1
            if not waiting:
                return
            with suppress(queue.Empty):
                look, said = self._answers.get(timeout=POLL_S)
                waiting -= 1
                if isinstance(said, CannotTag):
                    raise said
                yield look, said

    def close(self) -> None:
        """End all workers."""
        self._closed.set()
        for worker in self._all:
            worker.end()

    def _begin(self, worker: Worker | None) -> None:
        # Daemon: the program's exit must not wait for a file in progress.
        threading.Thread(target=self._hear_on, args=[worker], name="hearing", daemon=True).start()

    def _hear_on(self, worker: Worker | None) -> None:
        while not self._closed.is_set():
            with suppress(queue.Empty):
                look = self._asked.get(timeout=POLL_S)
                try:
                    worker, said = said_of(look, worker, self._started, self._patience_s)
                except CannotTag as error:
                    self._answers.put((look, error))
                else:
                    self._answers.put((look, said))

    def _started(self) -> Worker:
        if self._closed.is_set():
            raise CannotTag("Tagging was stopped.")
        worker = Worker(self._factory)
        self._all.append(worker)
        worker.get_ready()
        return worker
