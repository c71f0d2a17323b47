"""A machine with other things to do: processes that only count, as important as our own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# One for each core of the small machine that Moodring is made for.
PROCESSES = 2
# It says when it has begun, and ends by itself when the benchmark is killed.
LOOP = """
import os
import sys

print(flush=True)
while os.getppid() == int(sys.argv[1]):
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def busy_cores(count: int = PROCESSES) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keep so many cores busy with processes that are gone afterwards, whatever happens."""
    command = [sys.executable, "-c", LOOP, str(os.getpid())]
    with ExitStack() as stack:
        loops = []
        for _ in range(count):
            loop = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
            stack.callback(loop.kill)
            loops.append(loop)
        for loop in loops:
            loop.stdout.readline()
        yield loops
