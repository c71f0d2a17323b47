"""Record which lines and branches of the project a process runs, where it is asked to.

Python imports a module of this name when it starts; `make test COVERAGE=1` puts the folder into
PYTHONPATH and names in `FOLDER` where each process writes what it ran. Only code of the project is
instrumented. A trace function, as coverage.py needs one before Python 3.12, is called for each line
of the libraries, too: the tests took 1.9 times the CPU time with it, and take 1.2 times with this.
"""

from __future__ import annotations

import os

FOLDER = "COVERAGE_FOLDER"
PACKAGES = ("detectors", "models", "pages", "recommender")


def begin(folder: str) -> None:
    """Instrument what is imported from now on, and write to ``folder`` when the process ends."""
    # Imported by every process of the tests: what needs time is imported where it is needed.
    import ast
    import atexit
    import json
    import signal
    import sys
    import uuid
    from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
    from pathlib import Path
    from types import CodeType, FrameType, ModuleType
    from typing import TYPE_CHECKING

    try:
        from slipcover import Slipcover
        from slipcover.branch import preinstrument
    except ImportError:
        return  # another environment: a music server's, or one without what tests need

    if TYPE_CHECKING:
        from collections.abc import Sequence

    root = Path(__file__).parents[2]
    sources = tuple(f"{root / package}{os.sep}" for package in PACKAGES)
    # Probes stay where they are: to take one out would replace code that other threads run.
    recording = Slipcover(branch=True, d_miss_threshold=-1)

    class Loader(SourceFileLoader):
        """Loads a module with probes, and neither reads nor writes its bytecode."""

        def get_code(self, fullname: str) -> CodeType:
            path = self.get_filename(fullname)
            tree = preinstrument(ast.parse(self.get_data(path), path))
            return recording.instrument(compile(tree, path, "exec", dont_inherit=True))

    class Finder(PathFinder):
        """Finds the modules of the project."""

        @classmethod
        def find_spec(
            cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
        ) -> ModuleSpec | None:
            spec = super().find_spec(fullname, path, target)
            if spec is None or not (spec.origin or "").startswith(sources):
                return None
            if isinstance(spec.loader, SourceFileLoader):
                spec.loader = Loader(spec.name, spec.origin)
            return spec

    def write() -> None:
        # Copies, for other threads may still run.
        seen = {file: list(lines) for file, lines in recording.newly_seen.copy().items()}
        if seen:
            place = Path(folder) / f"{os.getpid()}-{uuid.uuid4().hex}.json"
            place.write_text(json.dumps(seen), encoding="utf-8")

    def write_and_end(number: int, _frame: FrameType | None) -> None:
        write()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    Path(folder).mkdir(parents=True, exist_ok=True)
    sys.meta_path.insert(0, Finder)
    atexit.register(write)
    signal.signal(signal.SIGTERM, write_and_end)


if os.environ.get(FOLDER):
    begin(os.environ[FOLDER])
