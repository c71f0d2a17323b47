"""One process that hears files, `recommender.library.worker`, as its parent sees it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, TypeVar, cast

from detectors.process_limits import killed_after
from recommender.errors import CannotTag
from recommender.library.hearing import Said
from recommender.library.messages import (
    BadMessage,
    from_look,
    name_of,
    read_cover,
    read_line,
    to_said,
    write_line,
)
from recommender.threads import ONE_THREAD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from detectors.types import AudioTagger
    from recommender.library.hearing import Look
    from recommender.library.tags import Cover

# A song takes seconds. What takes so long never ends.
PATIENCE_S = 300.0
# A process may also die because something else needed the memory.
TRIES = 2
EXIT_S = 5.0
# All that a worker gets of the environment: it parses what comes from anywhere, and needs no keys.
KEPT = frozenset(
    (
        *("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
        *("VIRTUAL_ENV", "LD_LIBRARY_PATH", "MOODRING_DATA_DIR"),
        # What Windows cannot do without.
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS"),
        *("USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    )
)
KEPT_BEGINNINGS = ("LC_", "PYTHON", "COVERAGE_", "OMP_", "OPENBLAS_", "MKL_")
_Answer = TypeVar("_Answer")


class Died(Exception):
    """A worker ended while it was asked; the message says how, as a clause.

    too_late : whether it was ended for taking too long
    """

    def __init__(self, how: str, *, too_late: bool = False) -> None:
        super().__init__(how)
        self.too_late = too_late


def said_of(
    look: Look, worker: Worker | None, started: Callable[[], Worker], patience_s: float
) -> tuple[Worker | None, Said]:
    """Return the worker for the next file, if it still lives, and what is said of this one.

    worker : None while there is none
    started : starts another, and may raise CannotTag
    """
    tries = 0
    while True:
        worker = worker or started()
        tries += 1
        try:
            return worker, worker.ask(look, patience_s)
        except Died as death:
            worker.end()
            worker = None
            if tries == TRIES or death.too_late:
                return None, Said(problem=f"Hearing it {death}.")


class Worker:
    """The process. One thread at a time may ask it.

    factory : a class or function of a module, made anew in the process; None to read covers alone

    Raises
    ------
    CannotTag
        When the process cannot be started.
    """

    def __init__(self, factory: Callable[[], AudioTagger] | None) -> None:
        # As `multiprocessing` does it: what can be imported here can be imported there.
        path = os.pathsep.join(entry for entry in sys.path if entry)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "recommender.library.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Decoders and models chatter.
                stderr=subprocess.DEVNULL,
                # The models use one thread each, and so must the libraries below them.
                env={**_environment(), **ONE_THREAD, "PYTHONPATH": path},
            )
        except OSError as error:
            raise CannotTag("No further process can be started on this machine.") from error
        self._asked, self._answers = map(_pipe, (self._process.stdin, self._process.stdout))
        self._factory = factory
        self._ending = threading.Lock()
        self.version = ""

    @property
    def lives(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def get_ready(self) -> None:
        """Wait for the tagger; the process ends where there is none.

        Raises
        ------
        CannotTag
            When it cannot be made.
        """
        try:
            self.version = self._version_there()
        except BaseException:
            self.end()
            raise

    def ask(self, look: Look, patience_s: float) -> Said:
        """Return what is said of a file. Raises Died."""
        question = {"look": from_look(look)}
        return self._answer(question, patience_s, lambda stream: to_said(read_line(stream)))

    def cover(self, path: Path, patience_s: float) -> Cover | None:
        """Return the picture in a file; None without. Raises Died."""
        return self._answer({"cover": str(path)}, patience_s, read_cover)

    def end(self) -> None:
        """End the process, whatever it does."""
        with self._ending:
            self._process.kill()
            self._process.wait()
            for pipe in (self._asked, self._answers):
                # Bytes that it can no more be told are lost with it.
                with suppress(OSError):
                    pipe.close()

    def _version_there(self) -> str:
        try:
            said = self._answer({"factory": name_of(self._factory)}, PATIENCE_S, read_line)
        except Died as death:
            raise CannotTag(f"The music models cannot be loaded: that {death}.") from death
        version = said.get("version")
        if not isinstance(version, str):
            raise CannotTag(f"The music models cannot be loaded: {said.get('problem')}")
        return version

    def _answer(
        self,
        question: Mapping[str, object],
        patience_s: float,
        read: Callable[[IO[bytes]], _Answer],
    ) -> _Answer:
        with killed_after(self._process, patience_s) as late:
            try:
                write_line(self._asked, question)
                return read(self._answers)
            except BadMessage as error:
                self._process.kill()
                raise Died("made no sense") from error
            except (OSError, EOFError, ValueError) as error:
                code = self._exit_code()
                if late.is_set():
                    raise Died("took too long", too_late=True) from error
                how = f"signal {-code}" if code < 0 else f"status {code}"
                raise Died(f"ended the process ({how})") from error

    def _exit_code(self) -> int:
        """Return how it ended, whose pipe is closed already."""
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
