"""Worker process that tags files, reads covers, or writes moods into copies of files.

Requests come on standard input, answers go to standard output.
`recommender.library.worker_process` starts it. It ends with its parent: the input is then at its
end, and `end_with` ends it during a file.
It does not use `multiprocessing`, which runs the program's main module again: in the app, a page.
"""

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from detectors.process_limits import leave_no_core
from detectors.types import AudioTagger, Message, message_of
from recommender.library import messages
from recommender.library.file_tagging import TagResult, tag_file
from recommender.library.mood_tag_files import Fields, read_mood_fields, write_mood_fields
from recommender.library.tags import read_cover, read_tags
from recommender.library.untouched import NotWritable

# Live cameras keep their frame rate.
NICENESS = 10
LOOK_S = 1.0


def main() -> None:
    """Set up the process and serve requests until the input ends."""
    # The parent handles Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leave_no_core()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    # Output of libraries must not mix with the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with answers, suppress(EOFError, BrokenPipeError):
        serve(sys.stdin.buffer, answers)


class NoTagger:
    """A tagger that refuses, for a process that only reads covers and tags."""

    version = ""

    def tag(self, path: Path) -> Message:  # noqa: ARG002 - required by the protocol
        """Return the refusal."""
        return Message("hearing-nothing")


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer with the tagger's version, or why it cannot be made; then serve requests.

    Without a tagger, only covers and tags are served.

    Raises
    ------
    EOFError
        When the input ends.
    """
    try:
        name = messages.read_line(asked)["factory"]
        tagger: AudioTagger = messages.factory_of(name)() if name else NoTagger()
    except Exception as error:  # noqa: BLE001 - the parent reports it, whatever it is
        messages.write_line(answers, {"version": None, "problem": message_of(error).packed()})
        return
    messages.write_line(answers, {"version": tagger.version, "problem": None})
    while True:
        question = messages.read_line(asked)
        if "cover" in question:
            messages.write_cover(answers, read_cover(Path(question["cover"])))
        elif "mood" in question:
            path, fields = Path(question["mood"]), question["fields"]
            messages.write_line(answers, messages.from_fields(*_mood_fields(path, fields)))
        elif "tags" in question:
            messages.write_line(
                answers, messages.from_result(TagResult(tags=read_tags(Path(question["tags"]))))
            )
        else:
            messages.write_line(
                answers,
                messages.from_result(tag_file(messages.to_fingerprint(question["look"]), tagger)),
            )


def _mood_fields(path: Path, fields: Fields | None) -> tuple[Fields, Message | None]:
    """Return the fields of a file, after they were written where some are given."""
    try:
        if fields is not None:
            write_mood_fields(path, fields)
        return read_mood_fields(path), None
    except NotWritable as error:
        return {}, error.message


def end_with(parent: int) -> None:
    """End this process when its parent has died, where the system reports that."""
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


if __name__ == "__main__":
    main()
