"""The real app, in a process of its own, driven by Chromium with a fake camera."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.e2e import evidence
from tests.e2e.driver import (
    CHROMIUM,
    FFMPEG,
    FLAGS,
    HEADLESS,
    running_app,
    scene,
    write_clip,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    import numpy as np
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Leave the evidence of a failed browser test, and say where."""
    report = yield
    if report.failed and call.when != "teardown" and item.get_closest_marker("browser"):
        report.sections.append(("evidence", f"Pages, consoles and logs: {evidence.keep()}"))
    return report


@pytest.fixture(scope="session")
def detector_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of what the tests share."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def app(detector_dir: Path) -> Iterator[str]:
    """The app without any account."""
    with running_app(detector_dir) as base:
        yield base


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


@pytest.fixture(scope="session")
def browser_with(playwright_driver: Playwright) -> Callable[..., Browser]:
    """Give the browser with a clip and flags; it is started once, and ends with the driver."""
    browsers: dict[tuple[object, ...], Browser] = {}

    def give(
        clip: Path | None = None, *, extra: tuple[str, ...] = (), whole: bool = False
    ) -> Browser:
        flags = (*FLAGS, *extra)
        if clip is not None:
            flags += (
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={clip}",
            )
        key = (*flags, whole)
        if key not in browsers:
            browsers[key] = playwright_driver.chromium.launch(
                executable_path=CHROMIUM if whole else HEADLESS, args=list(flags), headless=True
            )
            evidence.watch_contexts(browsers[key])
        return browsers[key]

    return give


@pytest.fixture
def open_browser(browser_with: Callable[..., Browser]) -> Iterator[Callable[..., Browser]]:
    """Give Chromium with a clip as its camera, or, with None, without a camera.

    It has no windows, unless the whole of it is asked for: that asks before a camera is used. What
    a test opens in it is closed at its end: the next one has contexts of its own.
    """
    used: list[Browser] = []

    def give(
        clip: Path | None = None, *, extra: tuple[str, ...] = (), whole: bool = False
    ) -> Browser:
        used.append(browser_with(clip, extra=extra, whole=whole))
        return used[-1]

    yield give
    for browser in used:
        evidence.close_contexts(browser)
