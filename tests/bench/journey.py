"""How smoothly the songs walk from each emotion to each goal: ``python -m tests.bench.journey``.

The songs are the shipped ones; ``--plot FILE.svg`` draws the way from sad to happy.
"""

from __future__ import annotations

import argparse
import math
import time
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from recommender.catalogue.starter import STARTER, read_songs
from recommender.journey import plan_journey, waypoints
from recommender.mood import EMOTION_POINTS, GOAL_POINTS, distance, feeling_at, is_journey
from recommender.types import Goal, Mood, SourceName, Track
from tests.bench.smoothness import smoothness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Planner = Callable[[Mood, Mood, Sequence[Track]], list[Track]]

SONGS = 12
LANGUAGES = ("English", "Spanish", "Hindi")
# Random songs come from so many around the line, and are drawn so often.
NEAR_THE_LINE, DRAWS = 60, 20
TIMED_CANDIDATES = 300
SEED = 7

SIDE, LEFT, TOP = 400, 44, 52
LEGEND = 260
INK, SOFT, PATH = "#24182c", "#6f6679", "#6d3ccb"
# Left and right, above and below.
CORNERS = (("#f9c6bf", 0, 0), ("#ffe3a8", 1, 0), ("#c5d0f5", 0, 1), ("#c1e8d6", 1, 1))


def starter_tracks() -> list[Track]:
    """Return the shipped songs; the table counts valence from 0, the plane from −1."""
    return [
        Track(
            title=song.title,
            artists=song.artists,
            source=SourceName.CATALOGUE,
            source_id=f"{number:05}",
            language=song.language,
            valence=2 * song.valence - 1,
            energy=song.energy,
        )
        for number, song in enumerate(read_songs(STARTER.read_bytes()))
    ]


def journeys() -> list[tuple[Mood, Mood]]:
    """Return the ways from the seven emotions to the four goals that are long enough."""
    return [
        (Mood(*start), Mood(*target))
        for start in EMOTION_POINTS.values()
        for target in GOAL_POINTS.values()
        if is_journey(Mood(*start), Mood(*target))
    ]


def away(track: Track, mood: Mood) -> float:
    return distance((track.valence or 0, track.energy or 0), (mood.valence, mood.energy))


def ours(start: Mood, target: Mood, tracks: Sequence[Track]) -> list[Track]:
    return plan_journey(start, target, tracks, SONGS)


def nearest_to_waypoints(start: Mood, target: Mood, tracks: Sequence[Track]) -> list[Track]:
    left = list(tracks)
    path = []
    for mood in waypoints(start, target, SONGS):
        path.append(min(left, key=lambda track: away(track, mood)))
        left.remove(path[-1])
    return path


def nearest_to_target(_: Mood, target: Mood, tracks: Sequence[Track]) -> list[Track]:
    return sorted(tracks, key=lambda track: away(track, target))[:SONGS]


def random_near_the_line(rng: np.random.Generator) -> Planner:
    def plan(start: Mood, target: Mood, tracks: Sequence[Track]) -> list[Track]:
        line = waypoints(start, target, SONGS)
        near = sorted(tracks, key=lambda track: min(away(track, mood) for mood in line))
        return [near[place] for place in rng.permutation(NEAR_THE_LINE)[:SONGS]]

    return plan


def figures(planner: Planner, tracks: Sequence[Track], draws: int = 1) -> tuple[float, ...]:
    """Return means over all journeys: approach, step, largest step, both gaps; worst step last."""
    rows = []
    for start, target in journeys():
        for _ in range(draws):
            path = planner(start, target, tracks)
            found = smoothness(path, start, target)
            points = [Mood(track.valence or 0, track.energy or 0) for track in path]
            steps = [away(track, mood) for track, mood in zip(path[1:], points, strict=False)]
            rows.append(
                (
                    found.approach,
                    math.fsum(steps) / len(steps),
                    found.largest_step,
                    found.start_gap,
                    found.end_gap,
                )
            )
    return (*np.mean(rows, axis=0).tolist(), max(row[2] for row in rows))


def cpu_ms(tracks: Sequence[Track]) -> tuple[float, float]:
    """Return the median and the longest CPU time of a plan in ms, over all journeys."""
    some = [
        tracks[place]
        for place in np.random.default_rng(SEED).permutation(len(tracks))[:TIMED_CANDIDATES]
    ]
    times = []
    for start, target in journeys() * 3:
        before = time.process_time()
        ours(start, target, some)
        times.append((time.process_time() - before) * 1000)
    return float(np.median(times)), max(times)


