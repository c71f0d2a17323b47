"""Shares in the day's searches for videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.ui.tiles import videos
from pages.ui.tiles.videos import DAY_S, SEARCHES_EACH, VideoShares
from recommender.youtube.videos import SEARCHES_A_DAY

if TYPE_CHECKING:
    import pytest


def test_nobody_can_use_up_the_whole_day_and_the_next_day_begins_anew() -> None:
    shares = VideoShares()
    assert SEARCHES_EACH < SEARCHES_A_DAY / 2
    assert all(shares.spend("mine", 100.0) for _ in range(SEARCHES_EACH))
    assert not shares.spend("mine", 101.0)
    assert shares.spend("theirs", 101.0)
    # A browser without cookies is any of them.
    assert shares.spend("", 101.0)
    assert not shares.spend("mine", 100.0 + DAY_S - 1)
    assert shares.spend("mine", 100.0 + DAY_S)
    assert VideoShares().spend("mine")


def test_a_flood_of_browsers_has_one_share_and_takes_no_more_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(videos, "MAX_BROWSERS", 3)
    shares = VideoShares()
    spent = [shares.spend(f"browser {number}", float(number)) for number in range(100)]
    assert spent == [True] * (3 + SEARCHES_EACH) + [False] * (97 - SEARCHES_EACH)
    assert len(shares._used) == 4
    # Those that were there before are not taken for the flood.
    assert shares.spend("browser 1", 200.0)
