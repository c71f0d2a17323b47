"""What several folders of tests need, in which order they run, and what is said at the end."""

from __future__ import annotations

import fcntl
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

# Before any TensorFlow: a process that loads the two the other way round dies of a segmentation
# fault when pylibsrtp (of aiortc) starts its library.
import pylibsrtp  # noqa: F401
import pytest
from hypothesis import HealthCheck, settings

from recommender.threads import use_one_blas_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detectors.faces import MtcnnDetector

# A busy machine must not fail a property by being slow.
settings.register_profile("moodring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("moodring")
# As the app does; beside another worker a second thread costs more than it gives.
use_one_blas_thread()

TESTS = Path(__file__).parent
# Those who wait most first, so that two workers end together.
LAYERS = ("e2e", "integration", "contract", "unit")


def layer_of(path: Path) -> str:
    """Return the folder of tests that a file lies in."""
    return path.relative_to(TESTS).parts[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the layers in order, unless chance is asked to."""
    if not config.pluginmanager.hasplugin("randomly"):
        items.sort(key=lambda item: LAYERS.index(layer_of(item.path)))


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
    told = ", ".join(f"{name} {seconds[name]:.0f} s" for name in LAYERS[::-1] if name in seconds)
    if told:
        terminalreporter.write_line(f"Time of the tests by layer, added up: {told}.")


@pytest.fixture(scope="session")
def detector_manifest(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The manifest of the detector's nets, in the folder `detector` of a data folder.

    TensorFlow's ten seconds are spent once, however many workers there are.
    """
    from detectors.conversion import converted_detector

    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    folder = shared / "converted"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return converted_detector(folder)


@pytest.fixture(scope="session")
def detector(detector_manifest: Path) -> MtcnnDetector:
    from detectors.faces import MtcnnDetector

    return MtcnnDetector(detector_manifest)


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """A real, smiling face in the public domain, uint8 RGB [shape=(512, 512, 3)]."""
    from skimage import data

    picture = np.array(data.astronaut(), dtype=np.uint8)
    picture.flags.writeable = False
    return picture
