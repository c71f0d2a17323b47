"""The songs of one visitor: fetched once for the first mood, then only when asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import wiring
from recommender.mood import feeling_at
from recommender.query import build_query
from recommender.service import recommend

if TYPE_CHECKING:
    from recommender.types import Mood, Preferences, Tile

_STATE = "playing"


@dataclass(frozen=True, slots=True)
class Playing:
    """What the visitor hears about.

    mood, preferences : what the songs were asked for
    tiles : all pages so far
    page : the last page that was asked for
    exhausted : whether "More" found nothing new
    """

    mood: Mood
    preferences: Preferences
    tiles: tuple[Tile, ...]
    notice: str | None
    page: int = 0
    exhausted: bool = False


def playing() -> Playing | None:
    """Return this visitor's songs, None before the first."""
    return st.session_state.get(_STATE)


def play(mood: Mood, preferences: Preferences) -> None:
    """Fetch songs for a mood, in place of the ones shown."""
    found = recommend(build_query(mood, preferences), wiring.sources())
    st.session_state[_STATE] = Playing(mood, preferences, found.tiles, found.notice)


def play_more() -> None:
    """Fetch the next page and append it."""
    now = playing()
    if now is None:
        return
    page = now.page + 1
    found = recommend(build_query(now.mood, now.preferences, page=page), wiring.sources())
    known = {(tile.track.title, tile.track.artists) for tile in now.tiles}
    new = tuple(t for t in found.tiles if (t.track.title, t.track.artists) not in known)
    st.session_state[_STATE] = replace(
        now, tiles=now.tiles + new, notice=found.notice, page=page, exhausted=not new
    )


def follow_wishes(preferences: Preferences) -> None:
    """Fetch again when a wish has changed since the songs were fetched."""
    now = playing()
    if now is not None and now.preferences != preferences:
        with st.spinner("Looking for songs …"):
            play(now.mood, preferences)


def button_label(mood: Mood | None) -> str:
    """Return the words on the button: a new mood that differs from the songs' shows as a hint."""
    now = playing()
    if now is None or mood is None:
        return "Play my mood"
    feeling = feeling_at(mood)
    return "Play my mood" if feeling == feeling_at(now.mood) else f"Play my mood · now {feeling}"
