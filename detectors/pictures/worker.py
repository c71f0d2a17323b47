"""A process that decodes pictures, apart from the app: one that crashes the decoder ends only it.

It imports only what it needs, since a visitor may wait for its start.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from contextlib import suppress
from typing import BinaryIO

# Load the decoders before the memory is limited.
from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

from detectors.errors import BadImage
from detectors.pictures.decoding import decode_picture
from detectors.process_limits import leave_no_core, take_at_most
from detectors.types import Message

QUESTION = struct.Struct(">II")
ANSWER = struct.Struct(">IIId")
# The largest pictures take 320 MB, with the process itself.
MAX_MEMORY = 512 * 1024 * 1024
# The parent kills a late worker; this alarm ends a worker whose parent was killed.
MAX_S = 60


def main() -> None:
    """Decode pictures until the input ends."""
    # The parent handles Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leave_no_core()
    take_at_most(MAX_MEMORY)
    # Redirect standard output: nothing that a library prints may mix with the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with answers, suppress(EOFError, BrokenPipeError):
        serve(sys.stdin.buffer, answers)


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests one by one.

    Nothing is pickled, and nothing is written to disk:

    - request: the longest side of the result and the number of bytes, as big-endian uint32; then
      the file;
    - answer: width, height and the number of bytes of an error message, as big-endian uint32, and
      the scale as float64; then the message or the pixels.

    Raises
    ------
    EOFError
        When the input ends.
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
    """Return exactly ``size`` bytes.

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
        problem = error.message
    except MemoryError:
        problem = Message("picture-too-much-memory")
    else:
        return ANSWER.pack(picture.width, picture.height, 0, picture.scale), picture.content
    said = problem.packed().encode()
    return ANSWER.pack(0, 0, len(said), 0.0), said


def _set_alarm(seconds: int) -> None:
    """End this process after these seconds, even within a decoder; 0 cancels the alarm."""
    if sys.platform != "win32":
        signal.alarm(seconds)


if __name__ == "__main__":
    main()
