"""A call that may hang, kept from taking its caller along."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

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
    late = TimeoutError("not done by the deadline")
    if time.monotonic() >= deadline:
        raise late
    outcomes: SimpleQueue[tuple[T, None] | tuple[None, Exception]] = SimpleQueue()

    def work() -> None:
        try:
            outcomes.put((call(), None))
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
            outcomes.put((None, error))
        except BaseException as error:  # noqa: BLE001 - a thread's SystemExit must end nobody else
            outcomes.put((None, RuntimeError(type(error).__name__)))

    threading.Thread(target=work, name="bulkhead", daemon=True).start()
    try:
        result, error = outcomes.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty:
        raise late from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value] # mypy does not tell the two kinds of tuple apart
