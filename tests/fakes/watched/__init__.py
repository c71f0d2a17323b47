"""A server whose files can be watched, with its workers, whatever it forbids to others."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

from tests.fakes import inside

# Beside what `tempfile` and `open` name: files without a name, which no folder shows.
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | getattr(os, "O_TMPFILE", 0)
# Python's own, of the program's text.
_COMPILED = re.compile(r"/__pycache__/[^/]+\.pyc(\.\d+)?")
WRITTEN = re.compile(r"^write_bytes: (\d+)$", re.MULTILINE)
MODULE = Path(__file__).with_name("path") / "sitecustomize.py"


class Watch:
    """Watches all processes of a server.

    folder : where they write down what they open
    scratch : a folder for their temporary files alone
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.scratch = folder / "watch", folder / "scratch"
        for made in (self.folder, self.scratch):
            made.mkdir()
        shutil.copy(MODULE, self.folder)
        self._touched = self.scratch.stat().st_mtime_ns

    def environment(self) -> dict[str, str]:
        """Return what the server has to be started with."""
        paths = [str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"PYTHONPATH": os.pathsep.join(paths), "TMPDIR": str(self.scratch)}

    def processes(self) -> set[int]:
        """Return the processes that live."""
        known = {int(one.stem) for one in self.folder.glob("*.opened")}
        return {process for process in known if Path(f"/proc/{process}").exists()}

    def opened(self) -> dict[int, list[tuple[str, int]]]:
        """Return what each process has opened so far: paths and flags."""
        return {
            int(one.stem): [tuple(json.loads(line)) for line in one.read_text().splitlines()]
            for one in self.folder.glob("*.opened")
        }

    def opened_to_write(self) -> set[str]:
        """Return what was opened to be written by Python code, but its own compiled modules."""
        return {
            path
            for files in self.opened().values()
            for path, flags in files
            if flags & WRITING and not _COMPILED.search(path) and not self._is_ours(path)
        }

    def used_scratch(self) -> bool:
        """Return whether a file was ever made in the folder for temporary ones, by any code."""
        return self.scratch.stat().st_mtime_ns != self._touched

    def written(self) -> int:
        """Return how many bytes the processes that live have had written to disks, by any code."""
        total = 0
        for process in self.processes():
            told = self.folder / f"{process}.io"
            told.unlink(missing_ok=True)
            os.kill(process, signal.SIGUSR1)
            deadline = time.monotonic() + inside.PATIENCE_S
            while not told.exists():
                assert time.monotonic() < deadline, "a process does not answer"
                time.sleep(0.05)
            found = WRITTEN.search(told.read_text())
            assert found is not None, f"no such figure on {sys.platform}"
            total += int(found[1])
        return total

    def _is_ours(self, path: str) -> bool:
        return Path(path).parent == self.folder
