"""The container's image: built, started on a read-only root, walked, and measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from recommender.wording import LANGUAGES
from tests.deploy import image as images
from tests.e2e.driver import PROJECT, agree, press_start, songs_shown, wait_for_label
from tests.load import clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.deploy.image import Image

pytestmark = pytest.mark.soak

MAX_IMAGE_MB = 900
MAX_MEMORY_MB = 1000
RATE, VISITORS, SECONDS = 15, 2, 10
MODELS = ("tensorflow", "keras", "mtcnn")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    reason = images.why_not()
    if reason:
        pytest.skip(reason)
    with images.built(tmp_path_factory.mktemp("image")) as built:
        yield built


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A volume of the container's user."""
    folder = tmp_path / "volume"
    folder.mkdir(mode=0o700)
    os.chown(folder, 1000, 1000)
    return folder


def test_it_is_small_and_holds_nothing_that_makes_models(image: Image) -> None:
    sizes = image.megabytes()
    print(f"\nMB: {sizes}; built in {image.build_s:.0f} s")
    assert sizes["all"] <= MAX_IMAGE_MB
    packages = image.root / "opt/moodring/lib/python3.11/site-packages"
    assert (packages / "streamlit").is_dir()
    assert [name for name in MODELS if (packages / name).exists()] == []
    assert not (image.root / "app/tests").exists()
    assert not (image.root / "app/.git").exists()


def test_what_was_left_out_is_not_missed(image: Image, data: Path) -> None:
    look = (
        "import altair, cv2, distributed, googleapiclient.discovery, pandas, plotly.graph_objects\n"
        "import pyarrow.compute, pyarrow.parquet, pydeck\n"
        "from babel import Locale\n"
        "from recommender.wording import LANGUAGES\n"
        "from googleapiclient.discovery_cache import get_static_doc\n"
        "assert get_static_doc('youtube', 'v3')\n"
        "print([Locale.parse(code).language for code in LANGUAGES])"
    )
    said = images.run(*image.inside(data, "python", "-W", "ignore", "-c", look))
    assert said == str(list(LANGUAGES))


def test_it_runs_as_a_user_who_may_write_to_its_volume_alone(image: Image, data: Path) -> None:
    assert image.config["User"] == "1000:1000"
    assert set(image.config["Volumes"]) == {"/data"}
    look = (
        "import os, pathlib\n"
        "def writes(folder):\n"
        "    try: (pathlib.Path(folder) / 'x').write_text('x')\n"
        "    except OSError: return False\n"
        "    return True\n"
        "folders = ('/', '/app', '/home/moodring', '/data', '/tmp')\n"
        "print(os.getuid(), [folder for folder in folders if writes(folder)])"
    )
    said = images.run(*image.inside(data, "python", "-c", look))
    assert said == "1000 ['/data', '/tmp']"


def test_a_smile_becomes_songs(
    image: Image, data: Path, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    begun = time.monotonic()
    with images.started(image, data) as (base, process):
        print(f"\nanswers after {time.monotonic() - begun:.1f} s")
        assert set(process.uids()) == {1000}
        port = base.rpartition(":")[2]
        assert images.is_healthy(image, data, port)
        assert not images.is_healthy(image, data, "9")
        browser = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",))
        page = browser.new_page()
        agree(page, base)
        press_start(page)
        wait_for_label(page, "happy")
        assert songs_shown(page)
        page.close()


def test_two_visitors_fit_into_a_gigabyte(image: Image, data: Path, tmp_path: Path) -> None:
    film = clip.write(tmp_path / "clip.ivf", RATE)
    with images.started(image, data, MOODRING_SHOW_RATE="1") as (base, process):
        arguments = [base, process.pid, film, "webrtc", RATE, VISITORS, SECONDS, 0]
        said = subprocess.run(
            [sys.executable, "-m", "tests.load.crowd", *map(str, arguments)],
            cwd=PROJECT,
            check=True,
            stdout=subprocess.PIPE,
            timeout=images.PATIENCE_S,
        ).stdout
        result = json.loads(said)
        children = sum(child.memory_info().rss for child in process.children(recursive=True))
    memory = result["memory_mb"] + children / 1024**2
    print(f"\n{VISITORS} visitors: {memory:.0f} MB, {result['cores']:.2f} cores")
    assert all(got["analysed"] > 1 for got in result["got"])
    assert memory < MAX_MEMORY_MB
