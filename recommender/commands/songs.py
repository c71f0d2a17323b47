"""``songs``: recommend songs for a mood."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from detectors.types import EMOTIONS
from recommender.languages import LANGUAGES
from recommender.mood import mood_at, mood_of_emotion
from recommender.query import build_query
from recommender.service import open_label, recommend
from recommender.types import DECADES, DEFAULT_COUNT, MAX_COUNT, Goal, Mood, Preferences
from recommender.wiring import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from recommender.commands import Subparsers
    from recommender.settings import Settings
    from recommender.types import Tile


def add(commands: Subparsers) -> None:
    """Add the command to the parser."""
    songs = commands.add_parser(
        "songs", help="recommend songs", description="Recommend songs for a mood."
    )
    songs.add_argument("--emotion", choices=EMOTIONS, help="emotion of a face")
    songs.add_argument("--valence", type=_number(-1, 1), help="-1 (unpleasant) to 1 (pleasant)")
    songs.add_argument("--energy", type=_number(0, 1), help="0 (still) to 1 (intense)")
    songs.add_argument(
        "--goal", choices=[goal.value for goal in Goal], default="match", help="goal of the music"
    )
    songs.add_argument("--language", action="append", default=[], help="may be repeated")
    songs.add_argument("--artist", action="append", default=[], help="may be repeated")
    songs.add_argument(
        "--decade",
        action="append",
        type=int,
        default=[],
        help=f"first year, {DECADES[0]}, {DECADES[1]} .. {DECADES[-1]}; may be repeated",
    )
    songs.add_argument("--count", type=int, default=DEFAULT_COUNT, help=f"1 to {MAX_COUNT}")
    songs.add_argument("--no-explicit", action="store_true", help="leave explicit songs out")
    songs.add_argument("--json", action="store_true", help="print one line of JSON per song")

    def prepare(options: argparse.Namespace) -> Callable[[Settings], int]:
        mood, preferences = _mood(options, songs), _preferences(options, songs)
        return lambda settings: _run(mood, preferences, settings, as_json=options.json)

    songs.set_defaults(prepare=prepare, parser=songs)


def _run(mood: Mood, preferences: Preferences, settings: Settings, *, as_json: bool) -> int:
    recommendation = recommend(build_query(mood, preferences), wire(settings).sources)
    for tile in recommendation.tiles:
        print(_json_line(tile) if as_json else _readable(tile))
    if recommendation.notice is not None:
        if as_json:
            print(json.dumps({"notice": recommendation.notice}))
        else:
            print(recommendation.notice, file=sys.stderr)
    return 0


def _number(lowest: float, highest: float) -> Callable[[str], float]:
    """Return a type for argparse: a number within bounds (NaN is within none)."""

    def number(text: str) -> float:
        value = float(text)
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"must be {lowest} to {highest}, not {text}")
        return value

    return number


def _mood(options: argparse.Namespace, songs: argparse.ArgumentParser) -> Mood:
    point = (options.valence, options.energy)
    if options.emotion is not None:
        if point != (None, None):
            songs.error("give either --emotion, or --valence and --energy")
        return mood_of_emotion(options.emotion)
    if None in point:
        songs.error("give --emotion, or both --valence and --energy")
    return mood_at(*point)


def _preferences(options: argparse.Namespace, songs: argparse.ArgumentParser) -> Preferences:
    known = {name.casefold(): name for name in LANGUAGES}
    languages = [name.strip() for name in options.language if name.strip()]
    try:
        return Preferences(
            languages=tuple(known.get(name.casefold(), name) for name in languages),
            artists=tuple(options.artist),
            decades=tuple(options.decade),
            goal=Goal(options.goal),
            count=options.count,
            no_explicit=options.no_explicit,
        )
    except ValueError as error:
        songs.error(str(error))


def _json_line(tile: Tile) -> str:
    return json.dumps(
        {
            "source": tile.track.source.value,
            "title": tile.track.title,
            "artists": list(tile.track.artists),
            "open_url": tile.open_url,
            "fallback_url": tile.fallback_url,
            "art_url": tile.track.art_url,
            "why": tile.why,
        },
        allow_nan=False,
    )


def _readable(tile: Tile) -> str:
    song = f"{tile.track.title} - {', '.join(tile.track.artists)} ({tile.why})"
    # A title from outside must not control the terminal.
    visible = "".join(character if character.isprintable() else " " for character in song)
    return f"{visible}\n    {open_label(tile)}: {tile.open_url}\n    YouTube: {tile.fallback_url}"
