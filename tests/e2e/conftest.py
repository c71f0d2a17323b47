"""The real app, in a process of its own, driven by Chromium with a fake camera."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import sync_playwright
from skimage import data

from detectors.conversion import converted_detector
from tests.e2e.driver import CHROMIUM, FFMPEG, FLAGS, running_app, scene, write_clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Playwright

HOW_TO_GET = "install Chromium and ffmpeg (Debian: apt-get install chromium ffmpeg)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and skip it where there is no browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not (CHROMIUM and FFMPEG):
                item.add_marker(pytest.mark.skip(reason=f"no browser: {HOW_TO_GET}"))


@pytest.fixture(scope="session")
def detector_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the face detector is converted already."""
    folder = tmp_path_factory.mktemp("data")
    converted_detector(folder)
    return folder


@pytest.fixture(scope="session")
def app(detector_dir: Path) -> Iterator[str]:
    """The app without any account."""
    with running_app(detector_dir) as base:
        yield base


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """A real, smiling face in the public domain, uint8 RGB [shape=(512, 512, 3)]."""
    return np.asarray(data.astronaut(), dtype=np.uint8)


@pytest.fixture(scope="session")
def smiling_clip(tmp_path_factory: pytest.TempPathFactory, astronaut: NDArray[np.uint8]) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    return write_clip(folder / "smile.y4m", [scene(astronaut)] * 30)


@pytest.fixture(scope="session")
def empty_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "empty.y4m", [scene(None)] * 15)


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def open_browser(playwright_driver: Playwright) -> Iterator[Callable[..., Browser]]:
    """Open Chromium with a clip as its camera, or, with None, without a camera."""
    browsers: list[Browser] = []

    def start(clip: Path | None = None, *, extra: tuple[str, ...] = ()) -> Browser:
        flags = [*FLAGS, *extra]
        if clip is not None:
            flags += [
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={clip}",
            ]
        browsers.append(
            playwright_driver.chromium.launch(executable_path=CHROMIUM, args=flags, headless=True)
        )
        return browsers[-1]

    yield start
    for browser in browsers:
        browser.close()
