"""How much memory a process of its own takes to read a music file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.commands import ROOT

# What reading may take: 90 s of sound twice over, and libav's own blocks.
MAX_GROWTH_MB = 100
PATIENCE_S = 1800.0

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="a peak of memory is read from Linux' /proc"
)

_MEASURE = """
import sys
from pathlib import Path
from detectors.hearing import audio, audio_limits
from detectors.errors import BadAudio
from tests.fakes.damage import peak_mb
from tests.fakes.sounds import encode, pad

audio.read_audio(encode(pad(2), ".m4a"))  # loads what every reading needs
before = peak_mb()
try:
    heard = audio.read_audio(Path(sys.argv[1]), getattr(audio_limits, sys.argv[2]))
    print(len(heard.samples), file=sys.stderr)
except BadAudio as error:
    print(error, file=sys.stderr)
print(peak_mb() - before)
"""


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder, whatever comes of it."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def growth_mb(path: Path, limits: str = "DROPPED", *, first: str = "") -> tuple[int, str]:
    """Return by how much a fresh process grows while it reads a file, and what it says of it.

    limits : which of `detectors.hearing.audio_limits`
    first : what it does before
    """
    done = run_python("-c", f"{first}\n{_MEASURE}", str(path), limits)
    assert done.returncode == 0, done.stderr
    return int(done.stdout), done.stderr
