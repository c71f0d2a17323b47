"""A walk through pages and states, and what every screen owes to everybody: axe, targets, width."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import axe_playwright_python
from playwright.sync_api import expect

from tests.e2e.driver import agree, open_filter, open_menu, press_start, settle, start_button

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
# By axe's rule: where in Streamlit it is, and why it stays.
STREAMLITS_OWN = {
    # A section that takes dropped files, with a button of its own inside, has both.
    "presentation-role-conflict": '[data-testid="stFileUploaderDropzone"]',
}
# Over the lights axe gives no verdict on contrast: the style sheet's own test has their colours.
PLAIN = (
    ".stApp::before { display: none !important; } * { transition: none !important; } "
    # Without a transition, what a fragment is about to draw anew would be dim at once.
    "[data-stale] { opacity: 1 !important; }"
)
RUN = """() => axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ target, html }) =>
    [id, target.flat().join(" "), html.slice(0, 200)])))"""
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
WIDE = "() => document.scrollingElement.scrollWidth - innerWidth"
FINE, COARSE = 24, 44


class Screen(NamedTuple):
    """A kind of screen: theme and size in CSS pixels; a narrow one is touched."""

    scheme: str
    width: int
    height: int

    def page(self, browser: Browser) -> Page:
        options: dict[str, Any] = {"color_scheme": self.scheme, "has_touch": self.is_touched}
        size = {"width": self.width, "height": self.height}
        return browser.new_context(viewport=size, **options).new_page()

    @property
    def is_touched(self) -> bool:
        return self.width < 800


SCREENS = (
    Screen("light", 390, 844),
    Screen("dark", 1280, 800),
    Screen("dark", 390, 844),
    Screen("light", 1280, 800),
)


def faults(page: Page, least: int) -> list[str]:
    """What the screen that is shown owes; empty is well. Streamlit's own faults are left out.

    least : side of the smallest target in CSS pixels
    """
    settle(page)
    page.add_style_tag(content=PLAIN)
    page.evaluate(AXE)
    found = [
        f"{rule}: {html}"
        for rule, at, html in page.evaluate(RUN)
        if not page.evaluate(IS, [at, STREAMLITS_OWN.get(rule, "none")])
    ]
    found += [f"small: {one}" for one in page.evaluate(SMALL, least)]
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} headings of the first level")
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
            page.locator(".st-key-delete button").click()
            expect(page.get_by_role("dialog")).to_be_visible()
            yield "dialog"


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
    """Open what stands closed beside the songs."""
    open_menu(page.locator(".st-key-tile-0"))
    yield "menu"
    page.keyboard.press("Escape")
    open_filter(page, "language")
    yield "filter"
    page.keyboard.press("Escape")
    words = page.locator(".st-key-wish-words input")
    words.fill("happy, no rap")
    words.press("Enter")
    expect(page.locator(".st-key-understood")).to_be_visible()
    yield "words"


def with_camera(page: Page, app: str, state: str) -> Iterator[str]:
    """Agree, and let the camera look until the ring has this state; then a photo that is none."""
    agree(page, app)
    expect(page.locator(".st-key-ring")).to_have_attribute("data-state", "idle")
    # A page fades in, and what is half seen has no contrast.
    expect(start_button(page)).to_be_visible()
    settle(page)
    yield "idle"
    press_start(page)
    expect(page.locator(".st-key-ring")).to_have_attribute("data-state", state)
    if state == "sure":
        # While songs are looked for, Streamlit dims what stands.
        expect(page.locator(".st-key-tile-7")).to_be_visible()
    yield state
    page.locator(".st-key-way").get_by_role("radio", name="Photo").click()
    chosen = page.locator(".st-key-photo-input input[type=file]")
    chosen.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"none"})
    expect(page.get_by_role("alert").first).to_be_visible()
    yield "error"
