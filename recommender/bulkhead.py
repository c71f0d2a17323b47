"""Calls that may hang, kept from taking their caller along."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")


def run_by(deadline: float, call: Callable[[], T]) -> T:
    """Return what ``call`` returns or raise what it raises, if it does so by the deadline.

    deadline : value of ``time.monotonic()``

    A late call is abandoned in its daemon thread, which delays neither us nor the program's exit.
    That is why this is no ThreadPoolExecutor: at exit, Python waits for its threads.

    Raises
    ------
    TimeoutError
        When the deadline passes first.
    """
    for _, outcome in run_each_by(deadline, [call]):
        return outcome()
    raise AssertionError  # pragma: no cover - each call has one outcome


def run_each_by(
    deadline: float, calls: Sequence[Callable[[], T]]
) -> Iterator[tuple[int, Callable[[], T]]]:
    """Run calls side by side, and give their places and outcomes as they come.

    An outcome returns what its call returned or raises what it raised; for a call that is not done
    by the deadline, it raises TimeoutError. Each call has one outcome.
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
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
        return _raiser(error)
    except BaseException as error:  # noqa: BLE001 - a thread's SystemExit must end nobody else
        return _raiser(RuntimeError(type(error).__name__))
    return lambda: result


def _raiser(error: Exception) -> Callable[[], NoReturn]:
    def outcome() -> NoReturn:
        raise error

    return outcome


def _late() -> NoReturn:
    raise TimeoutError("not done by the deadline")
