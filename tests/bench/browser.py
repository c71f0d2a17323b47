"""What a visitor's own browser pays: jumps of the pages, and CPU time with the camera on.

Each tree of sources is served in turn, so that an earlier version is measured in the same run:
``python -m tests.bench.browser --tree ../earlier --tree .``
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
from playwright.sync_api import expect, sync_playwright
from skimage import data

from tests.e2e.driver import (
    CHROMIUM,
    FLAGS,
    PROJECT,
    press_start,
    scene,
    settle,
    started_server,
    wait_for_label,
    write_clip,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

SECONDS = 20
WATCH = """
    window.shifts = [];
    new PerformanceObserver((seen) => {
        for (const shift of seen.getEntries()) {
            if (shift.hadRecentInput) continue;
            const moved = shift.sources.map(({ node }) => (node?.closest?.('[class*="st-key-"]') ??
                node?.parentElement)?.className ?? "");
            window.shifts.push({ value: shift.value, at: shift.startTime, moved });
        }
    }).observe({ type: "layout-shift", buffered: true });
"""


def visit(page: Page, base: str) -> None:
    """Agree, start the camera, and wait for mood and songs."""
    page.add_init_script(WATCH)
    page.goto(base)
    page.locator(".st-key-agree button").click()
    press_start(page)
    wait_for_label(page, "happy")
    expect(page.locator(".st-key-tile-7")).to_be_visible()
    settle(page)


def leaf(page: Page) -> dict[str, float]:
    """Press each page's link in turn, the first one last; return the shift by the link's text.

    Versions from before the navigation was a landmark have no such links.
    """
    moved = {}
    links = page.get_by_role("navigation").get_by_role("link").all()
    for link in (*links[1:], *links[:1]):
        before = shifted(page)
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        settle(page)
        # What moves late moves before a quiet moment has passed.
        page.evaluate("() => new Promise(done => requestIdleCallback(done, { timeout: 1000 }))")
        moved[link.locator("p").inner_text()] = shifted(page) - before
    return moved


def shifted(page: Page) -> float:
    """Return the layout shift so far."""
    return sum(shift["value"] for shift in page.evaluate("window.shifts"))


def browser_cpu_s() -> float:
    """Return the CPU time so far of all processes of our browser."""
    ours = psutil.Process().children(recursive=True)
    times = [one.cpu_times() for one in ours if "chrom" in one.name()]
    return sum(spent.user + spent.system for spent in times)


def measure(tree: Path, clip: Path, folder: Path, seconds: float) -> dict[str, object]:
    """Return layout shift, in whole and by page switch, and cores of a visit to a tree's app."""
    flags = [
        *FLAGS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
    ]
    server = started_server(folder, project=tree, script=tree / "app.py")
    with server as (base, _), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        visit(page, base)
        before, since = browser_cpu_s(), time.monotonic()
        page.wait_for_timeout(seconds * 1000)
        cores = (browser_cpu_s() - before) / (time.monotonic() - since)
        leaves = leaf(page)
        # As browsers count it: what moves just after a press was asked for.
        shifts = page.evaluate("window.shifts")
        browser.close()
    largest = sorted(shifts, key=lambda shift: -shift["value"])[:5]
    return {
        "tree": str(tree),
        "layout_shift": sum(shift["value"] for shift in shifts),
        "of_page_switches": leaves,
        "cores": cores,
        "largest": largest,
    }


def main() -> int:
    """Measure, and print JSON, an object a tree."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.browser", description=__doc__)
    parser.add_argument("--tree", type=Path, action="append", help="folder with app.py")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture = np.asarray(data.astronaut(), np.uint8)
        clip = write_clip(folder / "smile.y4m", [scene(picture)] * 30)
        for tree in options.tree or [PROJECT]:
            print(json.dumps(measure(tree.resolve(), clip, folder, options.seconds)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