def draw(start: Mood, target: Mood, tracks: Sequence[Track], path: Sequence[Track]) -> str:
    """Return an SVG of the plane with the path in it, and its songs beside it."""
    width, height = LEFT + SIDE + 36 + LEGEND, TOP + SIDE + 40
    bottom, right = TOP + SIDE, LEFT + SIDE
    spots = [_spot(Mood(track.valence or 0, track.energy or 0)) for track in path]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="12">',
        "<defs>",
        *(
            f'<radialGradient id="corner{number}" cx="{x}" cy="{y}" r="1">'
            f'<stop offset="0" stop-color="{colour}"/>'
            f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient>'
            for number, (colour, x, y) in enumerate(CORNERS)
        ),
        "</defs>",
        f'<rect width="{width}" height="{height}" rx="12" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="30" font-size="15" font-weight="600" fill="{INK}">'
        "From sad to happy in twelve songs</text>",
        *(
            f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" rx="14" {fill}/>'
            for fill in (
                'fill="#faf8fc"',
                *(f'fill="url(#corner{number})"' for number in range(len(CORNERS))),
            )
        ),
        _label(LEFT, bottom + 20, "unpleasant", "start"),
        _label(right, bottom + 20, "pleasant", "end"),
        f'<g transform="rotate(-90)">{_label(-bottom, LEFT - 12, "calm", "start")}'
        f"{_label(-TOP, LEFT - 12, 'intense', 'end')}</g>",
    ]
    parts += [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{INK}" opacity="0.16"/>'
        for x, y in (_spot(Mood(track.valence or 0, track.energy or 0)) for track in tracks)
    ]
    parts += [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="17" fill="#ffffff" fill-opacity="0.55" '
        f'stroke="{PATH}" stroke-width="1.2" stroke-dasharray="3 3"/>'
        for x, y in (_spot(start), _spot(target))
    ]
    parts += [
        _label(x, y + lift, feeling_at(mood), "middle")
        for mood, lift in ((start, -24), (target, 32))
        for x, y in (_spot(mood),)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    parts.append(
        f'<polyline points="{line}" fill="none" stroke="{PATH}" stroke-width="2" '
        'stroke-linejoin="round" opacity="0.55"/>'
    )
    for number, ((x, y), track) in enumerate(zip(spots, path, strict=True), 1):
        row = TOP + 12 + (number - 1) * (SIDE - 16) / (len(path) - 1)
        parts += [
            *_dot(x, y, number),
            *_dot(right + 36, row, number),
            f'<text x="{right + 54}" y="{row + 4:.1f}" fill="{INK}">{escape(track.title)}'
            f'<tspan dx="7" fill="{SOFT}" font-size="11">{escape(track.artists[0])}</tspan></text>',
        ]
    return "\n".join((*parts, "</svg>")) + "\n"


def _spot(mood: Mood) -> tuple[float, float]:
    return LEFT + (mood.valence + 1) / 2 * SIDE, TOP + (1 - mood.energy) * SIDE


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{SOFT}">{text}</text>'


def _dot(x: float, y: float, number: int) -> list[str]:
    return [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="{PATH}" stroke="#ffffff" '
        'stroke-width="1.5"/>',
        f'<text x="{x:.1f}" y="{y + 3.5:.1f}" text-anchor="middle" font-size="10" '
        f'font-weight="600" fill="#ffffff">{number}</text>',
    ]


def main() -> None:
    """Print the table, and draw the picture when asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.journey", description=__doc__)
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw sad to happy there")
    options = parser.parse_args()
    tracks = starter_tracks()
    planners: dict[str, tuple[Planner, int]] = {
        "our path": (ours, 1),
        "nearest to each waypoint": (nearest_to_waypoints, 1),
        "nearest to the target": (nearest_to_target, 1),
        "random, near the line": (random_near_the_line(np.random.default_rng(SEED)), DRAWS),
    }
    heads = ("approach", "step", "largest", "start gap", "end gap", "worst step")
    print(f"{len(journeys())} journeys of {SONGS} songs")
    for language in (None, *LANGUAGES):
        sung = [track for track in tracks if language in {None, track.language}]
        title = f"{language or 'all languages'}, {len(sung)} songs"
        print(f"\n{title:<26}" + "".join(f"{head:>12}" for head in heads))
        for name, (planner, draws) in planners.items():
            row = figures(planner, sung, draws)
            print(f"{name:<26}" + "".join(f"{value:12.3f}" for value in row))
    median, longest = cpu_ms(tracks)
    print(
        f"\n{TIMED_CANDIDATES} candidates: {median:.1f} ms of CPU (median), at most {longest:.1f}"
    )
    if options.plot:
        start, target = Mood(*EMOTION_POINTS["sad"]), Mood(*GOAL_POINTS[Goal.HAPPY])
        english = [track for track in tracks if track.language == "English"]
        options.plot.write_text(
            draw(start, target, english, ours(start, target, english)), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
