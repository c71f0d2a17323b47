"""Chromium as a studio: the shipped modules of the mood sound, without the app around them."""

from __future__ import annotations

import base64
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.io import wavfile

from tests.e2e.driver import CHROMIUM, FLAGS, PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page, Playwright, Route

MODULES = PROJECT / "pages" / "ui" / "js" / "mood_sound"
HOST = "http://mood-sound.test"
# A page may make sound without a press, as it may after one.
SOUND_FLAGS = (*FLAGS, "--autoplay-policy=no-user-gesture-required")
# What crosses to Python at once.
PORTION_BYTES = 6_000_000
FADE_S = 0.05
PAGE = """<!doctype html><title>studio</title><script type="module">
import * as shipped from "/js/mood_sound/index.js";
const sound = { ...shipped };
window.sound = sound;
// Bars for so many seconds, and their sound.
sound.scoreOf = ({ seconds, ...wish }) => {
  let bars = 1 + Math.ceil(seconds / sound.compose({ ...wish, bars: 1 }).seconds);
  for (;; bars += 4) {
    const score = sound.compose({ ...wish, bars });
    if (score.seconds >= seconds) return score;
  }
};
sound.keep = (blob) => { sound.kept = blob; return blob.size; };
sound.portion = async (start, end) => {
  const bytes = new Uint8Array(await sound.kept.slice(start, end).arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) {
    text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  }
  return btoa(text);
};
window.ready = true;
</script>"""


@contextmanager
def studio() -> Iterator[Page]:
    """Start Chromium with the modules in a page, as `window.sound`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, browser_of(playwright) as browser:
        yield open_studio(browser)


@contextmanager
def browser_of(playwright: Playwright) -> Iterator[Browser]:
    """Start Chromium for sound, and end it."""
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=list(SOUND_FLAGS), headless=True
    )
    try:
        yield browser
    finally:
        browser.close()


def open_studio(browser: Browser) -> Page:
    """Open a page with the modules, each from its file."""
    page = browser.new_page()
    page.route(f"{HOST}/**", _serve)
    page.goto(f"{HOST}/")
    page.wait_for_function("window.ready")
    return page


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(HOST).partition("?")[0]
    folder, _, name = path.rpartition("/")
    if path == "/":
        route.fulfill(body=PAGE, content_type="text/html")
    elif folder == "/js/mood_sound" and (MODULES / name).is_file():
        route.fulfill(body=(MODULES / name).read_bytes(), content_type="text/javascript")
    else:
        route.fulfill(status=404, body="")


def kept(page: Page) -> tuple[int, NDArray[np.float32]]:
    """Fetch the WAV file that `sound.keep` was given: its rate, and its channels −1..1."""
    size = page.evaluate("sound.kept.size")
    content = b"".join(
        base64.b64decode(page.evaluate(f"sound.portion({start}, {start + PORTION_BYTES})"))
        for start in range(0, size, PORTION_BYTES)
    )
    rate, samples = wavfile.read(io.BytesIO(content))
    return int(rate), (samples.T / np.float32(32768)).astype(np.float32)


class Take:
    """A rendered piece.

    Parameters
    ----------
    rate : samples a second
    samples : −1..1 [shape=(channels, n)]
    score : the bars and notes that were played
    """

    def __init__(self, rate: int, samples: NDArray[np.float32], score: dict[str, Any]) -> None:
        self.rate, self.samples, self.score = rate, samples, score

    def between(self, start: float, end: float) -> NDArray[np.float32]:
        """Return the samples between two times, s."""
        return self.samples[:, round(start * self.rate) : round(end * self.rate)]

    def write(self, path: Path) -> None:
        """Write a WAV file of 16 bits."""
        wavfile.write(path, self.rate, np.round(self.samples.T * 32767).astype(np.int16))


def rendered(page: Page, wish: dict[str, Any], **options: int) -> Take:
    """Render so many seconds of a wish {seed, valence, energy, seconds} with the shipped code.

    It is cut after its seconds; the bar that is cut fades out within `FADE_S`.
    """
    score = page.evaluate(
        """async ([wish, options]) => {
          const score = sound.scoreOf(wish);
          sound.keep(sound.wav(await sound.render(score, options)));
          return { seconds: score.seconds, bars: score.bars, notes: score.notes };
        }""",
        [wish, options],
    )
    rate, samples = kept(page)
    samples = samples[:, : round(wish["seconds"] * rate)]
    fading = round(FADE_S * rate)
    samples[:, -fading:] *= np.linspace(1, 0, fading, dtype=np.float32)
    return Take(rate, samples, score)
