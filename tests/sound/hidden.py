"""Play on a hidden tab while its pages change, and measure silence.

``python -m tests.sound.hidden --minutes 10``: the real app in Chromium, another tab in front, with
the timers of hidden tabs slowed down as for anybody; own files, then the mood sound, so long each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from recommender.listeners.store import id_of
from recommender.wiring import open_engine
from tests.e2e.driver import running_app
from tests.fakes.library import keep_song
from tests.fakes.sounds import pattern, write
from tests.fakes.visits import TOKEN
from tests.sound import ear
from tests.sound.tab import Tab, anybodys_browser

LONGEST_MINUTES = 60
SONG_S, SWITCH_S, FADE_S = 20.0, 6.0, 2
PRESSES, PRESS_PATIENCE_S = 4, 15.0
SOUNDS = "() => window.moodring?.player?.level() > 0.001"
PLAY, MOOD = (
    f"() => document.querySelector('.st-key-{key} button')"
    for key in ("library-play", "dock-mood-sound")
)
LINKS = "() => document.querySelectorAll('.st-key-top a').length > 4"
SWITCH = """turn => {
  const links = [...document.querySelectorAll(".st-key-top a")];
  links[turn % links.length].click();
}"""
FADE = """seconds => {
  const range = document.querySelectorAll(".mr-panel input")[1];
  range.value = seconds;
  range.dispatchEvent(new Event("input"));
}"""
# What is played: the button that begins it, and the cross-fade in seconds.
KINDS = {
    "own files": (PLAY, FADE_S),
    "own files without a cross-fade": (PLAY, 0),
    "mood sound": (MOOD, 0),
}
CLOSE = "() => document.querySelector('.st-key-dock-close button').click()"
# Place of the library's page among the links.
LIBRARY = 1


def press_until_it_sounds(tab: Tab, button: str) -> None:
    """Press a button, again where a press fell on a page that was still being drawn."""
    for _ in range(PRESSES):
        tab.wait_for(button)
        tab.evaluate(f"() => ({button})().click()")
        if tab.comes_true(SOUNDS, PRESS_PATIENCE_S):
            return
    tab.wait_for(SOUNDS)


def measure(tab: Tab, front: Tab, minutes: float) -> tuple[ear.Heard, int]:
    """Hide a tab that sounds, and go from page to page; return what was heard, and the switches."""
    ear.listen(tab)
    front.come_to_front()
    tab.wait_for("() => document.hidden")
    turns = round(minutes * 60 / SWITCH_S)
    for turn in range(turns):
        time.sleep(SWITCH_S)
        tab.wait_for(LINKS)
        tab.evaluate(SWITCH, turn)
    heard = ear.heard(tab)
    tab.come_to_front()
    tab.wait_for("() => !document.hidden")
    return heard, turns


def report(name: str, heard: ear.Heard, switches: int) -> None:
    """Print a line about what was heard, and one for each silence."""
    print(
        f"{name}: {heard.seconds:.0f} s, hidden for {heard.hidden:.0f} s, {switches} pages, "
        f"{heard.looks} looks, {heard.blind * 1000:.0f} ms between two at most; "
        f"{len(heard.silences)} silences, "
        f"the longest of {heard.longest * 1000:.0f} ms",
        flush=True,
    )
    for at, length in heard.silences:
        print(f"  {(length + ear.WINDOW_S) * 1000:.0f} ms at {at:.1f} s")


def main(words: list[str] | None = None) -> None:
    """Read the command line, play and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.sound.hidden", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of each kind of sound")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this (default: all)")
    given = parser.parse_args(words)
    minutes = given.minutes
    if not 0 < minutes <= LONGEST_MINUTES:
        parser.error(f"minutes must lie between 0 and {LONGEST_MINUTES}")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        engine = open_engine(home)
        for number in range(2 + int(minutes * 60 / (SONG_S - FADE_S))):
            file = write(home / f"{number:03}.flac", pattern(SONG_S + number / 100))
            keep_song(engine, f"Song {number:03}", path=file, listener=id_of(TOKEN))
        engine.dispose()
        with running_app(home) as base, anybodys_browser() as browser:
            tab, front = Tab(browser), Tab(browser)
            tab.come_to_front()
            tab.open(f"{base}/library", {"moodring_listener": TOKEN})
            for name in given.kind or KINDS:
                button, fade = KINDS[name]
                tab.wait_for(button)
                tab.evaluate(FADE, fade)
                press_until_it_sounds(tab, button)
                if button is MOOD:
                    tab.wait_for("() => window.moodring.player.ahead() > 1")
                report(name, *measure(tab, front, minutes))
                tab.evaluate(CLOSE)
                tab.wait_for(LINKS)
                tab.evaluate(SWITCH, LIBRARY)


if __name__ == "__main__":
    main()
