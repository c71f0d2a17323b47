"""Each page and state in both themes and two widths: nothing for axe, large targets, one width."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

from recommender.db.engine import FILE_NAME
from tests.e2e.driver import running_app
from tests.e2e.screens import (
    STREAMLITS_OWN,
    by_hand,
    owed,
    places,
    with_camera,
    with_diary,
    with_songs,
    without_database,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page


def check(page: Page, states: Iterator[str]) -> set[str]:
    """Expect that no state owes anything, and return the rules that Streamlit alone breaks."""
    excused: set[str] = set()
    found = {state: owed(page, excused) for state in states}
    assert {state: faults for state, faults in found.items() if faults} == {}
    return excused


def test_the_first_minute_is_for_everyone(app: str, open_browser: Callable[..., Browser]) -> None:
    page = open_browser().new_page()
    check(page, by_hand(page, app))


@pytest.mark.slow
def test_all_pages_are_for_everyone(app: str, open_browser: Callable[..., Browser]) -> None:
    page = open_browser().new_page()
    states = chain(places(page, app), with_songs(page, app), with_diary(page, app))
    # What Streamlit has mended needs no exception.
    assert check(page, states) == set(STREAMLITS_OWN)


@pytest.mark.slow
def test_a_broken_database_is_for_everyone(
    open_browser: Callable[..., Browser], tmp_path: Path
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 999)
    with running_app(tmp_path) as base:
        page = open_browser().new_page()
        check(page, without_database(page, base))


@pytest.mark.slow
def test_the_camera_is_for_everyone(
    app: str, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    page = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",)).new_page()
    check(page, with_camera(page, app))
