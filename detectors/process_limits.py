"""Limits of our processes: the memory and time they take, and no core file when they crash."""

from __future__ import annotations

import ctypes
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

# From <linux/prctl.h>.
PR_SET_DUMPABLE = 4


def leave_no_core() -> None:
    """Let this process, and those that it starts, write no core file when they crash.

    A picture from a camera would stand in it. On Linux the process also counts as one that may not
    be dumped, which holds where a program receives the core instead of a file; processes that it
    starts must call this themselves for that.
    """
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def take_at_most(memory: int) -> None:
    """Let this process have no more than so many bytes of addresses, where the system holds to it.

    What asks for more then raises MemoryError, and nobody else's memory is needed for it.
    """
    if sys.platform != "win32":
        import resource

        # macOS refuses a limit below what its own libraries take.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


@contextmanager
def killed_after(process: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
    """Kill a process when the block takes longer, and give the event that tells whether it was."""
    late = threading.Event()

    def give_up() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        # It may be about to kill the process, which would break off what is asked next.
        timer.join()
