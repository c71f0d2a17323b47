"""The app in an environment made from `requirements-serve.txt` alone, from camera to songs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.driver import (
    PROJECT,
    agree,
    press_start,
    songs_shown,
    started_server,
    wait_for_label,
)
from tests.fakes.environments import environment
from tests.fakes.servers import NoServer
from tests.fakes.serving import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

LOCK = PROJECT / "requirements-serve.txt"
OTHERS = ("3.12", "3.13")
OURS = f"{sys.version_info.major}.{sys.version_info.minor}"


def interpreter(version: str) -> str:
    """Return a Python of this version, or skip the test."""
    if version == OURS:
        return sys.executable
    found = shutil.which(f"python{version}")
    # A version manager may have a name for one that is not chosen.
    if not found or subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode:
        pytest.skip(f"no Python {version}")
    return found


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(OURS, marks=pytest.mark.slow),
        *(pytest.param(other, marks=pytest.mark.soak) for other in OTHERS),
    ],
)
def test_a_smile_becomes_songs_without_tensorflow(
    version: str, tmp_path: Path, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    try:
        python = str(environment(LOCK, interpreter(version)) / "bin" / "python")
    except NoServer as reason:
        pytest.skip(str(reason))
    look = f"from importlib.util import find_spec; print([n for n in {ABSENT} if find_spec(n)])"
    found = subprocess.run([python, "-c", look], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
    browser = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",))
    with started_server(tmp_path, python=python) as (base, _):
        page = browser.new_page()
        agree(page, base)
        press_start(page)
        wait_for_label(page, "happy")
        assert songs_shown(page)
