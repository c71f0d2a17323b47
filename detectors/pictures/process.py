"""Decode pictures from outside in worker processes, two at a time.

The workers run `detectors.pictures.worker`. They start on demand, and end when idle or with this
process.
"""

from __future__ import annotations

import os
import subprocess  # nosec B404 # it runs our own modules alone
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

from detectors.errors import BadImage, CannotDecode
from detectors.pictures.decoding import Picture
from detectors.pictures.limits import MAX_BYTES, WORKING_SIDE
from detectors.pictures.worker import ANSWER, QUESTION, read_exactly
from detectors.process_limits import killed_after
from detectors.types import Message

# Pictures decoded at once, in the whole server.
AT_ONCE = 2
# Queued requests; each may hold a file of 25 MB.
MAX_WAITING = 16
WAIT_S = 15.0
# Timeout per picture. The largest take about one second, on a busy machine five.
PATIENCE_S = 10.0
IDLE_S = 60.0
# Maximum bytes of a worker's error message.
MAX_WORDS = 1000
# Environment variables that a worker inherits; the others hold secrets.
PASSED_ON = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
COMMAND = ("-m", "detectors.pictures.worker")


class PictureDecoder:
    """A pool of decoding processes. Thread-safe.

    Parameters
    ----------
    idle_s : float, seconds without a picture until the workers are ended
    patience_s : float, timeout per picture in seconds
    wait_s : float, timeout in seconds for a free worker
    command : tuple of str, arguments of Python that run a worker
    """

    def __init__(
        self,
        *,
        idle_s: float = IDLE_S,
        patience_s: float = PATIENCE_S,
        wait_s: float = WAIT_S,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self._idle_s, self._patience_s, self._wait_s = idle_s, patience_s, wait_s
        self._command = command
        self._turns = threading.Semaphore(AT_ONCE)
        self._places = threading.Semaphore(AT_ONCE + MAX_WAITING)
        self._lock = threading.Lock()
        self._resting: list[_Process] = []
        self._end_of_idling: threading.Timer | None = None

    def decode(self, content: bytes, side: int = WORKING_SIDE) -> Picture:
        """Decode a picture as `detectors.pictures.decoding.decode_picture` does.

        Raises
        ------
        BadImage
            When it is no usable picture, or takes too much time or memory.
        CannotDecode
            When no picture can be decoded now.
        """
        if len(content) > MAX_BYTES:
            raise BadImage("picture-too-large", most=MAX_BYTES // 1024 // 1024)
        with self._turn():
            process = self._taken()
            try:
                answer = process.ask(content, side, self._patience_s)
            except BaseException:
                # It may still be decoding; its answer must not reach the next caller.
                process.end()
                raise
            self._rest(process)
        if isinstance(answer, Message):
            raise BadImage(answer.id, **answer.values)
        return answer

    def end(self) -> None:
        """End the idle workers."""
        with self._lock:
            if self._end_of_idling is not None:
                self._end_of_idling.cancel()
                self._end_of_idling = None
            while self._resting:
                self._resting.pop().end()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise CannotDecode("pictures-too-many")
        try:
            if not self._turns.acquire(timeout=self._wait_s):
                raise CannotDecode("pictures-too-many")
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()

    def _taken(self) -> _Process:
        with self._lock:
            while self._resting:
                process = self._resting.pop()
                if process.lives:
                    return process
                process.end()
        return _Process(self._command)

    def _rest(self, process: _Process) -> None:
        with self._lock:
            self._resting.append(process)
            if self._end_of_idling is not None:
                self._end_of_idling.cancel()
            self._end_of_idling = timer = threading.Timer(self._idle_s, self.end)
            timer.daemon = True
            timer.start()


class _Process:
    """A worker, used by one thread at a time. Raises CannotDecode when it cannot be started."""

    def __init__(self, command: tuple[str, ...]) -> None:
        # Pass on the import path, as `multiprocessing` does.
        path = os.pathsep.join(entry or os.curdir for entry in sys.path)
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Discard the warnings that decoders print.
                stderr=subprocess.DEVNULL,
                env={**kept, "PYTHONPATH": path},
            )
        except OSError as error:
            raise CannotDecode("pictures-no-process") from error
        self._asked = cast("BinaryIO", self._process.stdin)
        self._answers = cast("BinaryIO", self._process.stdout)

    @property
    def lives(self) -> bool:
        """True while the process runs."""
        return self._process.poll() is None

    def ask(self, content: bytes, side: int, patience_s: float) -> Picture | Message:
        """Return the picture or why it is refused. Raises BadImage when the worker is lost."""
        with killed_after(self._process, patience_s) as late:
            try:
                self._asked.write(QUESTION.pack(side, len(content)))
                self._asked.write(content)
                self._asked.flush()
                answer = self._answer(side)
            except (OSError, EOFError, ValueError) as error:
                raise BadImage(
                    "picture-too-late" if late.is_set() else "picture-unreadable"
                ) from error
        if late.is_set():
            raise BadImage("picture-too-late")
        return answer

    def end(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._asked, self._answers):
            # Closing flushes unsent bytes to the dead process, which fails.
            with suppress(OSError):
                pipe.close()

    def _answer(self, side: int) -> Picture | Message:
        """Return the validated answer: a malicious picture may have taken over the worker."""
        header = read_exactly(self._answers, ANSWER.size)
        width, height, words, scale = ANSWER.unpack(header)
        if 0 < words <= MAX_WORDS:
            return Message.unpacked(read_exactly(self._answers, words).decode())
        if words or not (0 < width <= side and 0 < height <= side and 0 < scale <= 1):
            raise BadImage("picture-unreadable")
        return Picture(read_exactly(self._answers, 3 * width * height), width, height, scale)
