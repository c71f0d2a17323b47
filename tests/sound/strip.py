"""Take pictures of the dock in each of its states: ``python -m tests.sound.strip FOLDER``.

The real app in Chromium, as wide as a phone and as a desk, light and dark; each strip is one PNG
with the feet of the page, state after state.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from recommender.listeners.store import id_of
from recommender.wiring import open_engine
from tests.e2e.driver import CHROMIUM, FLAGS, press_until, running_app, settle
from tests.fakes.library import keep_song
from tests.fakes.sounds import encode, pattern, write
from tests.fakes.visits import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SIZES = ((390, 844), (1280, 800))
SCHEMES = ("light", "dark")
FOOT_PX = 300
PREVIEW = "https://cdn.test/a.mp3"
GIVE = """address => {
  const given = {};
  for (const one of document.querySelectorAll(".st-key-tiles [data-song]"))
    given[one.dataset.song] = { preview: address, cover: "" };
  document.dispatchEvent(new CustomEvent("moodring-deezer", { detail: given }));
}"""


def states(page: Page, base: str) -> Iterator[str]:
    """Go through the states of the dock on a page with songs, and name each."""
    sound = encode(pattern(30.0), ".mp3")
    page.route(PREVIEW, lambda route: route.fulfill(body=sound, content_type="audio/mpeg"))
    page.goto(base)
    happy = page.get_by_role("radio", name="happy", exact=True)
    press_until(page.locator(".st-key-no-camera button"), happy)
    press_until(happy, page.locator(".st-key-tiles [data-play]").first)
    settle(page)
    dock = page.locator(".st-key-dock")
    yield "idle"
    page.locator(".st-key-tiles [data-play]").first.click()
    expect(dock).to_have_attribute("data-state", "playing")
    page.evaluate("window.moodring.player.seek(40)")
    page.wait_for_function("() => window.moodring.player.state().time > 40.5")
    yield "playing"
    dock.get_by_role("button", name="Pause").click()
    yield "paused"
    page.evaluate(GIVE, PREVIEW)
    page.locator('.st-key-tiles [data-play]:has-text("30 s")').first.click()
    expect(dock).to_have_attribute("data-kind", "preview")
    expect(dock).to_have_attribute("data-state", "playing")
    yield "preview"
    page.locator(".st-key-dock-mood-sound button").click()
    page.wait_for_function("() => window.moodring.player.level() > 0.001")
    yield "mood sound"
    page.evaluate(GIVE, "")
    page.route("**/moodring/sound/**", lambda route: route.fulfill(status=404))
    page.locator(".st-key-tiles .mr-yours [data-play]").last.click()
    expect(dock).to_have_attribute("data-state", "error")
    yield "error"


def take(browser: Browser, base: str, folder: Path, size: tuple[int, int], scheme: str) -> None:
    """Write the strip of one width and scheme, and the whole page of each state."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=size[0] < 800,
    )
    context.add_cookies([{"name": "moodring_listener", "value": TOKEN, "url": base}])
    page = context.new_page()
    feet = []
    for state in states(page, base):
        name = f"dock-{size[0]}-{scheme}-{state.replace(' ', '-')}.png"
        content = page.screenshot(path=folder / name, animations="disabled")
        picture = Image.open(io.BytesIO(content))
        feet.append(picture.crop((0, size[1] - FOOT_PX, size[0], size[1])))
    strip = Image.new("RGB", (size[0], (FOOT_PX + 8) * len(feet)), "magenta")
    for place, foot in enumerate(feet):
        strip.paste(foot, (0, place * (FOOT_PX + 8)))
    strip.save(folder / f"dock-{size[0]}-{scheme}.png")
    context.close()


def main() -> None:
    """Read the command line, and take all strips."""
    parser = argparse.ArgumentParser(prog="python -m tests.sound.strip", description=__doc__)
    parser.add_argument("folder", type=Path, help="outside of the repository")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        home = Path(data)
        engine = open_engine(home)
        songs = (("Morning light on the Ganges", "Ann & the Others"), ("Storm", "Bob"))
        for number, (title, artist) in enumerate(songs):
            file = write(home / f"{number}.mp3", pattern(90.0 + number))
            keep_song(engine, title, artist, path=file, listener=id_of(TOKEN))
        engine.dispose()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with running_app(home) as base:
            for size in SIZES:
                for scheme in SCHEMES:
                    take(browser, base, folder, size, scheme)
        browser.close()


if __name__ == "__main__":
    main()
