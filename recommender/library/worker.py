"""A process that hears files, or reads covers: told which by standard input, answering on output.

It is started by `recommender.library.process`, and ends with its parent: the input ends then, and
where a file keeps it from asking for more, `end_with` sees to it.
It is no `multiprocessing` process: those run the program's main module again, which in the app is
a page.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from detectors.process_limits import leave_no_core
from recommender.library.hearing import hear
from recommender.library.messages import (
    factory_of,
    from_said,
    read_line,
    to_look,
    write_cover,
    write_line,
)
from recommender.library.tags import read_cover

if TYPE_CHECKING:
    from detectors.types import AudioTagger

# Whoever looks into the camera meanwhile comes first.
NICENESS = 10
LOOK_S = 1.0


def main() -> None:
    """Make the tagger that is asked for, and hear files until there are no more."""
    # Ctrl-C is the parent's business.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leave_no_core()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    # Whatever a library prints must not come among the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with answers, suppress(EOFError, BrokenPipeError):
        serve(sys.stdin.buffer, answers)


class NoTagger:
    """Hears nothing: for a process that reads covers alone."""

    version = ""

    def tag(self, path: Path) -> str:  # noqa: ARG002 - the protocol's
        """Return that it hears nothing."""
        return "Nothing is heard here."


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer first with the tagger's version, or why there is none; then file by file.

    Where no tagger is asked for, there are but covers to be read.

    Raises
    ------
    EOFError
        When nothing more is asked.
    """
    try:
        name = read_line(asked)["factory"]
        tagger: AudioTagger = factory_of(name)() if name else NoTagger()
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent says it
        write_line(answers, {"version": None, "problem": f"{error}" or type(error).__name__})
        return
    write_line(answers, {"version": tagger.version, "problem": None})
    while True:
        question = read_line(asked)
        if "cover" in question:
            write_cover(answers, read_cover(Path(question["cover"])))
        else:
            write_line(answers, from_said(hear(to_look(question["look"]), tagger)))


def end_with(parent: int) -> None:
    """End this process when its parent has gone, whatever it does; where the system says that."""
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


if __name__ == "__main__":
    main()
