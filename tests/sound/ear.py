"""A page's player is listened to by its own level, about a hundred times a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.sound.tab import Tab

# −60 dB: what is softer is silence.
SILENT = 0.001
# The level is that of so much sound, at 44.1 kHz: shorter silences are not noticed.
WINDOW_S = 2048 / 44_100
# A worker's clock goes on in a hidden page.
LISTEN = """silent => {
  const ticks = new Blob(["setInterval(() => postMessage(0), 10)"]);
  const clock = new Worker(URL.createObjectURL(ticks));
  const begun = performance.now();
  const ear = { looks: 0, blind: 0, silences: [], hidden: 0 };
  let [last, since] = [begun, null];
  const end = () => {
    if (since !== null) ear.silences.push([(since - begun) / 1000, (last - since) / 1000]);
    since = null;
  };
  const look = () => {
    const now = performance.now();
    const level = window.moodring.player.level();
    ear.looks += 1;
    ear.blind = Math.max(ear.blind, (now - last) / 1000);
    if (document.hidden) ear.hidden += (now - last) / 1000;
    if (level >= silent) end();
    else since ??= now;
    last = now;
  };
  clock.onmessage = look;
  window.ear = () => {
    clock.terminate();
    end();
    return { ...ear, seconds: (last - begun) / 1000 };
  };
}"""


class Heard(NamedTuple):
    """What was heard, in seconds.

    looks : how often the level was asked for
    blind : longest time between two looks, in which a silence may hide
    hidden : how long the page was hidden
    silences : each with its begin, and its length as far as the looks tell
    """

    seconds: float
    looks: int
    blind: float
    hidden: float
    silences: tuple[tuple[float, float], ...]

    @property
    def longest(self) -> float:
        """Length of the longest silence, the time before its first look included; 0 for none."""
        return max((length + WINDOW_S for _, length in self.silences), default=0.0)


def listen(page: Page | Tab) -> None:
    """Begin to listen to a page whose player sounds."""
    page.evaluate(LISTEN, SILENT)


def heard(page: Page | Tab) -> Heard:
    """End listening, and return what was heard."""
    told = page.evaluate("() => window.ear()")
    silences = tuple((at, length) for at, length in told.pop("silences"))
    return Heard(**told, silences=silences)
