"""Fixtures of several folders of tests, the order in which they run, and the summary at the end."""

from __future__ import annotations

import functools
import gc
import signal
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

# Before any TensorFlow: a process that loads the two the other way round dies of a segmentation
# fault when pylibsrtp (of aiortc) starts its library.
import pylibsrtp  # noqa: F401
import pytest
from hypothesis import HealthCheck, settings

from detectors.threads import use_one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from detectors.faces import MtcnnDetector

# A busy machine must not fail a property by being slow.
settings.register_profile("moodring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("moodring")
# As the app does; beside another worker a second thread costs more than it gives.
use_one_blas_thread()
# A shell makes its background jobs ignore interrupts; programs under test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = Path(__file__).parent
# The tests of `make test-slow`, as the Makefile asks for them.
SLOW_ONLY = "slow and not soak"
# Here a fixture's parameters mark tests, in conftest.py.
SLOW_BY_FIXTURE = {"contract"}
LAYERS = ("unit", "contract", "deploy", "integration", "e2e")


def layer_of(path: Path) -> str:
    """Return the folder of tests that a file lies in."""
    return path.relative_to(TESTS).parts[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the layers take turns, file by file, unless chance is asked to order them.

    A browser waits much, and a computation does not: side by side, they fill the cores. Files that
    are slow as a whole begin, so that nobody waits for the last of them.
    """
    if config.pluginmanager.hasplugin("randomly"):
        return
    files = list(dict.fromkeys(item.path for item in items))
    turns = {}
    for layer in LAYERS:
        of_layer = [path for path in files if layer_of(path) == layer]
        turns |= {path: (place + 0.5) / len(of_layer) for place, path in enumerate(of_layer)}
    slow = set(files) - {item.path for item in items if not item.get_closest_marker("slow")}
    items.sort(key=lambda item: -1.0 if item.path in slow else turns[item.path])


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the files without a slow test where only those are asked for: importing takes long."""
    if config.option.markexpr != SLOW_ONLY or not collection_path.match("test_*.py"):
        return None
    if layer_of(collection_path) in SLOW_BY_FIXTURE:
        return None
    text = collection_path.read_text(encoding="utf-8")
    return not ("mark.slow" in text or '"slow"' in text) or None


def pytest_collection_finish() -> None:
    """Refuse a test file that imports TensorFlow at its top, and freeze what all tests have.

    Every worker would pay three seconds and 600 MB for it, and each collection of garbage a visit
    to all its objects.
    """
    if "tensorflow" in sys.modules:
        raise pytest.UsageError("import TensorFlow and Keras inside of the tests that need them")
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say for each reason how many tests were skipped, and what each layer took."""
    skipped = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.getreports("skipped")
    )
    for reason, count in skipped.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason}")
    seconds: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.location[0].split("/")[1]] += report.duration
    told = ", ".join(f"{name} {seconds[name]:.0f} s" for name in LAYERS if name in seconds)
    if told:
        terminalreporter.write_line(f"Time of the tests by layer, added up: {told}.")


@pytest.fixture(scope="session", autouse=True)
def look_for_components_once() -> Iterator[None]:
    """Spare each page drawn in a test the search of all installed packages for components."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        found = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(scope="session")
def detector() -> MtcnnDetector:
    from detectors.faces import MtcnnDetector
    from detectors.weights import DETECTOR

    return MtcnnDetector(DETECTOR)


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """A real, smiling face in the public domain, uint8 RGB [shape=(512, 512, 3)]."""
    from skimage import data

    picture = np.array(data.astronaut(), dtype=np.uint8)
    picture.flags.writeable = False
    return picture
