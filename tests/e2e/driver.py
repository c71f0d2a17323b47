"""Starting the real app and Chromium, and what tests do in both."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from recommender.types import DEFAULT_COUNT
from tests.e2e import evidence
from tests.uncovered import without_coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from playwright.sync_api import Locator, Page

PATIENCE_MS = 30_000
PRESSES, PRESS_PATIENCE_MS = 4, 6_000
START_PATIENCE_MS = 15_000
PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
# Chromium without windows: a sixth less to compute, for the same pages.
HEADLESS = shutil.which("chromium-headless-shell") or CHROMIUM
FFMPEG = shutil.which("ffmpeg")
START_DEADLINE_S = 60
SCREEN_PATIENCE_S = 5
TERMINAL = "terminal.txt"
OWNER_ADDRESS = re.compile(r"https?://\S+/moodring/owner\?word=\S+")
FRAME_SIZE = (640, 480)
# A busy machine draws late; what is never drawn still fails.
expect.set_options(timeout=PATIENCE_MS)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

# Said where pictures go in WebRTC's place.
BY_PICTURES = "No live video gets through this network, so Moodring reads small pictures instead."
# Without a relay server this leaves no way to the server, as if a firewall stood between.
UNREACHABLE = """
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
        constructor(settings) { super({ ...settings, iceTransportPolicy: "relay" }); }
    };
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_app(data_dir: Path, *, terminal: bool = False, **environment: str) -> Iterator[str]:
    """Start the app, wait until it is healthy, and stop it at the end.

    terminal : whether a terminal is there to print the owner's address to
    """
    with started_server(data_dir, terminal=terminal, **environment) as (base, _):
        yield base


