"""Calls that may hang or fail: run with a deadline, and left out after a failure that lasts."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

from detectors.types import Message
from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, SourceError, Unavailable

T = TypeVar("T")


def run_with_deadline(deadline: float, call: Callable[[], T]) -> T:
    """Return the result of a call, or raise its error, if it ends by the deadline.

    A late call is abandoned in a daemon thread, which delays neither the caller nor the exit of the
    program. A ThreadPoolExecutor would: at exit, Python joins its threads.

    Parameters
    ----------
    deadline : float, value of ``time.monotonic()``

    Raises
    ------
    TimeoutError
        When the deadline passes first.
    """
    for _, outcome in run_all_with_deadline(deadline, [call]):
        return outcome()
    raise AssertionError  # pragma: no cover - each call has one outcome


def run_all_with_deadline(
    deadline: float, calls: Sequence[Callable[[], T]]
) -> Iterator[tuple[int, Callable[[], T]]]:
    """Run calls in parallel, and yield their indices and outcomes as they complete.

    An outcome is a callable that returns the call's result or raises its error; for a call that
    misses the deadline it raises TimeoutError. Each call has exactly one outcome.
    """
    outcomes: SimpleQueue[tuple[int, Future[T]]] = SimpleQueue()

    def work(place: int, call: Callable[[], T]) -> None:
        outcome = Future[T]()
        try:
            outcome.set_result(call())
        except Exception as error:  # noqa: BLE001 - every error is passed on to the caller
            outcome.set_exception(error)
        except BaseException as error:  # noqa: BLE001 - a SystemExit must not end the caller
            outcome.set_exception(RuntimeError(type(error).__name__))
        outcomes.put((place, outcome))

    left = set(range(len(calls)))
    if time.monotonic() < deadline:
        for place, call in enumerate(calls):
            threading.Thread(target=work, args=(place, call), name="bulkhead", daemon=True).start()
        try:
            while left:
                place, outcome = outcomes.get(timeout=max(0.0, deadline - time.monotonic()))
                left.remove(place)
                yield place, outcome.result
        except Empty:
            pass
    for place in sorted(left):
        late = Future[T]()
        late.set_exception(TimeoutError("not done by the deadline"))
        yield place, late.result


class OpenSockets:
    """The open sockets of one session, which another thread can shut down.

    A timeout in requests limits each wait for a byte, not their sum: a server that drips its
    headers would hold a thread for hours. Shutting down the socket ends that wait.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_aborted = False

    def add(self, wire: socket.socket) -> None:
        """Register a socket."""
        # TLS takes over the socket object; a duplicate stays valid and shuts down the same
        # connection.
        twin = wire.dup()
        with self._lock:
            self._sockets.append(twin)
            is_aborted = self._is_aborted
        if is_aborted:
            self.abort()

    def abort(self) -> None:
        """Shut down all connections, present and future."""
        with self._lock:
            self._is_aborted = True
            sockets, self._sockets = self._sockets, []
        for wire in sockets:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()


# In order of severity: a later error lasts longer.
_SEVERITY = (Unavailable, RateLimited, QuotaExceeded, NotAuthorised)


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a service is not asked.

    Attributes
    ----------
    seconds : float, how long it still lasts
    is_quota : bool, whether a quota is used up; else there were too many requests
    message : str, id of the message that says so
    """

    seconds: float
    is_quota: bool
    message: str


class Pauses(Protocol):
    """A place where processes tell one another of a service's pause. It raises nothing."""

    def get(self) -> Pause | None:
        """Return the pause that still lasts."""

    def put(self, pause: Pause) -> None:
        """Tell the other processes of a pause."""


class CircuitBreaker:
    """A thread-safe circuit breaker of a service: a refusal lasts for ever, a limit for a while.

    Parameters
    ----------
    pause_s : float, seconds after a rate limit that states none
    quota_pause_s : float, seconds after a quota was used up
    shared : Pauses or None, by which other processes keep a pause too, and this one theirs
    """

    def __init__(self, pause_s: float, quota_pause_s: float, shared: Pauses | None = None) -> None:
        self._pause_s, self._quota_pause_s = pause_s, quota_pause_s
        self._shared = shared
        self._refused: Message | None = None
        self._pause: tuple[float, RateLimited | QuotaExceeded] | None = None

    def check(self) -> None:
        """Raise the recorded error while it still applies."""
        if self._refused is not None:
            raise NotAuthorised(self._refused.id, **self._refused.values)
        pause = self._own_pause()
        if pause is None and self._shared is not None:
            pause = self._shared.get()
        if pause is None:
            return
        if pause.is_quota:
            raise QuotaExceeded(pause.message)
        raise RateLimited(pause.message, pause.seconds)

    def _own_pause(self) -> Pause | None:
        if self._pause is None:
            return None
        until, said = self._pause
        remaining = until - time.monotonic()
        if remaining <= 0:
            return None
        return Pause(remaining, isinstance(said, QuotaExceeded), said.message.id)

    def record(self, failure: SourceError) -> None:
        """Open the circuit, if the error requires it."""
        now = time.monotonic()
        if isinstance(failure, NotAuthorised):
            # Not shared: the owner mends the key, and starts the processes one by one.
            self._refused = failure.message
            return
        if isinstance(failure, RateLimited):
            self._pause = (now + (failure.retry_after or self._pause_s), failure)
        elif isinstance(failure, QuotaExceeded):
            self._pause = (now + self._quota_pause_s, failure)
        else:
            return
        pause = self._own_pause()
        if pause is not None and self._shared is not None:
            self._shared.put(pause)


def most_severe(failures: Iterable[SourceError]) -> SourceError | None:
    """Return the most severe error, or None without errors."""
    return max(failures, default=None, key=_severity)


def _severity(failure: SourceError) -> tuple[int, float]:
    pause = failure.retry_after if isinstance(failure, RateLimited) else None
    kind = max(
        (place for place, kind in enumerate(_SEVERITY) if isinstance(failure, kind)), default=0
    )
    return kind, pause or 0.0
