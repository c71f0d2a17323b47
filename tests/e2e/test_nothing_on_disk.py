"""Every file that the app and its workers open while they look at a face."""

from __future__ import annotations

import io
import os
import shutil
import sys
from typing import TYPE_CHECKING

import cv2
import pytest
from PIL import Image
from playwright.sync_api import expect

from pages.ui.cookie_secret import FILE_NAME as SECRET
from recommender.db.engine import FILE_NAME
from tests.e2e.driver import PATIENCE_MS, agree, press_start, started_server, wait_for_label
from tests.fakes.watched import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from playwright.sync_api import Browser

MB = 1024 * 1024
# What the database and the log may take meanwhile; a photo or a camera's frame is larger.
SMALL = MB // 2
READINGS_MS = 2000


def png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's kernel")
def test_no_file_is_written_while_a_camera_and_a_photo_are_read(
    detector_dir: Path,
    tmp_path: Path,
    open_browser: Callable[..., Browser],
    smiling_clip: Path,
    astronaut: NDArray[np.uint8],
) -> None:
    home = tmp_path / "data"
    shutil.copytree(detector_dir, home, ignore=shutil.ignore_patterns(f"{FILE_NAME}*", "*.log"))
    watch = Watch(tmp_path)
    photo = png(cv2.resize(astronaut, (1024, 1024)))
    assert len(photo) > MB
    page = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()
    with started_server(home, **watch.environment()) as (base, server):
        agree(page, base)
        press_start(page)
        # The songs are written into the database before the first mood is answered with some.
        expect(page.locator(".st-key-tile-7")).to_be_visible()
        before = watch.written()
        page.wait_for_timeout(READINGS_MS)
        wait_for_label(page, "happy")
        page.locator(".st-key-way").get_by_role("radio", name="Photo").click(timeout=PATIENCE_MS)
        wait_for_label(page, "No photo yet")
        page.locator(".st-key-photo-input input[type=file]").set_input_files(
            {"name": "me.png", "mimeType": "image/png", "buffer": photo}
        )
        wait_for_label(page, "happy")
        written = watch.written() - before
        (worker,) = watch.processes() - {server.pid}
        files, made = watch.opened(), watch.opened_to_write()
    # The watch saw both.
    assert any("streamlit" in path for path, _ in files[server.pid])
    assert any("PIL" in path for path, _ in files[worker])
    assert {path for path in made if not path.startswith(str(home / SECRET))} <= {os.devnull}
    assert not watch.used_scratch()
    assert written < SMALL
