"""From the notice to a song by the keyboard alone, with a focus that is seen and never lost."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.driver import PRESSES, START_PATIENCE_MS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

# All of a page with twelve songs.
MOST_STOPS = 90
HAS_FOCUS = "selector => document.activeElement.closest(selector) !== null"
# In the frame of the camera, if that has the focus.
IN_FRAME = "() => document.activeElement.contentDocument?.activeElement.tagName === 'BUTTON'"
# An outline, or the shadow that Streamlit draws around its own fields.
SEEN = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return !one.matches("a, button, summary, [role=radio]")
    || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something here has the focus; it shows where it goes."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN), page.evaluate("document.activeElement.outerHTML")
        if page.evaluate(HAS_FOCUS, selector):
            return
    raise AssertionError(f"nobody comes to {selector} by Tab")


def test_the_keyboard_leads_from_the_notice_to_a_song(
    app: str, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    page = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()
    page.goto(app)
    expect(page.locator(".st-key-agree")).to_be_visible()
    top = page.get_by_role("navigation")
    expect(top.locator('[aria-current="page"]')).to_contain_text("Listen")
    tab_to(page, ".st-key-agree")
    page.keyboard.press("Enter")
    # The button is gone, and Start has its place.
    page.wait_for_function(IN_FRAME)
    songs = page.locator(".st-key-tile-7")
    for _ in range(PRESSES):
        # A busy machine may reset a stream that begins: the frame has the focus then, not Start.
        if not page.evaluate(IN_FRAME):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        with suppress(AssertionError):
            expect(songs).to_be_visible(timeout=START_PATIENCE_MS)
            break
    expect(songs).to_be_visible()
    expect(page.locator(".st-key-play-my-mood button")).to_be_enabled()
    tab_to(page, ".st-key-play-my-mood")
    page.keyboard.press("Enter")
    page.wait_for_function(HAS_FOCUS, arg=".st-key-line")
    tab_to(page, ".st-key-tile-0")
    assert page.evaluate("document.activeElement.matches('a[href^=http], button')"), page.evaluate(
        "document.activeElement.outerHTML"
    )
    page.keyboard.press("q")
    expect(page.locator(".st-key-ring")).to_have_attribute("data-state", "idle")
    page.locator(".st-key-top a").nth(1).focus()
    page.keyboard.press("Enter")
    expect(top.locator('[aria-current="page"]')).to_contain_text("Library")
    page.wait_for_function(HAS_FOCUS, arg='.st-key-top [aria-current="page"]')
