"""What several folders of tests need: the face detector, converted once, and a real face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from detectors.faces import MtcnnDetector

# A busy machine must not fail a property by being slow.
settings.register_profile("moodring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("moodring")


@pytest.fixture(scope="session")
def detector_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of the detector's nets, in the folder `detector` of a data folder."""
    from detectors.conversion import converted_detector

    return converted_detector(tmp_path_factory.mktemp("converted"))


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
