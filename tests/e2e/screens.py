"""A walk through pages and states, and what every screen owes to everybody: axe, targets, width."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import axe_playwright_python
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.e2e.driver import (
    agree,
    open_filter,
    open_menu,
    press_start,
    press_until,
    settle,
    start_button,
)
from tests.fakes.sounds import encode, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import CDPSession, Frame, Page

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
# By axe's rule: where in Streamlit it is, and why it stays.
STREAMLITS_OWN = {
    # A section that takes dropped files, with a button of its own inside, has both.
    "presentation-role-conflict": '[data-testid="stFileUploaderDropzone"]',
    # A list to choose from lies over the page, at the end of the document and so of no landmark.
    "region": '[role="listbox"]',
    # A toast is a dialog without a name.
    "aria-dialog-name": '[data-testid="stToast"]',
}
# Over the lights axe gives no verdict on contrast: the style sheet's own test has their colours.
PLAIN = (
    ".stApp::before { display: none !important; } * { transition: none !important; } "
    # Without a transition, what a fragment is about to draw anew would be dim at once.
    "[data-stale] { opacity: 1 !important; }"
)
# What lies over a page is looked at alone: the page beneath has been seen without it.
RUN = """rules => axe.run(
  document.querySelector("[data-testid=stPopoverBody], [data-testid=stToast]") ?? document,
  { resultTypes: ["violations"], ...rules })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, html }) =>
    [id, target.flat().join(" "), html.slice(0, 200)])))"""
# All that another scheme of colours can break.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
IS = "([at, own]) => document.querySelector(at)?.matches(own) ?? false"
# A link within a text is as high as its line; a field's target is its frame, a switch's its label.
SMALL = """least => [...document.querySelectorAll(
  "a[href], button, summary, input, [role=radio], [role=combobox]")]
  .filter(one => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter(one => !one.closest("p, .mr-say, [data-testid=stHeader], [inert], [type=range]"))
  .filter(one => !one.matches("button[tabindex='-1']"))
  .map(one => one.closest("label, [role=group], [data-testid=stTextInputRootElement]") ?? one)
  .map(one => [one.getBoundingClientRect(), one])
  .filter(([{ width, height }]) => width > 1 && height > 1 && Math.min(width, height) < least)
  .map(([{ width, height }, one]) => `${one.outerHTML.slice(0, 160)} ${width}x${height}`)"""
# How far the page can be pushed aside: by a finger, or by what brings a focus into view.
WIDE = """() => Math.max(...[document.scrollingElement, document.querySelector(".stMain")]
  .map((one) => one.scrollWidth - one.clientWidth))"""
# A frame shows the page's ground, and axe takes each document by itself.
GROUND = """() => {
  const { backgroundColor } = getComputedStyle(document.querySelector(".stApp"));
  for (const { contentDocument } of document.querySelectorAll("iframe"))
    contentDocument?.documentElement.style.setProperty("background", backgroundColor, "important");
}"""
THEMED = "scheme => getComputedStyle(document.querySelector('.stApp')).colorScheme === scheme"
# The ring is drawn from what is read alone.
DRAW = """state => document.dispatchEvent(new CustomEvent("moodring-reading", { detail: {
  ...document.moodring, state, box: [0.3, 0.2, 0.4, 0.5],
  scores: state === "unsure" ? { happy: 0.4, sad: 0.3, neutral: 0.3 } : null } }))"""
FINE, COARSE = 24, 44
MOODS = ("happy", "calm", "neutral", "focused")
FILTERS = ("language", "artist", "decade", "count")
# A chart that is drawn anew for another width takes so long.
NARROWING_MS = 3000


class Screen(NamedTuple):
    """A kind of screen: theme and size in CSS pixels; a narrow one is touched."""

    scheme: str
    width: int
    height: int

    @property
    def is_touched(self) -> bool:
        return self.width < 800


# From one to the next, either the colours change or the width.
SCREENS = (
    Screen("light", 1280, 800),
    Screen("dark", 1280, 800),
    Screen("dark", 390, 844),
    Screen("light", 390, 844),
)


def owed(page: Page, excused: set[str] | None = None) -> list[str]:
    """What the page as it stands owes on each kind of screen, in turn; empty is well.

    Nothing is loaded anew: the browser changes its colours, its width and its pointer.

    excused : gets the rules of axe for which something of Streamlit's own was left out
    """
    excused = set() if excused is None else excused
    settle(page)
    for frame in page.frames:
        _bring_axe(frame)
    device = page.context.new_cdp_session(page)
    found: list[str] = []
    width = 0
    for screen in SCREENS:
        _take(page, device, screen)
        anew, width = screen.width != width, screen.width
        faults = _faults_of_axe(page, excused, {} if anew else COLOURS)
        faults += _faults_of_size(page, screen) if anew else []
        found += [f"{screen.scheme} {width}: {fault}" for fault in faults]
    # As it was, for what is done next.
    _take(page, device, SCREENS[0])
    device.detach()
    return found


def _take(page: Page, device: CDPSession, screen: Screen) -> None:
    page.emulate_media(color_scheme="dark" if screen.scheme == "dark" else "light")
    page.set_viewport_size({"width": screen.width, "height": screen.height})
    touch = {"enabled": screen.is_touched, "maxTouchPoints": 1}
    device.send("Emulation.setTouchEmulationEnabled", touch)
    page.wait_for_function(THEMED, arg=screen.scheme)
    page.evaluate(GROUND)


def _bring_axe(frame: Frame) -> None:
    if frame.evaluate("'axe' in window"):
        return
    frame.evaluate(AXE)
    frame.add_style_tag(content=PLAIN)


def _faults_of_axe(page: Page, excused: set[str], rules: dict[str, list[str]]) -> list[str]:
    found = []
    for rule, at, html in page.evaluate(RUN, rules):
        if page.evaluate(IS, [at, STREAMLITS_OWN.get(rule, "none")]):
            excused.add(rule)
        else:
            found.append(f"{rule}: {html}")
    return found


def _faults_of_size(page: Page, screen: Screen) -> list[str]:
    least = COARSE if screen.is_touched else FINE
    found = [f"small: {one}" for frame in page.frames for one in frame.evaluate(SMALL, least)]
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} headings of the first level")
    with suppress(PlaywrightError):
        page.wait_for_function(f"() => ({WIDE})() <= 0", timeout=NARROWING_MS)
    if page.evaluate(WIDE) > 0:
        found.append(f"{page.evaluate(WIDE)} px too wide")
    return found


def places(page: Page, app: str) -> Iterator[str]:
    """Go from page to page, and name each."""
    for name, own in (
        ("library", ".st-key-library-add"),
        ("history", ".st-key-history-ends"),
        ("catalogue", ".st-key-songs-plane"),
        ("about", "h2"),
    ):
        page.goto(f"{app}/{name}")
        expect(page.locator(own).first).to_be_visible()
        yield name
        if name == "history":
            press_until(page.locator(".st-key-delete button"), page.get_by_role("dialog"))
            yield "delete everything"


def by_hand(page: Page, app: str) -> Iterator[str]:
    """Pass the notice by, pick a mood, and say another."""
    page.goto(app)
    expect(page.locator(".st-key-agree")).to_be_visible()
    yield "notice"
    page.locator(".st-key-notice summary").click()
    expect(page.locator("ol.mr-notice")).to_be_visible()
    yield "seven points"
    page.locator(".st-key-no-camera button").click()
    page.get_by_role("radio", name="sad", exact=True).click()
    expect(page.locator(".st-key-tile-7")).to_be_visible()
    expect(page.locator(".st-key-lift")).to_be_visible()
    yield "by hand"


def in_detail(page: Page) -> Iterator[str]:
    """Open what stands closed beside the songs, and say wishes in words."""
    opened = page.get_by_test_id("stPopoverBody").or_(page.get_by_role("listbox"))
    languages = page.locator(".st-key-interface-language [role=combobox]")
    ways: tuple[tuple[str, Callable[[], object]], ...] = (
        ("menu", partial(open_menu, page.locator(".st-key-tile-0"))),
        *((name, partial(open_filter, page, name)) for name in FILTERS),
        ("export", partial(press_until, page.locator(".st-key-keep button"), opened)),
        ("languages", partial(press_until, languages, opened)),
    )
    for state, open_it in ways:
        open_it()
        yield state
        page.keyboard.press("Escape")
        expect(opened).to_have_count(0)
    for state, words, shown in (
        ("words", "happy, calm me down, no rap", "understood"),
        ("unmet", "happy, Tamil metal from the 1920s", "unmet"),
    ):
        _say(page, words)
        expect(page.locator(f".st-key-{shown}")).to_be_visible()
        yield state
    _say(page, "I want to die")
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    yield "help"


def _say(page: Page, words: str) -> None:
    field = page.locator(".st-key-wish-words input")
    field.fill(words)
    field.press("Enter")
    settle(page)


def with_songs(page: Page, app: str) -> Iterator[str]:
    """Add a song to the library, beside a file that is none, and open it."""
    page.goto(f"{app}/library")
    song = encode(pattern(3), ".mp3", tags={"title": "Bright", "artist": "Ann"})
    page.locator(".st-key-library-add input[type=file]").set_input_files(
        [
            {"name": "bright.mp3", "mimeType": "audio/mpeg", "buffer": song},
            {"name": "bad.mp3", "mimeType": "audio/mpeg", "buffer": b"no music at all" * 99},
        ]
    )
    # A toast goes by itself, unless the focus is in it.
    toast = page.get_by_test_id("stToast")
    expect(toast).to_be_visible()
    toast.get_by_role("button").focus()
    expect(page.get_by_role("alert").filter(has_text="bad.mp3")).to_be_visible()
    expect(page.locator(".st-key-library-song")).to_be_visible()
    yield "a toast"
    toast.get_by_role("button").press("Enter")
    expect(toast).to_have_count(0)
    yield "a song of one's own, and an error"


def without_database(page: Page, app: str) -> Iterator[str]:
    """Go from page to page of an app whose database cannot be used, and name each."""
    for name in ("library", "history", "catalogue"):
        page.goto(f"{app}/{name}")
        expect(page.get_by_test_id("stAlert").first).to_be_visible()
        yield f"{name} without a database"
    page.goto(f"{app}/")
    page.locator(".st-key-no-camera button").click()
    page.get_by_role("radio", name="sad", exact=True).click()
    expect(page.get_by_test_id("stAlert").first).to_be_visible()
    yield "no songs without a database"


def with_diary(page: Page, app: str) -> Iterator[str]:
    """Keep a diary, fill it with moods and opinions, look at all details, and ask for its end."""
    page.goto(f"{app}/history")
    switch = page.locator(".st-key-keep-history label")
    press_until(switch, page.get_by_text("No mood yet"))
    yield "an empty diary"
    for _ in by_hand(page, app):
        pass
    # A chart of the week needs several.
    for mood in MOODS:
        page.get_by_role("radio", name=mood, exact=True).click()
        settle(page)
    tile = page.locator(".st-key-tile-0")
    heart = tile.get_by_role("button", name=re.compile("^Like"))
    press_until(heart, tile.get_by_role("button", name="Liked"))
    open_menu(page.locator(".st-key-tile-1")).get_by_role("button", name="this artist").click()
    settle(page)
    yield "liked and banned"
    yield from in_detail(page)
    link = page.locator(".st-key-top").get_by_role("link", name="History")
    press_until(link, page.locator(".st-key-moods-week .vega-embed svg"))
    yield "a filled diary"
    press_until(switch, page.get_by_role("dialog"))
    yield "switch off"


def with_camera(page: Page, app: str) -> Iterator[str]:
    """Agree, see the ring in each of its states, then a photo that is none."""
    agree(page, app)
    ring = page.locator(".st-key-ring")
    expect(ring).to_have_attribute("data-state", "idle")
    # A page fades in, and what is half seen has no contrast.
    expect(start_button(page)).to_be_visible()
    settle(page)
    yield "idle"
    frame = page.frame_locator('iframe[src*="webrtc_streamer"]')
    frame.get_by_role("button").nth(1).click()
    expect(frame.get_by_role("combobox")).to_be_visible()
    yield "cameras"
    frame.get_by_role("button").click()
    for state in ("connecting", "looking", "unsure"):
        page.evaluate(DRAW, state)
        expect(ring).to_have_attribute("data-state", state)
        yield state
    press_start(page)
    expect(ring).to_have_attribute("data-state", "sure")
    # While songs are looked for, Streamlit dims what stands.
    expect(page.locator(".st-key-tile-7")).to_be_visible()
    yield "sure"
    page.locator(".st-key-way").get_by_role("radio", name="Photo").click()
    chosen = page.locator(".st-key-photo-input input[type=file]")
    chosen.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"none"})
    expect(page.get_by_role("alert").first).to_be_visible()
    yield "error"
