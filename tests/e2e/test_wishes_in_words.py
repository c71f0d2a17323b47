"""The field "in words" in a browser: words, chips, one removed, songs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.driver import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser


def test_words_become_songs_and_a_chip_goes(app: str, open_browser: Callable[..., Browser]) -> None:
    page = open_browser().new_page()
    page.goto(app)
    field = page.locator(".st-key-wish-words input")
    field.fill("tired, something calm in Tamil, no rap")
    field.press("Enter")
    # Nobody has to agree to anything for words.
    languages = page.locator(".st-key-tiles [data-language]")
    expect(languages).to_have_count(12)
    expect(page.locator('.st-key-tiles [data-language="Tamil"]')).to_have_count(12)
    expect(page.locator(".st-key-agree button")).to_be_visible()
    chips = page.locator(".st-key-understood").get_by_role("button")
    expect(chips).to_have_count(4)
    page.wait_for_url("**goal=calm**")
    page.get_by_role("button", name="Remove Tamil", exact=True).press("Enter")
    expect(chips).to_have_count(3)
    expect(
        page.locator('.st-key-tiles [data-language]:not([data-language="Tamil"])')
    ).not_to_have_count(0)
    settle(page)
    expect(chips).to_have_text(["Remove tired", "Remove Calm me down", "Remove no rap"])
