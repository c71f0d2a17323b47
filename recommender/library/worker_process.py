"""Handle of a worker process (`recommender.library.worker`) in its parent."""

from __future__ import annotations

import os
import subprocess  # nosec B404 # it runs our own modules alone
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeVar, cast

from detectors.process_limits import killed_after
from detectors.threads import ONE_THREAD
from detectors.types import AudioTagger, Message, MessageError
from recommender.errors import CannotTag
from recommender.library import messages
from recommender.library.file_tagging import Fingerprint, TagResult
from recommender.library.mood_tag_files import Fields
from recommender.library.tags import Cover, Tags

# Timeout per file: a song takes seconds.
PATIENCE_S = 300.0
# A retry, because a process may also die when others need the memory.
TRIES = 2
EXIT_S = 5.0
# Environment variables passed to a worker: it parses untrusted files, so it gets no keys.
KEPT = frozenset(
    (
        *("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
        *("VIRTUAL_ENV", "LD_LIBRARY_PATH", "MOODRING_DATA_DIR"),
        # Required by Windows.
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS"),
        *("USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    )
)
KEPT_BEGINNINGS = ("LC_", "PYTHON", "COVERAGE_", "OMP_", "OPENBLAS_", "MKL_")
_Answer = TypeVar("_Answer")


class WorkerDied(MessageError):
    """A worker died during a request.

    Attributes
    ----------
    too_late : bool, whether it was killed after the timeout
    """

    def __init__(self, message_id: str, /, *, too_late: bool = False, **values: object) -> None:
        super().__init__(message_id, **values)
        self.too_late = too_late


def tag_with_retry(
    file: Fingerprint, worker: Worker | None, started: Callable[[], Worker], patience_s: float
) -> tuple[Worker | None, TagResult]:
    """Return the worker for the next file (None when it died) and the result for this one.

    Parameters
    ----------
    worker : Worker or None, None while none runs
    started : callable, starts a worker; may raise CannotTag
    """
    tries = 0
    while True:
        worker = worker or started()
        tries += 1
        try:
            return worker, worker.ask(file, patience_s)
        except WorkerDied as death:
            worker.end()
            worker = None
            if tries == TRIES or death.too_late:
                return None, TagResult(problem=death.message)


class Worker:
    """A worker process; one thread at a time may use it.

    Parameters
    ----------
    factory : callable or None
        Module-level class or function, called in the process; None to read covers and tags only.

    Raises
    ------
    CannotTag
        When the process cannot be started.
    """

    def __init__(self, factory: Callable[[], AudioTagger] | None) -> None:
        # As `multiprocessing` does: the child can import whatever the parent can.
        path = os.pathsep.join(entry for entry in sys.path if entry)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "recommender.library.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Decoders and models write warnings there.
                stderr=subprocess.DEVNULL,
                # Limit the numeric libraries to one thread, like the models.
                env={**_environment(), **ONE_THREAD, "PYTHONPATH": path},
            )
        except OSError as error:
            raise CannotTag("tagging-no-process") from error
        self._asked, self._answers = map(_pipe, (self._process.stdin, self._process.stdout))
        self._factory = factory
        self._ending = threading.Lock()
        self.version = ""

    @property
    def is_alive(self) -> bool:
        """True until the process has ended."""
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Wait until the tagger is loaded; on failure, end the process.

        Raises
        ------
        CannotTag
            When the tagger cannot be made.
        """
        try:
            self.version = self._version_there()
        except BaseException:
            self.end()
            raise

    def ask(self, file: Fingerprint, patience_s: float) -> TagResult:
        """Tag a file. Raises WorkerDied."""
        question = {"look": messages.from_fingerprint(file)}
        return self._answer(
            question, patience_s, lambda stream: messages.to_result(messages.read_line(stream))
        )

    def cover(self, path: Path, patience_s: float) -> Cover | None:
        """Return a file's cover, or None without a picture. Raises WorkerDied."""
        return self._answer({"cover": str(path)}, patience_s, messages.read_cover)

    def tags(self, path: Path, patience_s: float) -> Tags | None:
        """Return a file's tags. Raises WorkerDied."""
        question = {"tags": str(path)}
        return self._answer(
            question, patience_s, lambda stream: messages.to_result(messages.read_line(stream))
        ).tags

    def mood_fields(
        self, path: Path, fields: Fields | None, patience_s: float
    ) -> dict[str, list[str]]:
        """Return the fields of a file, after writing where some are given.

        Raises WorkerDied, and NotWritable as `recommender.library.mood_tag_files`.
        """
        question = {"mood": str(path), "fields": fields}
        said = self._answer(question, patience_s, messages.read_line)
        try:
            return messages.to_fields(said)
        except messages.BadMessage as error:
            self._process.kill()
            raise WorkerDied("hearing-nonsense") from error

    def end(self) -> None:
        """Kill the process."""
        with self._ending:
            self._process.kill()
            self._process.wait()
            for pipe in (self._asked, self._answers):
                # Closing flushes bytes that the dead process cannot read, which fails.
                with suppress(OSError):
                    pipe.close()

    def _version_there(self) -> str:
        try:
            said = self._answer(
                {"factory": messages.name_of(self._factory)}, PATIENCE_S, messages.read_line
            )
        except WorkerDied as death:
            raise CannotTag("music-models-no-process") from death
        version = said.get("version")
        if not isinstance(version, str):
            raise CannotTag(
                "music-models-unloaded", problem=Message.unpacked(f"{said.get('problem')}")
            )
        return version

    def _answer(
        self,
        question: Mapping[str, object],
        patience_s: float,
        read: Callable[[IO[bytes]], _Answer],
    ) -> _Answer:
        with killed_after(self._process, patience_s) as late:
            try:
                messages.write_line(self._asked, question)
                return read(self._answers)
            except messages.BadMessage as error:
                self._process.kill()
                raise WorkerDied("hearing-nonsense") from error
            except (OSError, EOFError, ValueError) as error:
                code = self._exit_code()
                if late.is_set():
                    raise WorkerDied("hearing-too-late", too_late=True) from error
                how = "hearing-ended-signal" if code < 0 else "hearing-ended-status"
                raise WorkerDied(how, code=abs(code)) from error

    def _exit_code(self) -> int:
        """Return the exit code of a process whose pipe has closed."""
        try:
            return self._process.wait(EXIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in KEPT or name.upper().startswith(KEPT_BEGINNINGS)
    }


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    return cast("IO[bytes]", stream)
