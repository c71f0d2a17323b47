"""A journey on the mood map: a glowing line, and a numbered stop for each song.

A stop shows its song's cover and name while it is pointed at or has the focus. The tiles below are
the list of the same songs.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import streamlit as st

from pages.ui import plane
from pages.ui.covers import recording
from pages.ui.dock import Item
from pages.ui.plain import in_html
from pages.ui.tiles import items, playing
from recommender.mood import feeling_at, target_of
from recommender.types import Tile
from recommender.wording import Message, sentence, tr_count

# Width per height of the map on a wide page (see the style sheet), and the least distance of two
# stops, as a share of the width.
ASPECT, GAP = 2.6, 0.05
# Steps in which stops are pushed apart.
PUSHES = 60
# Beyond these shares of the width, a card above its stop could be cut off.
_LEFT, _RIGHT = 0.25, 0.75
# Width and height of a name, and where its middle lies on each side of its point, as shares of the
# map's width.
_NAME = 0.12, 0.04
_SIDES = {"west": (-0.08, 0.0), "east": (0.08, 0.0), "south": (0.0, 0.05), "north": (0.0, -0.05)}
# Shares of the width between which a name has room on that side on a phone, too, where it takes a
# quarter of the map.
_ROOM = {"west": (0.3, 1.0), "east": (0.0, 0.7), "south": (0.09, 0.91), "north": (0.09, 0.91)}


def show(now: playing.Playing, queue: Sequence[Item]) -> None:
    """Draw the way of a journey, with the songs that are its steps.

    Parameters
    ----------
    queue : sequence of Item, the songs as the player takes them
    """
    st.html(_drawn(now, {item["id"]: item for item in queue}))


def _drawn(now: playing.Playing, queue: Mapping[str, Item]) -> str:
    steps = [tile for tile in now.tiles if tile.reasons.step is not None]
    target = target_of(now.mood, now.preferences.goal)
    start, end = (plane.place_of(mood.valence, mood.energy) for mood in (now.mood, target))
    wanted = [plane.place_of(tile.track.valence or 0, tile.track.energy or 0) for tile in steps]
    places = spread((start, *wanted, end))
    names = [sentence(Message(f"feeling-{feeling_at(mood)}")) for mood in (now.mood, target)]
    label = tr_count(
        "The way from {start} to {end}, in {number} song.",
        "The way from {start} to {end}, in {number} songs.",
        len(steps),
        start=names[0],
        end=names[1],
    )
    colours = [plane.colour_at(mood.valence, mood.energy) for mood in (now.mood, target)]
    way = plane.line(places, (colours[0], colours[1]))
    ends = (
        _end(start, places[1:], names[0], colours[0]),
        _end(end, places[:-1], names[1], colours[1]),
    )
    mine = (queue[tile.track.source_id] for tile in steps)
    stops = map(_stop, steps, mine, places[1:-1])
    return plane.drawn(
        label, "".join((f'<img class="way" alt="" src="{way}">', *stops, *ends)), "journey"
    )


def spread(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return places that no longer hide each other: pushed apart, but for the first and the last.

    Parameters
    ----------
    places : (x, y) as `pages.ui.plane.place_of` returns them
    """
    at = [[x, y / ASPECT] for x, y in places]
    fixed = {0, len(at) - 1}
    for _ in range(PUSHES):
        close = [pair for pair in combinations(range(len(at)), 2) if _gap(at, *pair) < GAP - 1e-6]
        if not close:
            break
        for one, other in close:
            apart = _gap(at, one, other)
            # Places that are the same part to the left and to the right.
            x = (at[other][0] - at[one][0]) / apart if apart else 1.0
            y = (at[other][1] - at[one][1]) / apart if apart else 0.0
            push = (GAP - apart) / 2
            for which, sign in ((one, -1), (other, 1)):
                if which not in fixed:
                    at[which][0] = min(1 - GAP / 2, max(GAP / 2, at[which][0] + sign * push * x))
                    lowest = 1 / ASPECT - GAP / 2
                    at[which][1] = min(lowest, max(GAP / 2, at[which][1] + sign * push * y))
    return [(x, y * ASPECT) for x, y in at]


def _gap(at: Sequence[Sequence[float]], one: int, other: int) -> float:
    return math.dist(at[one], at[other])


def _end(
    place: tuple[float, float], stops: Sequence[tuple[float, float]], name: str, colour: str
) -> str:
    """Return an end of the way, its name on the side where it hides fewest stops."""
    x, y = place[0], place[1] / ASPECT

    def hidden(side: str) -> int:
        across, down = _SIDES[side]
        if not _ROOM[side][0] < x < _ROOM[side][1]:
            return len(stops) + 1
        if not _NAME[1] / 2 < y + down < 1 / ASPECT - _NAME[1] / 2:
            return len(stops) + 1
        return sum(
            abs(left - x - across) < (_NAME[0] + GAP) / 2
            and abs(top / ASPECT - y - down) < (_NAME[1] + GAP) / 2
            for left, top in stops
        )

    side = min(_SIDES, key=hidden)
    style = f"{plane.style_of(place)};--at:{colour}"
    return f'<span class="end {side}" style="{style}"><b dir="auto">{in_html(name)}</b></span>'


def _stop(tile: Tile, item: Item, place: tuple[float, float]) -> str:
    track, step = tile.track, tile.reasons.step
    name = in_html(f"{step}. {track.title} – {track.artists[0]}")
    cover = in_html(items.cover_of(track, recording.SMALL))
    colour = plane.colour_at(track.valence or 0, track.energy or 0)
    sides = "".join(_sides(place))
    inside = (
        f'<i aria-hidden="true">{step}</i><span class="card{sides}" aria-hidden="true">'
        f'<img alt="" src="{cover}"><b dir="auto">{in_html(track.title)}</b>'
        f'<small dir="auto">{in_html(track.artists[0])}</small></span>'
    )
    about = f'aria-label="{name}" style="{plane.style_of(place)};--at:{colour}"'
    plays = f' data-play="{in_html(item["id"])}"' if item["kind"] else ""
    if item["open"]:
        role = ' role="button"' * bool(plays)
        return (
            f'<a class="stop" href="{in_html(item["open"])}" target="_blank" rel="noopener"'
            f"{role}{plays} {about}>{inside}</a>"
        )
    if plays:
        return f'<button type="button" class="stop"{plays} {about}>{inside}</button>'
    return f'<span class="stop" role="img" tabindex="0" {about}>{inside}</span>'


def _sides(place: tuple[float, float]) -> Iterator[str]:
    """Yield where a stop's card must not go beyond the map."""
    if place[0] < _LEFT:
        yield " first"
    if place[0] > _RIGHT:
        yield " last"
    if place[1] < 1 / 2:
        yield " below"
