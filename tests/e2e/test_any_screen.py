"""Pages on screens of any size, in forced colours, and without jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.driver import settle
from tests.e2e.screens import WIDE, by_hand, places

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

# CLS that counts as good: https://web.dev/articles/cls.
MOST_SHIFT = 0.1
WATCH = """new PerformanceObserver(list => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({ type: "layout-shift", buffered: true });
window.shifted = 0;"""
# 640 is 1280 at 200 %; phones upright and on their side, tablets, and a large screen.
SIZES = ((320, 640), (390, 844), (640, 400), (768, 1024), (844, 390), (1366, 768), (1920, 1080))
LARGE = 1920
# Two colours that differ by less are one.
FORCED = """at => [...document.querySelectorAll(at)].map(one => {
  const style = getComputedStyle(one);
  return [style.outlineStyle, style.borderTopStyle, style.backgroundColor];
})"""
# A sign cut out of its background's colour, which is forced to be the ground's.
LOST = """() => [...document.querySelectorAll("*")].flatMap(
  one => ["", "::before", "::after"].flatMap(part => {
    const style = getComputedStyle(one, part || null);
    const cut = style.maskImage !== "none" && (!part || style.content !== "none");
    const kept = style.forcedColorAdjust === "none" || style.backgroundImage !== "none"
      || style.borderTopStyle !== "none";
    return cut && !kept ? [one.outerHTML.slice(0, 160) + part] : [];
  }))"""


@pytest.mark.slow
def test_the_agree_button_is_in_the_first_screen(
    app: str, open_browser: Callable[..., Browser]
) -> None:
    page = open_browser().new_page()
    for width, height in ((390, 844), (1366, 768)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(app)
        expect(page.locator(".st-key-agree button")).to_be_in_viewport(ratio=1)


@pytest.mark.slow
def test_nothing_is_wider_than_the_screen_and_a_large_one_is_used(
    app: str, open_browser: Callable[..., Browser]
) -> None:
    page = open_browser().new_page()
    wide = []
    for states in (by_hand(page, app), places(page, app)):
        for state in states:
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                if page.evaluate(WIDE) > 0:
                    wide.append((state, width))
            box = page.locator(".block-container").bounding_box()
            assert box is not None
            assert box["width"] > LARGE * 0.7
    assert wide == []


@pytest.mark.slow
def test_the_brand_is_not_behind_streamlits_header(
    app: str, open_browser: Callable[..., Browser]
) -> None:
    page = open_browser().new_page()
    page.goto(f"{app}/about")
    expect(page.locator("h2").first).to_be_visible()
    header, brand = page.locator(".stAppHeader"), page.locator(".mr-brand")
    page.mouse.move(600, 400)
    page.mouse.wheel(0, 16)
    page.wait_for_function("() => document.querySelector('.stMain').scrollTop > 0")
    assert header.evaluate("one => getComputedStyle(one).backgroundColor") == "rgba(0, 0, 0, 0)"
    expect(brand).to_be_in_viewport(ratio=0.5)


def shifted(page: Page) -> float:
    settle(page)
    # What moves late moves before two frames and a quiet moment have passed.
    page.evaluate("() => new Promise(done => requestIdleCallback(done, { timeout: 1000 }))")
    return float(page.evaluate("window.shifted"))


def test_no_page_jumps_when_it_is_opened_or_comes_after_another(
    app: str, open_browser: Callable[..., Browser]
) -> None:
    page = open_browser().new_page()
    page.add_init_script(WATCH)
    moved = {}
    for place, own in (
        ("", ".st-key-agree"),
        ("library", ".st-key-library-add"),
        ("history", ".st-key-history-ends"),
        ("catalogue", ".st-key-songs-plane"),
        ("about", "h2"),
    ):
        page.goto(f"{app}/{place}")
        expect(page.locator(own).first).to_be_visible()
        moved[f"/{place}"] = shifted(page)
    for link in page.get_by_role("navigation").get_by_role("link").all():
        page.evaluate("window.shifted = 0")
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        moved[f"to {link.inner_text()}"] = shifted(page)
    assert {place: by for place, by in moved.items() if by > MOST_SHIFT} == {}


@pytest.mark.slow
def test_what_is_chosen_shows_in_forced_colours(
    app: str, open_browser: Callable[..., Browser]
) -> None:
    page = open_browser().new_context(forced_colors="active").new_page()
    for state in by_hand(page, app):
        assert page.evaluate(LOST) == [], state
    chosen = page.evaluate(FORCED, '[role="radio"][aria-checked="true"]')
    assert chosen
    assert {outline for outline, _, _ in chosen} == {"solid"}
    for mark in (".mr-plane", ".st-key-count [role=slider]"):
        for _, border, ground in page.evaluate(FORCED, mark):
            assert border != "none" or ground != "rgba(0, 0, 0, 0)", mark


@pytest.mark.slow
def test_what_moves_or_shines_through_stands_still_for_those_who_ask(
    app: str, open_browser: Callable[..., Browser]
) -> None:
    page = open_browser().new_context(reduced_motion="reduce", contrast="more").new_page()
    page.goto(app)
    expect(page.locator(".st-key-agree")).to_be_visible()
    before = "getComputedStyle(document.querySelector('.stApp'), '::before')"
    assert page.evaluate(f"[{before}.animationName, {before}.display]") == ["none", "none"]
    glass = page.locator(".st-key-notice").evaluate("one => getComputedStyle(one).backgroundColor")
    assert "rgba" not in glass
