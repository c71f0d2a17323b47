"""Each page and state in both themes and two widths: nothing for axe, large targets, one width."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.screens import (
    AXE,
    COARSE,
    FINE,
    IS,
    RUN,
    SCREENS,
    STREAMLITS_OWN,
    Screen,
    by_hand,
    faults,
    in_detail,
    places,
    with_camera,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

CAMERA = ("--use-fake-ui-for-media-stream",)
COMBINED = pytest.mark.parametrize("screen", SCREENS, ids=lambda one: f"{one.scheme}-{one.width}")


def check(page: Page, screen: Screen, states: Iterator[str]) -> None:
    least = COARSE if screen.is_touched else FINE
    found = {state: faults(page, least) for state in states}
    assert {state: owed for state, owed in found.items() if owed} == {}


@pytest.mark.parametrize("screen", SCREENS[:2], ids=lambda one: f"{one.scheme}-{one.width}")
def test_the_first_minute_is_for_everyone(
    app: str, open_browser: Callable[..., Browser], screen: Screen
) -> None:
    page = screen.page(open_browser())
    check(page, screen, by_hand(page, app))


@pytest.mark.slow
@COMBINED
def test_all_pages_are_for_everyone(
    app: str, open_browser: Callable[..., Browser], screen: Screen
) -> None:
    page = screen.page(open_browser())
    check(page, screen, chain(places(page, app), by_hand(page, app), in_detail(page)))


@pytest.mark.slow
@COMBINED
@pytest.mark.parametrize("state", ["sure", "looking"])
def test_the_camera_is_for_everyone(
    app: str,
    open_browser: Callable[..., Browser],
    smiling_clip: Path,
    empty_clip: Path,
    screen: Screen,
    state: str,
) -> None:
    clip = smiling_clip if state == "sure" else empty_clip
    page = screen.page(open_browser(clip, extra=CAMERA))
    check(page, screen, with_camera(page, app, state))


@pytest.mark.slow
def test_streamlits_own_faults_are_still_there(
    app: str, open_browser: Callable[..., Browser]
) -> None:
    page = open_browser().new_page()
    page.goto(f"{app}/library")
    expect(page.locator(".st-key-library-add section")).to_be_visible()
    page.evaluate(AXE)
    found = {
        rule
        for rule, at, _ in page.evaluate(RUN)
        if page.evaluate(IS, [at, STREAMLITS_OWN.get(rule, "none")])
    }
    assert found == set(STREAMLITS_OWN)
