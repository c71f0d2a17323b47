"""Several processes on this machine that hear files. One that dies takes nothing along.

Each has one file at a time, so that it is known which one killed it.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, cast

from recommender.errors import CannotTag
from recommender.library.hearing import Look, Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from detectors.types import AudioTagger

# A song takes seconds. What takes so long never ends.
PATIENCE_S = 300.0
# A process may also die because something else needed the memory.
TRIES = 2
EXIT_S = 5.0
# So many files are looked at before they are heard, for each process.
AHEAD = 2
# How soon a stop is noticed.
POLL_S = 0.2
# The models use one thread each, and so must the libraries below them.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Died(Exception):
    """A worker ended while it was asked; the message says how, as a clause.

    too_late : whether it was ended for taking too long
    """

    def __init__(self, how: str, *, too_late: bool = False) -> None:
        super().__init__(how)
        self.too_late = too_late


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def pool(
    factory: Callable[[], AudioTagger], count: int, *, patience_s: float = PATIENCE_S
) -> Iterator[Pool]:
    """Give a pool whose first process has made its tagger; all end with the block.

    factory : a class or function of a module, made anew in each process
    count : how many processes at most; each starts when there is work for it

    Raises
    ------
    CannotTag
        When a process cannot be started, or cannot make its tagger.
    """
    made = Pool(factory, count, patience_s)
    try:
        yield made
    finally:
        made.close()


class Pool:
    """Processes that hear files; see `recommender.library.hearing.Hearers`."""

    def __init__(self, factory: Callable[[], AudioTagger], count: int, patience_s: float) -> None:
        self._factory = factory
        self._count = max(1, count)
        self._patience_s = patience_s
        self._closed = threading.Event()
        self._all: list[_Worker] = []
        self._asked: queue.SimpleQueue[Look] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Look, Said | CannotTag]] = queue.SimpleQueue()
        first = self._started()
        self.version = first.version
        self._idle: list[_Worker | None] = [first, *[None] * (self._count - 1)]

    def hear(
        self, looks: Iterable[Look], stopping: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Look, Said]]:
        """Give what is said of each file as it comes; some files wait for each process."""
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
        """End all processes."""
        self._closed.set()
        for worker in self._all:
            worker.end()

    def _begin(self, worker: _Worker | None) -> None:
        # Nobody waits for a daemon at the end of the program, whatever it is hearing.
        threading.Thread(target=self._hear_on, args=[worker], name="hearing", daemon=True).start()

    def _hear_on(self, worker: _Worker | None) -> None:
        while not self._closed.is_set():
            with suppress(queue.Empty):
                look = self._asked.get(timeout=POLL_S)
                try:
                    worker, said = self._said(worker, look)
                except CannotTag as error:
                    self._answers.put((look, error))
                else:
                    self._answers.put((look, said))

    def _said(self, worker: _Worker | None, look: Look) -> tuple[_Worker | None, Said]:
        """Return what is said of a file, and the worker for the next one, if it still lives."""
        tries = 0
        while True:
            worker = worker or self._started()
            tries += 1
            try:
                return worker, worker.ask(look, self._patience_s)
            except Died as death:
                worker.end()
                worker = None
                if tries == TRIES or death.too_late:
                    return None, Said(problem=f"Hearing it {death}.")

    def _started(self) -> _Worker:
        if self._closed.is_set():
            raise CannotTag("Tagging was stopped.")
        worker = _Worker(self._factory)
        self._all.append(worker)
        try:
            worker.get_ready()
        except BaseException:
            worker.end()
            raise
        return worker


class _Worker:
    """One process, `recommender.library.worker`. One thread at a time may ask it."""

    def __init__(self, factory: Callable[[], AudioTagger]) -> None:
        # As `multiprocessing` does it: what can be imported here can be imported there.
        path = os.pathsep.join(entry for entry in sys.path if entry)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "recommender.library.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Decoders and models chatter.
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD, "PYTHONPATH": path},
            )
        except OSError as error:
            raise CannotTag("No further process can be started on this machine.") from error
        self._asked, self._answers = map(_pipe, (self._process.stdin, self._process.stdout))
        self._factory = factory
        self._ending = threading.Lock()
        self.version = ""

    def get_ready(self) -> None:
        """Wait for the tagger. Raises CannotTag."""
        try:
            version, problem = self._answer(self._factory, PATIENCE_S)
        except Died as death:
            raise CannotTag(f"The music models cannot be loaded: that {death}.") from death
        if version is None:
            raise CannotTag(f"The music models cannot be loaded: {problem}")
        self.version = version

    def ask(self, look: Look, patience_s: float) -> Said:
        """Return what is said of a file. Raises Died."""
        said: Said = self._answer(look, patience_s)
        return said

    def end(self) -> None:
        """End the process, whatever it does."""
        with self._ending:
            self._process.kill()
            self._process.wait()
            for pipe in (self._asked, self._answers):
                # What it can no more be told is lost with it.
                with suppress(OSError):
                    pipe.close()

    def _answer(self, question: object, patience_s: float) -> Any:  # noqa: ANN401 - what was sent
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(patience_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            pickle.dump(question, self._asked)
            self._asked.flush()
            return pickle.load(self._answers)  # noqa: S301 - from our own child
        except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
            code = self._exit_code()
            if late.is_set():
                raise Died("took too long", too_late=True) from error
            how = f"signal {-code}" if code < 0 else f"status {code}"
            raise Died(f"ended the process ({how})") from error
        finally:
            timer.cancel()

    def _exit_code(self) -> int:
        """Return how it ended, whose pipe is closed already."""
        try:
            return self._process.wait(EXIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    return cast("IO[bytes]", stream)
