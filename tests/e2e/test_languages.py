"""The pages in other languages: the visitor's choice, no English left over, and the other way."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from recommender.wiring import open_engine
from recommender.wording import PSEUDO
from tests.e2e.driver import (
    PATIENCE_MS,
    PROJECT,
    owner_address,
    press_until,
    running_app,
    settle,
    started_server,
)
from tests.fakes.library import keep_song

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PHONE = 390, 844
DROPPED = "音.mp3"
NAMES = re.compile(f"{DROPPED}|Fake Album")
PAGES = ("", "library", "history", "catalogue", "about")
# Streamlit's own words, which no parameter changes, and names; a line each, as a pattern.
STREAMLITS = re.compile(
    "|".join((PROJECT / "tests/data/streamlits_words.txt").read_text().splitlines())
)
# All texts that are seen or spoken, in their order, without icons and what stands in the marks of
# the pseudo-language; and the names of songs, which are in any language.
LEFT_OVER = """() => {
  const silent = 'bdi, [translate="no"], [data-testid$="Icon"], [data-testid="stIconMaterial"], '
    + '[aria-label$=" icon"], .stop, script, style, template';
  const kinds = NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT;
  const walker = document.createTreeWalker(document.body, kinds);
  let depth = 0, said = "";
  const read = (text) => {
    for (const letter of text) {
      if (letter === "⟦") depth += 1;
      else if (letter === "⟧") depth -= 1;
      else said += depth ? " " : letter;
    }
    said += "\\n";
  };
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (!element || element.closest(silent) || !element.checkVisibility()) continue;
    if (node !== element) { read(node.textContent); continue; }
    const around = depth;
    depth = 0;
    for (const name of ["aria-label", "alt", "title", "placeholder", "data-title"]) {
      read(node.getAttribute(name) ?? "");
    }
    depth = around;
  }
  const songs = [...document.querySelectorAll(".title, .artists, .names h3, .names span")];
  const names = songs.map((one) => one.textContent.trim());
  names.sort((one, two) => two.length - one.length);
  for (const name of names) said = said.replaceAll(name, " ");
  return said.split("\\n").map((line) => line.trim()).filter((line) => /[A-Za-z]{2}/.test(line));
}"""
# Elements of ours whose text is cut, and whether the page can be pushed sideways.
CUT = """() => {
  const ours = '[class*="mr-"], button, label, h1, h2, h3, h4, p, small';
  const cut = [...document.querySelectorAll(ours)].filter((one) => one.checkVisibility()
    && !one.closest('.title, .artists, .names h3, .names span, [aria-hidden="true"]')
    && one.scrollWidth > one.clientWidth + 1
    && !["visible", "auto", "scroll"].includes(getComputedStyle(one).overflowX)
    && getComputedStyle(one).clipPath === "none");
  const page = document.documentElement;
  const wide = page.scrollWidth > page.clientWidth ? ["the page"] : [];
  return [...wide, ...cut.map((one) => `${one.className}: ${one.textContent}`)];
}"""
# Texts that an Arabic, Indian or Japanese hand would not fit into.
TIGHT = """() => [...document.querySelectorAll("h1, h2, h3, h4, p, li, small, summary")]
  .filter((one) => one.checkVisibility() && one.textContent.trim())
  .filter((one) => {
    const style = getComputedStyle(one);
    const spread = parseFloat(style.lineHeight) / parseFloat(style.fontSize);
    return spread < 1.499 || style.fontStyle !== "normal" || parseFloat(style.letterSpacing) < 0;
  })
  .map((one) => `${one.tagName}: ${one.textContent}`)"""


@pytest.fixture
def phone(open_browser: Callable[..., Browser]) -> Page:
    width, height = PHONE
    return open_browser().new_page(viewport={"width": width, "height": height})


def open_page(page: Page, address: str) -> None:
    """Open a page, and wait until it is drawn to its end."""
    page.goto(address)
    expect(page.locator(".st-key-interface-language")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)


def left_in(page: Page) -> list[str]:
    """Return the English that is left over, the texts that are cut, and what is too wide."""
    settle(page)
    said = [NAMES.sub("", line) for line in page.evaluate(LEFT_OVER)]
    left = [
        line for line in said if re.search("[A-Za-z]{2}", line) and not STREAMLITS.fullmatch(line)
    ]
    return left + [str(one) for one in page.evaluate(CUT)]


def assert_in_words(page: Page) -> None:
    """See that no English is left over, no text cut, and nothing wider than the screen."""
    assert left_in(page) == []


def of_an_owner(page: Page, base: str, home: Path) -> Iterator[str]:
    """Go through what only an owner with songs and a diary sees; name each state."""
    page.goto(owner_address(home))
    page.goto(f"{base}/library?interface={PSEUDO}")
    expect(page.locator(".st-key-library-plane .modebar-btn")).to_have_count(2)
    yield "library"
    page.locator(".st-key-library-add input[type=file]").set_input_files(
        {"name": DROPPED, "mimeType": "audio/mpeg", "buffer": b"no music at all" * 99}
    )
    expect(page.locator(".st-key-library-dismiss")).to_be_visible()
    yield "a file that is none"
    press_until(page.locator(".mr-songs .open").first, page.locator(".st-key-library-song"))
    yield "song"
    path = page.locator(".st-key-add-music-path input")
    path.fill("/no/such/folder")
    path.press("Enter")
    yield "no folder"
    page.locator(".st-key-library-search input").fill("no such song")
    page.locator(".st-key-library-search input").press("Enter")
    yield "nothing found"
    page.goto(f"{base}/catalogue?interface={PSEUDO}")
    page.locator(".st-key-manage-songs summary").click()
    path = page.locator(".st-key-add-path input")
    path.fill("/no/such/table.csv")
    path.press("Enter")
    settle(page)
    page.locator(".st-key-refresh-songs button").click()
    yield "no table"
    page.goto(f"{base}/history?interface={PSEUDO}")
    page.locator(".st-key-switch-on button").click()
    expect(page.locator(".st-key-history-switch input")).to_be_checked()
    page.locator(".st-key-history-switch label").click()
    expect(page.locator(".st-key-history-yes")).to_be_visible()
    yield "switch off"
    page.locator(".st-key-history-no button").click()
    press_until(page.locator(".st-key-delete button"), page.locator(".st-key-history-yes"))
    yield "delete"


def of_wishes(page: Page, base: str) -> Iterator[str]:
    """Say wishes that are met, that are not, and that say too much; name each state."""
    page.goto(f"{base}?interface={PSEUDO}&artist=星野源&language=Tamil")
    page.locator(".st-key-no-camera button").click()
    page.locator(".st-key-chip [role=radio]").nth(3).click()
    expect(page.locator(".st-key-tile-0")).to_be_visible()
    yield "by hand"
    press_until(page.locator(".st-key-keep button"), page.get_by_test_id("stPopoverBody"))
    yield "export"
    page.keyboard.press("Escape")
    press_until(page.locator(".st-key-goal [role=radio]").nth(1), page.locator(".mr-plane.journey"))
    yield "journey"
    field = page.locator(".st-key-wish-words input")
    for said in ("happy, no rap, from the nineties, blorp", "a" * 400, "i want to kill myself"):
        field.fill(said)
        field.press("Enter")
        yield said


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_english_left_over(app: str, phone: Page, path: str) -> None:
    open_page(phone, f"{app}/{path}?interface={PSEUDO}")
    assert_in_words(phone)


def test_listening_has_no_english_left_over(app: str, phone: Page) -> None:
    open_page(phone, f"{app}?interface={PSEUDO}")
    phone.locator(".st-key-notice summary").click()
    expect(phone.locator(".mr-point").last).to_be_visible()
    assert_in_words(phone)
    phone.locator(".st-key-no-camera button").click()
    chip = phone.locator(".st-key-chip [role=radio]").first
    chip.click()
    expect(phone.locator(".st-key-tile-0")).to_be_visible()
    assert_in_words(phone)
    phone.locator(".st-key-tile-0").get_by_test_id("stPopoverButton").click()
    expect(phone.get_by_test_id("stPopoverBody")).to_be_visible()
    assert_in_words(phone)
    phone.keyboard.press("Escape")
    photo = phone.locator(".st-key-way [role=radio]").nth(1)
    photo.click()
    phone.locator(".st-key-agree button").click()
    expect(phone.locator(".st-key-photo-input")).to_be_visible()
    assert_in_words(phone)


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_arabic_reads_from_right_to_left(app: str, phone: Page, path: str) -> None:
    open_page(phone, f"{app}/{path}?interface=ar")
    expect(phone.locator("html")).to_have_attribute("lang", "ar")
    expect(phone.locator("html")).to_have_attribute("dir", "rtl")
    assert (phone.evaluate(CUT), phone.evaluate(TIGHT)) == ([], [])
    heading = phone.locator("h1").first
    right = heading.evaluate("one => innerWidth - one.getBoundingClientRect().right")
    assert right < 40
    assert heading.evaluate("one => getComputedStyle(one).textAlign") in {"start", "right"}


@pytest.mark.slow
def test_a_choice_stays_and_is_the_visitors_own(
    app: str, open_browser: Callable[..., Browser]
) -> None:
    browser = open_browser()
    one, other = (browser.new_context(locale="en-GB").new_page() for _ in range(2))
    for page in (one, other):
        open_page(page, app)
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.locator(".st-key-no-camera button").click()
        page.locator(".st-key-chip [role=radio]").first.click()
        expect(page.locator(".st-key-tile-0")).to_be_visible()
        settle(page)
    titles = one.locator(".st-key-tiles .title").all_inner_texts()
    german = one.get_by_role("option", name="Deutsch")
    press_until(one.locator(".st-key-interface-language").get_by_role("combobox"), german)
    german.click()
    expect(one.locator("html")).to_have_attribute("lang", "de")
    settle(one)
    assert one.locator(".st-key-tiles .title").all_inner_texts() == titles
    assert "interface=de" in one.url
    # The other visitor's page is drawn again, in the other language.
    other.locator(".st-key-chip [role=radio]").last.click()
    settle(other)
    expect(other.locator("html")).to_have_attribute("lang", "en")
    expect(other.locator(".st-key-top")).to_contain_text("History")
    expect(one.locator(".st-key-top")).to_contain_text("Verlauf")
    # Without the address, the cookie knows.
    open_page(one, f"{app}/about")
    expect(one.locator("html")).to_have_attribute("lang", "de")
    expect(one.locator(".st-key-top")).to_contain_text("Verlauf")


@pytest.mark.slow
def test_a_server_that_is_gone_is_told_in_words_until_it_is_back(
    detector_dir: Path, phone: Page
) -> None:
    gone = phone.locator(".mr-gone")
    with started_server(detector_dir) as (base, server):
        open_page(phone, f"{base}?interface={PSEUDO}")
        expect(gone).to_be_empty()
        # Streamlit fetches the parts of a page late; none must be missing.
        phone.wait_for_load_state("networkidle")
        expect(phone.locator(".st-key-clean input")).to_be_attached()
        server.kill()
        server.wait()
        # After Streamlit's own dialog, which waits for some attempts.
        expect(phone.get_by_test_id("stDialog")).to_be_attached()
        expect(gone).to_contain_text("⟦Móódríñg")
        expect(gone).to_be_in_viewport()
        assert_in_words(phone)
    with started_server(detector_dir, port=urlsplit(base).port):
        expect(gone).to_be_empty()
        expect(phone.get_by_test_id("stDialog")).to_have_count(0)
        settle(phone)


@pytest.mark.slow
def test_no_english_is_left_over_for_an_owner_and_in_wishes(phone: Page, tmp_path: Path) -> None:
    engine = open_engine(tmp_path)
    for place in ((0.8, 0.9), (-0.8, 0.1)):
        keep_song(engine, f"海{place[0]}", "星野", at=place)
    engine.dispose()
    with running_app(tmp_path, terminal=True) as base:
        states = chain(of_an_owner(phone, base, tmp_path), of_wishes(phone, base))
        found = {state: left_in(phone) for state in states}
    assert {state: left for state, left in found.items() if left} == {}