@contextmanager
def started_server(
    data_dir: Path,
    *,
    python: str = sys.executable,
    project: Path = PROJECT,
    script: Path = PROJECT / "app.py",
    health: str = "",
    port: int | None = None,
    terminal: bool = False,
    **environment: str,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the app on a free port and return its address and process; stop it at the end.

    python : the interpreter, and with it the environment
    project : where the sources are, when they are not these
    script : the page to serve, when it is not the app
    health : the path below which it says that it is well
    port : where it serves; None for a free one
    terminal : whether its output is a terminal; what is printed there comes into `TERMINAL`

    Who waited for it in vain gets what it wrote and where each of its threads stands.
    """
    port = port or free_port()
    command = [python, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    # Other sources, as an archive's, are gone when coverage is reported.
    whole = os.environ if project == PROJECT else without_coverage()
    clean = {k: v for k, v in whole.items() if not k.startswith(("SPOTIPY_", "MOODRING_"))}
    base = f"http://127.0.0.1:{port}"
    ours = {
        "MOODRING_DATA_DIR": str(data_dir),
        "MOODRING_REDIRECT_URI": f"{base}/",
        # The threads' stacks are written when it is told to abort.
        "PYTHONFAULTHANDLER": "1",
    }
    log = data_dir / "server.log"
    started = ExitStack()
    output = started.enter_context(log.open("wb"))
    # Streamlit prints what a page raises where it prints its address.
    written = [log, *([data_dir / TERMINAL] if terminal else [])]
    for one in written:
        one.touch()
        evidence.watch_server(one)
    server = subprocess.Popen(
        command,
        cwd=project,
        env={**clean, **ours, **environment},
        stdout=started.enter_context(screen(data_dir / TERMINAL)) if terminal else output,
        stderr=output,
    )
    try:
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                urllib.request.urlopen(f"{base}{health}/_stcore/health", timeout=1).close()  # noqa: S310 - our own server
                break
            except OSError as error:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise TimeoutError("the app did not start") from error
                time.sleep(0.1)
        yield base, server
    except TimeoutError as error:
        server.send_signal(signal.SIGABRT)
        server.wait(5)
        error.add_note(f"The app: {log.read_text(errors='replace')}")
        raise
    except (AssertionError, PlaywrightError):
        evidence.keep()
        raise
    finally:
        for one in written:
            evidence.leave_server(one)
        # As Ctrl-C does, so that coverage is written.
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(5)
        started.close()


@contextmanager
def screen(path: Path) -> Iterator[int]:
    """Give the descriptor of a terminal; what is written to it comes into a file."""
    import pty

    ours, theirs = pty.openpty()

    def keep() -> None:
        # Linux says so when the last writer has closed it, and a late worker may outlive us.
        with path.open("wb", buffering=0) as file, suppress(OSError):
            while content := os.read(ours, 4096):
                file.write(content)

    reader = threading.Thread(target=keep, daemon=True)
    reader.start()
    try:
        yield theirs
    finally:
        os.close(theirs)
        reader.join(SCREEN_PATIENCE_S)
        os.close(ours)


def owner_address(data_dir: Path) -> str:
    """Return the address that a server has printed to its terminal, or will soon."""
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        found = OWNER_ADDRESS.search((data_dir / TERMINAL).read_text())
        if found:
            return found[0]
        assert time.monotonic() < deadline, "no owner's address at the terminal"
        time.sleep(0.05)


def write_clip(path: Path, frames: list[NDArray[np.uint8]], rate: int = 15) -> Path:
    """Write RGB frames [shape=(480, 640, 3)] as the raw video that Chromium's fake camera plays."""
    width, height = FRAME_SIZE
    shape = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {rate}"
    command = f"{FFMPEG} -loglevel error {shape} -i - -pix_fmt yuv420p -y {path}"
    raw = b"".join(np.ascontiguousarray(frame).tobytes() for frame in frames)
    subprocess.run(command.split(), input=raw, check=True)
    return path


def scene(face: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """A plain room, with a square picture of a face in the middle."""
    width, height = FRAME_SIZE
    frame = np.full((height, width, 3), (92, 98, 104), np.uint8)
    if face is not None:
        left = (width - height) // 2
        frame[:, left : left + height] = cv2.resize(face, (height, height))
    return frame


def agree(page: Page, base: str) -> None:
    """Open the Listen page and agree to the notice."""
    page.goto(base)
    page.locator(".st-key-agree button").click(timeout=PATIENCE_MS)


def start_button(page: Page) -> Locator:
    """Return the component's own Start button."""
    frame = page.frame_locator('iframe[src*="webrtc_streamer"]')
    return frame.get_by_role("button", name=re.compile("^start$", re.IGNORECASE))


def press_start(page: Page) -> None:
    """Press the component's own Start button; again if it comes back during signalling."""
    start_button(page).click(timeout=PATIENCE_MS)


def start_until(page: Page, text: str) -> None:
    """Press Start until the page names this; a busy machine may reset a stream that begins."""
    for _ in range(PRESSES):
        with suppress(AssertionError, PlaywrightError):
            press_start(page)
            expect(page.locator(".st-key-mood-label")).to_have_text(text, timeout=START_PATIENCE_MS)
            return
    wait_for_label(page, text)


def press_until(button: Locator, effect: Locator) -> None:
    """Press until the effect shows: one press may fall on a page that is still being laid out."""
    for _ in range(PRESSES):
        with suppress(AssertionError, PlaywrightError):
            button.click(timeout=PRESS_PATIENCE_MS)
            expect(effect).to_be_visible(timeout=PRESS_PATIENCE_MS)
            break
    expect(effect).to_be_visible()
    settle(effect.page)


def settle(page: Page) -> None:
    """Wait until the page's program has run to its end: what shows early is not all it does."""
    busy = page.locator("[data-test-script-state]:not([data-test-script-state=notRunning])")
    expect(busy).to_have_count(0)


def open_filter(page: Page, name: str) -> None:
    """Open one of the filters above the songs: language, artist, decade, count."""
    inside = page.locator('[data-testid="stPopoverBody"]')
    press_until(page.locator(f".st-key-filter-{name} button"), inside)


def open_menu(tile: Locator) -> Locator:
    """Open the menu of a tile, and return it."""
    menu = tile.page.get_by_test_id("stPopoverBody")
    press_until(tile.get_by_role("button", name=re.compile("^Options for ")), menu)
    return menu


def songs_shown(page: Page) -> str:
    """Return the text of all tiles, once each has what is drawn last in it."""
    menus = page.locator(".st-key-tiles").get_by_role("button", name=re.compile("^Options for "))
    expect(menus).to_have_count(DEFAULT_COUNT)
    return page.locator(".st-key-tiles").inner_text()


def wait_for_label(page: Page, text: str) -> None:
    """Wait until the page names this emotion, or says this in its place."""
    expect(page.locator(".st-key-mood-label")).to_have_text(text)
