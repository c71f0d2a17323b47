"""Limits of our processes: the memory they take, and no core file when they crash."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

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
