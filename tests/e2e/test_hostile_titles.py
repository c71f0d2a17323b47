"""Hostile titles and names in a real browser: they show as they are written, and fetch nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages.ui.plain import JOINER
from recommender.catalogue.writer import SongRecord, key_of, replace_batch
from recommender.db.engine import write_transaction
from recommender.listeners.store import Listeners, id_of
from recommender.taste import Verdict
from recommender.text import visible
from recommender.types import SourceName, Track
from recommender.wiring import open_engine
from tests.e2e.driver import (
    PROJECT,
    owner_address,
    press_until,
    running_app,
    settle,
    started_server,
)
from tests.fakes.hostile import HOSTILE, ORDINARY
from tests.fakes.library import keep_song
from tests.fakes.visits import NOW, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

TEXTS = (*ORDINARY, *HOSTILE)
ME = id_of(TOKEN)


def asked_by(page: Page, base: str) -> list[str]:
    """Collect the addresses elsewhere that a page asks."""
    asked: list[str] = []
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((base, "data:", "blob:")) else asked.append(request.url)
        ),
    )
    return asked


def seen(place: Locator) -> str:
    return place.inner_text().replace(JOINER, "").strip()


@pytest.mark.slow
def test_each_text_shows_as_it_is_written(
    open_browser: Callable[..., Browser], tmp_path: Path
) -> None:
    script = PROJECT / "tests" / "fakes" / "plain_page.py"
    with started_server(tmp_path, script=script, PYTHONPATH=str(PROJECT)) as (base, _):
        page = open_browser().new_page()
        asked = asked_by(page, base)
        page.goto(base)
        expect(page.locator(".st-key-all p").first).to_be_visible()
        settle(page)
        kinds = ("stCaptionContainer", "stAlert", "stProgress", "stButtonGroup")
        for kind in kinds:
            places = page.locator("[class*=st-key-text-]").get_by_test_id(kind)
            expect(places).to_have_count(len(TEXTS))
            for place, text in zip(places.all(), TEXTS, strict=True):
                shown = place.locator("button" if kind == "stButtonGroup" else "p")
                assert seen(shown) == visible(text)
                assert shown.locator("a, img, em, strong, code, span[role=img]").count() == 0
        whole = page.locator(".st-key-all").get_by_test_id("stMarkdownContainer")
        assert whole.locator(":not(p, br)").count() == 0
        assert whole.locator("p").count() == 1
        tip = page.get_by_test_id("stTooltipContent")
        for number in (0, len(ORDINARY), len(ORDINARY) + 2):
            page.locator(f".st-key-tip-{number} button").first.hover()
            expect(tip).to_have_count(1)
            assert seen(tip) == visible(TEXTS[number])
            page.mouse.move(0, 0)
            expect(tip).to_have_count(0)
        assert asked == []


def fill(folder: Path) -> None:
    """Keep a listener's songs, likes and library, all of hostile titles."""
    engine = open_engine(folder)
    songs = [
        SongRecord(
            title=text[:400], artists=(text[:400],), album=text[:400], valence=0.5, energy=0.5
        )
        for text in HOSTILE
    ]
    with write_transaction(engine) as connection:
        replace_batch(connection, "hostile ![i](http://evil.test/s.png)", "0", songs)
    listeners = Listeners(engine)
    listeners.keep_history(ME, NOW, keep=True)
    for song in songs:
        track = Track(song.title, song.artists, SourceName.CATALOGUE, key_of("hostile", song))
        listeners.judge(ME, track, Verdict.LIKE, NOW)
        name = song.title.replace("\x00", "")
        keep_song(engine, name, name, listener=ME)
        keep_song(engine, f"bad {name}", problem=name)
    engine.dispose()


@pytest.mark.slow
def test_no_page_of_hostile_titles_asks_anybody_elsewhere(
    open_browser: Callable[..., Browser], tmp_path: Path
) -> None:
    fill(tmp_path)
    with running_app(tmp_path, terminal=True) as base:
        context = open_browser().new_context()
        context.add_cookies([{"name": "moodring_listener", "value": TOKEN, "url": base}])
        page = context.new_page()
        asked = asked_by(page, base)
        page.goto(f"{base}/history")
        # The list scrolls within itself, and the tooltip is Streamlit's.
        row = page.locator("[class*=st-key-judged-]").filter(has_text="a.png")
        row.get_by_role("button").hover()
        expect(page.get_by_test_id("stTooltipContent")).to_contain_text("![i](http")
        page.goto(owner_address(tmp_path))
        page.goto(f"{base}/catalogue")
        path = page.get_by_label("File or folder")
        press_until(page.locator(".st-key-manage-songs summary").first, path)
        path.fill(HOSTILE[0])
        path.press("Enter")
        expect(page.get_by_text("There is no file or folder")).to_contain_text("a.png")
        for path_of_page in ("library", ""):
            page.goto(f"{base}/{path_of_page}")
            settle(page)
        page.locator(".st-key-no-camera button").click()
        page.get_by_text("neutral", exact=True).first.click()
        expect(page.locator(".st-key-tile-0 .title")).to_be_visible()
        settle(page)
        assert [address for address in asked if "evil" in address] == []
