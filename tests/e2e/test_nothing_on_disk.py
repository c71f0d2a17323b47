"""Every file that the app and its workers open while they look at a face."""

from __future__ import annotations

import io
import os
import shutil
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from pages.ui.secret import FILE_NAME as SECRET
from recommender.database import FILE_NAME
from tests.e2e.driver import PATIENCE_MS, agree, press_start, running_app, wait_for_label
from tests.fakes.watched import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page

MB = 1024 * 1024
# What the database and the log may take meanwhile; a photo or a camera's frame is larger.
SMALL = MB // 2
READINGS_MS = 1000


def png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def upload(page: Page, content: bytes, label: str) -> None:
    page.locator(".st-key-photo-input input[type=file]").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": content}
    )
    wait_for_label(page, label)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's kernel")
def test_no_file_is_written_while_a_camera_and_photos_are_read(
    detector_dir: Path,
    tmp_path: Path,
    open_browser: Callable[..., Browser],
    smiling_clip: Path,
    astronaut: NDArray[np.uint8],
) -> None:
    home = tmp_path / "data"
    shutil.copytree(detector_dir, home, ignore=shutil.ignore_patterns(f"{FILE_NAME}*", "*.log"))
    watch = Watch(tmp_path)
    large = png(np.random.default_rng(1).integers(0, 256, (800, 800, 3), np.uint8))
    assert len(large) > MB
    page = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()
    with running_app(home, **watch.environment()) as base:
        # All that is made once is made first: the songs, the worker's program.
        agree(page, base)
        press_start(page)
        wait_for_label(page, "happy")
        expect(page.locator(".st-key-tile-7")).to_be_visible()
        page.locator(".st-key-way").get_by_role("radio", name="Photo").click(timeout=PATIENCE_MS)
        upload(page, png(astronaut), "happy")
        before = watch.written()
        upload(page, large, "no face found")
        page.locator(".st-key-way").get_by_role("radio", name="Camera").click(timeout=PATIENCE_MS)
        press_start(page)
        wait_for_label(page, "happy")
        page.wait_for_timeout(READINGS_MS)
        written = watch.written() - before
        server, worker = sorted(watch.processes())
        files = watch.opened()
    # The watch saw both.
    assert any("streamlit" in path for path, _ in files[server])
    assert any("PIL" in path for path, _ in files[worker])
    made = {path for path in watch.opened_to_write() if not path.startswith(str(home / SECRET))}
    assert made <= {os.devnull}
    assert not watch.used_scratch()
    assert written < SMALL
