"""Record which lines and branches of the project a process runs.

Only code of the project is given probes, by SlipCover. A trace function, as coverage.py needs one
before Python 3.12, is called for each line of the libraries, too: tests took 1.9 times the CPU time
with it, and take 1.2 times with this.
"""

from __future__ import annotations

import ast
import atexit
import json
import marshal
import os
import signal
import uuid
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType

from slipcover import Slipcover, probe, slipcover
from slipcover.branch import preinstrument

ROOT = Path(__file__).parents[2]
PACKAGES = ("detectors", "models", "pages", "recommender")
SOURCES = tuple(f"{ROOT / package}{os.sep}" for package in PACKAGES)
# Probes stay where they are: to take one out would replace code that other threads run.
NO_THRESHOLD = -1


class Marker:
    """Stands in the code for a probe, so that the code can be written to a file."""

    signal = "tests.covered: signal"

    @staticmethod
    def new(_recording: Slipcover, _file: str, place: object, _threshold: int) -> object:
        """Return the marker of a line or a branch."""
        return (Marker.signal, place)


class Recorder:
    """Writes to a folder, when the process ends, what it has run."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.code_folder = self.folder / "code"
        self.recording = Slipcover(branch=True, d_miss_threshold=NO_THRESHOLD)

    def begin(self) -> None:
        """Record what is imported from now on."""
        self.code_folder.mkdir(parents=True, exist_ok=True)
        slipcover.probe = Marker
        as_it_is = SourceFileLoader.get_code

        def get_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
            ours = loader.path.startswith(SOURCES)
            return self.code_of(Path(loader.path)) if ours else as_it_is(loader, fullname)

        # All ways to load end here: an import, `python -m`, and Alembic's files.
        SourceFileLoader.get_code = get_code
        atexit.register(self.write)
        signal.signal(signal.SIGTERM, self.write_and_end)

    def code_of(self, path: Path) -> CodeType:
        """Return the code of a module, with probes.

        It is kept: to place them takes three times as long as to import, and hundreds of processes
        start.
        """
        name = str(path.relative_to(ROOT)).replace(os.sep, ".")
        kept = self.code_folder / f"{name}-{path.stat().st_mtime_ns}"
        if kept.exists():
            return self.with_probes(marshal.loads(kept.read_bytes()))  # noqa: S302 - our own
        tree = preinstrument(ast.parse(path.read_bytes(), str(path)))
        code = self.recording.instrument(compile(tree, str(path), "exec", dont_inherit=True))
        whole = kept.with_name(uuid.uuid4().hex)
        whole.write_bytes(marshal.dumps(code))
        whole.rename(kept)
        return self.with_probes(code)

    def with_probes(self, code: CodeType) -> CodeType:
        """Return code with a probe wherever a marker stands."""
        found: list[object] = []
        for one in code.co_consts:
            if isinstance(one, CodeType):
                found.append(self.with_probes(one))
            elif one == Marker.signal:
                found.append(probe.signal)
            elif isinstance(one, tuple) and one[:1] == (Marker.signal,):
                found.append(probe.new(self.recording, code.co_filename, one[1], NO_THRESHOLD))
            else:
                found.append(one)
        return code.replace(co_consts=tuple(found))

    def write(self) -> None:
        """Write what was run until now."""
        # Copies, for other threads may still run.
        seen = {file: list(lines) for file, lines in self.recording.newly_seen.copy().items()}
        if seen:
            place = self.folder / f"{os.getpid()}-{uuid.uuid4().hex}.json"
            place.write_text(json.dumps(seen), encoding="utf-8")

    def write_and_end(self, number: int, _frame: FrameType | None) -> None:
        """Write, and end as a signal without a handler ends a process."""
        self.write()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
