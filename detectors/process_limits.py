"""Limits for our processes: memory, time, and no core files."""

import ctypes
import subprocess  # nosec B404 # for its types
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# From <linux/prctl.h>.
PR_SET_DUMPABLE = 4


def leave_no_core() -> None:
    """Prevent core files of this process and those that it starts.

    A core could contain a camera's picture. On Linux the process is also marked as not dumpable,
    which holds where the core goes to a program instead of a file; child processes must call this
    themselves for that.
    """
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def take_at_most(memory: int) -> None:
    """Limit this process's address space to ``memory`` bytes, where the system enforces it.

    Allocating more raises MemoryError.
    """
    if sys.platform != "win32":
        import resource

        # macOS refuses a limit below the size of its own libraries.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


@contextmanager
def killed_after(process: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
    """Kill a process when the block takes longer; the yielded event is set if it was killed."""
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
        # A timer that has fired may be about to kill the process, and with it the next request.
        timer.join()
