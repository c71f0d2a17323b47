"""A journey in the valence/energy plane: small covers of its songs, joined by its path."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.covers import recording
from pages.ui.plain import in_html
from pages.ui.tiles import own_song
from recommender.mood import feeling_at, target_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.ui.tiles.playing import Playing
    from recommender.types import Tile

# Width and height of the plane, in SVG units.
WIDTH, HEIGHT = 1000, 480
# As in style.css: midway between the primary colours of both themes.
WAY_COLOUR = "#7b54f7"


def show(now: Playing) -> None:
    """Draw the path of a journey, with the songs that are its steps."""
    steps = [tile for tile in now.tiles if tile.reasons.step is not None]
    target = target_of(now.mood, now.preferences.goal)
    places = [_at(tile.track.valence, tile.track.energy) for tile in steps]
    start, end = (_at(mood.valence, mood.energy) for mood in (now.mood, target))
    goal = now.preferences.goal.value
    covers = "".join(_cover(tile, place) for tile, place in zip(steps, places, strict=True))
    label = f"The way from {feeling_at(now.mood)} to {goal}, in {len(steps)} songs"
    st.html(
        f'<div class="mr-plane" role="group" aria-label="{label}">'
        '<span class="edge top">intense</span><span class="edge bottom">calm</span>'
        '<span class="edge left">unpleasant</span><span class="edge right">pleasant</span>'
        f'<img class="way" alt="" src="{_line((start, *places, end))}">'
        f"{_end(start, feeling_at(now.mood))}{_end(end, goal)}{covers}</div>"
    )


def _at(valence: float | None, energy: float | None) -> tuple[float, float]:
    return ((valence or 0.0) + 1) / 2 * WIDTH, (1 - (energy or 0.0)) * HEIGHT


def _line(places: Sequence[tuple[float, float]]) -> str:
    """Return the path as the data URI of an image: Streamlit strips inline SVG from a page."""
    points = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="none"><polyline points="{points}" fill="none" stroke="{WAY_COLOUR}" '
        'stroke-width="2.5" stroke-dasharray="1 7" stroke-linecap="round" stroke-linejoin="round" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode('ascii')}"


def _style(place: tuple[float, float]) -> str:
    return f"left:{place[0] / WIDTH:.2%};top:{place[1] / HEIGHT:.2%}"


def _end(place: tuple[float, float], name: str) -> str:
    return f'<span class="end" style="{_style(place)}"><b>{in_html(name)}</b></span>'


def _cover(tile: Tile, place: tuple[float, float]) -> str:
    track = tile.track
    name = in_html(f"{tile.reasons.step}. {track.title} – {track.artists[0]}")
    art = in_html(own_song.cover_of(track, recording.SMALL))
    about = f'title="{name}" style="{_style(place)}"'
    inside = f'<img src="{art}" alt="{name}"><i>{tile.reasons.step}</i>'
    if own_song.is_own(tile):
        # An own song has no link: it plays on its tile below.
        return f'<span class="stop" {about}>{inside}</span>'
    return (
        f'<a class="stop" href="{in_html(tile.open_url)}" target="_blank" rel="noopener" {about}>'
        f"{inside}</a>"
    )
