"""All of us: two people before one camera, each with a ring, and songs for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.driver import agree, press_start, write_clip
from tests.fakes.scenes import paste_face, surprised, wall

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from playwright.sync_api import Browser


@pytest.mark.slow
def test_two_people_get_a_ring_each_and_songs_between_them(
    app: str,
    open_browser: Callable[..., Browser],
    astronaut: NDArray[np.uint8],
    tmp_path: Path,
) -> None:
    both = wall(640, 480)
    paste_face(both, astronaut, 150, (0.25, 0.5))
    paste_face(both, surprised(astronaut), 150, (0.75, 0.5))
    clip = write_clip(tmp_path / "both.y4m", [both] * 15)
    browser = open_browser(clip, extra=("--use-fake-ui-for-media-stream",))
    page = browser.new_page()
    agree(page, app)
    press_start(page)
    ring = page.locator(".st-key-ring")
    expect(ring).to_have_attribute("data-state", "sure")
    rings = page.locator(".mr-person")
    expect(rings).to_have_count(0)
    page.locator(".st-key-all-of-us label").click()
    expect(rings).to_have_count(2)
    expect(page.locator(".mr-said")).to_have_text("Together you look")
    expect(page.locator(".st-key-tile-7")).to_be_visible()
    page.locator(".st-key-stop-camera button").click()
    expect(rings).to_have_count(0)
