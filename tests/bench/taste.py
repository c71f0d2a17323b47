"""How much a listener loses while their taste is learned: ``python -m tests.bench.taste``.

Listeners with known tastes are simulated over the starter catalogue. A song is liked with the
probability sigmoid(utility), and skipped otherwise. The utility is made otherwise than the model
thinks: not linear in the reward, no regions but a favourite point in the plane, and three favourite
languages against all others. Part of what a listener thinks of artists and genres is shared by all.

Each round a policy chooses four of twelve songs, nearest to the mood first. Its regret is the sum
of the true probabilities of the best four less that of its own: likes lost. Every policy gets the
same moods, songs and luck. There are two settings. "Ever new songs": twelve are drawn from
those within `RADIUS` of a random mood. "The same songs again": each listener has three moods, and
the twelve are always those nearest to one of them; a song that never gets its try stays unknown.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np

from recommender import taste
from recommender.catalogue.starter import STARTER, read_songs
from recommender.mood import RADIUS
from recommender.taste import MAX_OPINIONS, Opinion, Taste, Traits, Verdict
from tests.bench.measure import cpu_ms
from tests.bench.sizes import FULL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Policy = Callable[[NDArray[np.intp], Sequence[Opinion], np.random.Generator], list[float]]

CANDIDATES = 12
PAGE = 4
LISTENERS = 50
ROUNDS = 100
MOODS = 3
SAMPLED = 100
NEW, AGAIN = SETTINGS = ("ever new songs", "the same songs again")
# The constants of the model were chosen on the first, and the figures are of the others.
TUNING_SEED = 1
SEEDS = (2, 3, 4)
RIDGES = (1.0, 2.5, 5.0, 10.0)
EXPLORATIONS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7)

# Standard deviations of the utility's parts (of log-odds), and what else makes it up.
SHARED_ARTIST, SHARED_GENRE = 0.5, 0.5
OWN_ARTIST, OWN_GENRE = 0.8, 1.0
FAVOURITE_LANGUAGES = 3
FAVOURITE_LANGUAGE, OTHER_LANGUAGE = 1.5, -0.5
# From the favourite point to a distance of one side of the plane, the utility falls by so much.
PLANE_FALL = 2.0

OURS, GREEDY, POPULAR, NEAREST = (
    "Thompson sampling",
    "posterior mean (greedy)",
    "popular first (oracle)",
    "no learning (nearest first)",
)
COLOURS = {OURS: "#6d3ccb", GREEDY: "#d9822b", POPULAR: "#2a9d8f", NEAREST: "#8a8391"}
INK, FAINT, GRID = "#24182c", "#6b6272", "#ece8f1"
STANDARD_ERRORS = 2
# The plot's measures in pixels, and the likes between two lines of its grid.
LEFT, TOP, PANEL, PLOT, STEP = 52, 96, 430, 300, 20


@dataclass(frozen=True, slots=True)
class World:
    """The songs, and how likely each listener is to like each of them.

    places : valence halved, and energy, so that distances are those of `recommender.mood`
    likes : probabilities [shape=(listeners, songs)]
    """

    songs: list[Traits]
    places: NDArray[np.float64]
    likes: NDArray[np.float64]


def made_world(listeners: int, seed: int) -> World:
    """Return the starter catalogue and listeners with tastes drawn for them."""
    rng = np.random.default_rng(seed)
    table = read_songs(STARTER.read_bytes())
    songs = [
        Traits(song.artists[0], song.genre, song.language, song.valence * 2 - 1, song.energy)
        for song in table
    ]
    artists, artist = np.unique([song.artists[0] for song in table], return_inverse=True)
    genres, genre = np.unique([song.genre for song in table], return_inverse=True)
    languages, language = np.unique([song.language for song in table], return_inverse=True)
    places = np.array([(song.valence - 0.5, song.energy) for song in table])
    shared = rng.normal(0, SHARED_ARTIST, len(artists))[artist]
    shared += rng.normal(0, SHARED_GENRE, len(genres))[genre]
    utilities = []
    for _ in range(listeners):
        spoken = np.full(len(languages), OTHER_LANGUAGE)
        spoken[rng.choice(len(languages), FAVOURITE_LANGUAGES, replace=False)] = FAVOURITE_LANGUAGE
        favourite = rng.uniform((-0.5, 0), (0.5, 1))
        utilities.append(
            shared
            + rng.normal(0, OWN_ARTIST, len(artists))[artist]
            + rng.normal(0, OWN_GENRE, len(genres))[genre]
            + spoken[language]
            + PLANE_FALL * (0.5 - np.linalg.norm(places - favourite, axis=1))
        )
    return World(songs, places, 1 / (1 + np.exp(-np.array(utilities))))


def policies(world: World) -> dict[str, Policy]:
    """Return what ranks the songs of a round, given nearest first: a higher value comes earlier."""
    popularity = world.likes.mean(axis=0)
    songs = world.songs
    return {
        OURS: lambda drawn, opinions, rng: Taste.learned(opinions).sampled(
            [songs[one] for one in drawn], rng
        ),
        GREEDY: lambda drawn, opinions, _: list(
            map(Taste.learned(opinions).expected, [songs[one] for one in drawn])
        ),
        POPULAR: lambda drawn, _, __: popularity[drawn].tolist(),
        NEAREST: lambda drawn, _, __: [0.0] * len(drawn),
    }


def round_songs(
    world: World, setting: str, rounds: int, rng: np.random.Generator
) -> list[NDArray[np.intp]]:
    """Return the songs to choose from in each round, nearest to the round's mood first."""
    usual = rng.uniform((-0.5, 0), (0.5, 1), (MOODS, 2))
    made: list[NDArray[np.intp]] = []
    while len(made) < rounds:
        mood = rng.choice(usual) if setting == AGAIN else rng.uniform((-0.5, 0), (0.5, 1))
        distances = np.linalg.norm(world.places - mood, axis=1)
        nearest = np.argsort(distances, kind="stable")
        fitting = nearest[: np.count_nonzero(distances <= RADIUS)]
        if setting == AGAIN:
            made.append(nearest[:CANDIDATES])
        elif len(fitting) >= CANDIDATES:
            made.append(fitting[np.sort(rng.choice(len(fitting), CANDIDATES, replace=False))])
    return made


