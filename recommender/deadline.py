"""Run blocking calls with a deadline; late calls are abandoned."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
    outcomes: SimpleQueue[tuple[int, Callable[[], T]]] = SimpleQueue()

    def work(place: int, call: Callable[[], T]) -> None:
        outcomes.put((place, _outcome(call)))

    left = set(range(len(calls)))
    if time.monotonic() < deadline:
        for place, call in enumerate(calls):
            threading.Thread(target=work, args=(place, call), name="bulkhead", daemon=True).start()
        try:
            while left:
                place, outcome = outcomes.get(timeout=max(0.0, deadline - time.monotonic()))
                left.remove(place)
                yield place, outcome
        except Empty:
            pass
    for place in sorted(left):
        yield place, _late


def _outcome(call: Callable[[], T]) -> Callable[[], T]:
    try:
        result = call()
    except Exception as error:  # noqa: BLE001 - every error is passed on to the caller
        return _raiser(error)
    except BaseException as error:  # noqa: BLE001 - a SystemExit must not end the caller
        return _raiser(RuntimeError(type(error).__name__))
    return lambda: result


def _raiser(error: Exception) -> Callable[[], NoReturn]:
    def outcome() -> NoReturn:
        raise error

    return outcome


def _late() -> NoReturn:
    raise TimeoutError("not done by the deadline")
