"""A process that decodes pictures: given on its standard input, answered on standard output.

It is started by `detectors.picture_process`, so that a picture that takes too much time or memory,
or breaks the decoder, takes no page along. Nothing is pickled, and nothing touches a disk:

- asked: the longest side of the result and the number of bytes, as two big-endian numbers of four
  bytes; then the file;
- answered: width, height and the number of bytes of a sentence, as such numbers too, and the scale
  as a float of eight bytes; then the sentence, which says why there is no picture, or the pixels.

It imports no more than it needs, since somebody may wait for its start.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from contextlib import suppress
from typing import BinaryIO

# The formats that are read, loaded before the memory is limited.
from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

from detectors.errors import BadImage
from detectors.pictures import decode_picture
from detectors.process_limits import leave_no_core, take_at_most

QUESTION = struct.Struct(">II")
ANSWER = struct.Struct(">IIId")
# The largest pictures that are read take 320 MB, with the process itself.
MAX_MEMORY = 512 * 1024 * 1024
# The parent ends a process that is late. A process whose parent was killed ends by itself.
MAX_S = 60
TOO_MUCH_MEMORY = "This picture takes too much memory to open."


def main() -> None:
    """Decode pictures until there are no more."""
    # Ctrl-C is the parent's business.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leave_no_core()
    take_at_most(MAX_MEMORY)
    # Whatever a library prints must not come among the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with answers, suppress(EOFError, BrokenPipeError):
        serve(sys.stdin.buffer, answers)


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer picture by picture.

    Raises
    ------
    EOFError
        When nothing more is asked.
    """
    while True:
        side, size = QUESTION.unpack(read_exactly(asked, QUESTION.size))
        content = read_exactly(asked, size)
        _set_alarm(MAX_S)
        answer = _answer(content, side)
        _set_alarm(0)
        answers.writelines(answer)
        answers.flush()


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Return so many bytes.

    Raises
    ------
    EOFError
        When the stream ends before.
    """
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content


def _answer(content: bytes, side: int) -> tuple[bytes, bytes]:
    try:
        picture = decode_picture(content, side)
    except BadImage as error:
        problem = str(error)
    except MemoryError:
        problem = TOO_MUCH_MEMORY
    else:
        return ANSWER.pack(picture.width, picture.height, 0, picture.scale), picture.content
    said = problem.encode()
    return ANSWER.pack(0, 0, len(said), 0.0), said


def _set_alarm(seconds: int) -> None:
    """End this process after so many seconds, even within a decoder; 0 calls it off."""
    if sys.platform != "win32":
        signal.alarm(seconds)


if __name__ == "__main__":
    main()