def regrets(
    world: World, setting: str, names: Sequence[str], rounds: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Return the regret of each round under each policy [shape=(listeners, rounds)]."""
    made = policies(world)
    lost = {name: np.zeros((len(world.likes), rounds)) for name in names}
    for listener, likes in enumerate(world.likes):
        rng = np.random.default_rng((seed, listener))
        songs = round_songs(world, setting, rounds, rng)
        # The same luck for a song whoever chooses it.
        luck = rng.random((rounds, CANDIDATES))
        for name in names:
            own_rng = np.random.default_rng((seed, listener, 1))
            opinions: list[Opinion] = []
            for number, drawn in enumerate(songs):
                values = np.array(made[name](drawn, opinions, own_rng))
                page = np.argsort(-values, kind="stable")[:PAGE]
                true = likes[drawn]
                lost[name][listener, number] = np.sort(true)[-PAGE:].sum() - true[page].sum()
                liked = luck[number] < true
                opinions += [
                    Opinion(
                        world.songs[drawn[place]], Verdict.LIKE if liked[place] else Verdict.SKIP
                    )
                    for place in page
                ]
    return lost


def measured(
    setting: str, names: Sequence[str], seeds: Sequence[int]
) -> dict[str, NDArray[np.float64]]:
    """Return the regrets of the listeners of several worlds, one below the other."""
    worlds = [regrets(made_world(LISTENERS, seed), setting, names, ROUNDS, seed) for seed in seeds]
    return {name: np.concatenate([world[name] for world in worlds]) for name in names}


def standard_error(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the mean over the first axis."""
    return np.asarray(values.std(axis=0, ddof=1) / np.sqrt(len(values)))


def line(setting: str, name: str, lost: NDArray[np.float64]) -> str:
    """Return one policy's figures as one line of JSON."""
    totals = lost.sum(axis=1)
    tenth = lost.shape[1] // 10
    return json.dumps(
        {
            "setting": setting,
            "policy": name,
            "regret": round(float(totals.mean()), 1),
            "standard_error": round(float(standard_error(totals)), 1),
            "a_page_first_tenth": round(float(lost[:, :tenth].mean()), 2),
            "a_page_last_tenth": round(float(lost[:, -tenth:].mean()), 2),
        }
    )


def page_cpu_ms() -> float:
    """CPU time of learning from as many opinions as count, and of one draw for `SAMPLED` songs."""
    rng = np.random.default_rng(TUNING_SEED)
    songs = made_world(1, TUNING_SEED).songs
    known, asked = (
        [songs[one] for one in rng.choice(len(songs), count, replace=False)]
        for count in (MAX_OPINIONS, SAMPLED)
    )
    opinions = [
        Opinion(song, verdict) for song, verdict in zip(known, cycle(Verdict), strict=False)
    ]
    return cpu_ms(lambda: Taste.learned(opinions).sampled(asked, rng), FULL)


def greedy_line(setting: str, lost: dict[str, NDArray[np.float64]]) -> str:
    """Return by how much greed loses more than Thompson sampling with the same listeners."""
    more = (lost[GREEDY] - lost[OURS]).sum(axis=1)
    mean, error = float(more.mean()), float(standard_error(more))
    return json.dumps(
        {"setting": setting, "greedy_more": round(mean, 1), "standard_error": round(error, 1)}
    )


def tune() -> None:
    """Print the regret of both settings for each pair of constants, on the seed kept for this.

    The greedy posterior mean stands beside it. It does not depend on the exploration.
    """
    for ridge, exploration in product(RIDGES, (0.0, *EXPLORATIONS)):
        policy = OURS if exploration else GREEDY
        with patch.multiple(taste, RIDGE=ridge, EXPLORATION=exploration):
            found = {
                setting: float(
                    measured(setting, (policy,), (TUNING_SEED,))[policy].sum(axis=1).mean()
                )
                for setting in SETTINGS
            }
        figures = {"ridge": ridge, "exploration": exploration, **found, "sum": sum(found.values())}
        print(json.dumps({name: round(value, 2) for name, value in figures.items()}), flush=True)


def draw(found: dict[str, dict[str, NDArray[np.float64]]]) -> str:
    """Return an SVG of the mean cumulative regrets, a panel for each setting."""
    width, height = len(found) * PANEL + 24, TOP + PLOT + 58
    curves = [lost.cumsum(axis=1) for one in found.values() for lost in one.values()]
    listeners, rounds = curves[0].shape
    ceiling = STEP * (int(max(float(curve[:, -1].mean()) for curve in curves) / STEP) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" rx="12" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="32" font-size="15" font-weight="600" fill="{INK}">'
        "Likes lost against the best page</text>",
        f'<text x="{LEFT}" y="51" fill="{FAINT}">Cumulative regret over {rounds} pages of {PAGE} '
        f"songs, mean of {listeners} simulated listeners; shaded: ±{STANDARD_ERRORS} standard "
        "errors</text>",
    ]
    for number, (setting, lost) in enumerate(found.items()):
        parts += _panel(setting, lost, LEFT + number * PANEL, ceiling)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(
    setting: str, lost: dict[str, NDArray[np.float64]], left: int, ceiling: int
) -> list[str]:
    right, bottom = left + PANEL - LEFT, TOP + PLOT
    rounds = next(iter(lost.values())).shape[1]

    def points(values: NDArray[np.float64]) -> list[str]:
        return [
            f"{left + day / rounds * (right - left):.1f},{bottom - value / ceiling * PLOT:.1f}"
            for day, value in enumerate([0.0, *values.tolist()])
        ]

    parts = [
        f'<text x="{left}" y="{TOP - 14}" font-weight="600" fill="{INK}">'
        f"{setting.capitalize()}</text>"
    ]
    for value in range(0, ceiling + 1, STEP):
        y = bottom - value / ceiling * PLOT
        parts += [
            f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{GRID if value else FAINT}"/>',
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{FAINT}">{value}</text>',
        ]
    parts += [
        f'<text x="{left + day / rounds * (right - left):.1f}" y="{bottom + 18}" '
        f'text-anchor="middle" fill="{FAINT}">{day}</text>'
        for day in range(0, rounds + 1, max(1, rounds // 5))
    ]
    parts.append(
        f'<text x="{(left + right) / 2}" y="{bottom + 40}" text-anchor="middle" fill="{INK}">'
        "pages shown</text>"
    )
    # White behind the legend, which stands where every curve is still low.
    parts.append(
        f'<rect x="{left + 4}" y="{TOP + 2}" width="232" height="{20 * len(lost) + 2}" '
        'fill="#ffffff"/>'
    )
    ranked = sorted(lost, key=lambda name: -float(lost[name].sum()))
    for place, name in enumerate(ranked):
        curve = lost[name].cumsum(axis=1)
        mean, band = curve.mean(axis=0), STANDARD_ERRORS * standard_error(curve)
        outline = " ".join(points(mean + band) + points(mean - band)[::-1])
        thickness = 2.8 if name == OURS else 1.8
        y = TOP + 16 + place * 20
        parts += [
            f'<polygon points="{outline}" fill="{COLOURS[name]}" fill-opacity="0.15"/>',
            f'<polyline points="{" ".join(points(mean))}" fill="none" stroke="{COLOURS[name]}" '
            f'stroke-width="{thickness}" stroke-linejoin="round"/>',
            f'<line x1="{left + 14}" x2="{left + 36}" y1="{y - 4}" y2="{y - 4}" '
            f'stroke="{COLOURS[name]}" stroke-width="3" stroke-linecap="round"/>',
            f'<text x="{left + 44}" y="{y}" fill="{INK}">{name}: {mean[-1]:.0f}</text>',
        ]
    return parts


def main() -> int:
    """Run the simulation, or the search for the model's constants."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.taste", description=__doc__)
    parser.add_argument("--plot", type=Path, help="write the curves to this SVG file")
    parser.add_argument("--tune", action="store_true", help="try the model's constants instead")
    options = parser.parse_args()
    if options.tune:
        tune()
        return 0
    found = {setting: measured(setting, tuple(COLOURS), SEEDS) for setting in SETTINGS}
    for setting, lost in found.items():
        for name, values in lost.items():
            print(line(setting, name, values))
        print(greedy_line(setting, lost))
    print(json.dumps({"page_cpu_ms": round(page_cpu_ms(), 1)}))
    if options.plot:
        options.plot.write_text(draw(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
