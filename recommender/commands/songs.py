"""``songs``: recommend songs for a mood."""

import json
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

import click

from detectors.types import EMOTIONS, Message
from recommender.commands import FAILED
from recommender.deadline import run_with_deadline
from recommender.errors import SourceError
from recommender.explain import open_label
from recommender.languages import fold_language
from recommender.mood import build_query, mood_at, mood_of_emotion
from recommender.service import recommend
from recommender.settings import Settings, settings_from
from recommender.text import NameIndex, visible
from recommender.types import (
    DECADES,
    DEFAULT_COUNT,
    MAX_COUNT,
    Goal,
    Mood,
    MusicSource,
    Place,
    Preferences,
    Tile,
)
from recommender.wiring import Wiring, owners_server, wire
from recommender.wishes.understanding import NEUTRAL, Wishes, understand
from recommender.wishes.vocabulary import SPOKEN
from recommender.wording import ENGLISH, sentence, sentences, tr

# Seconds in which the owner's music server lists its songs; those that come later are left out.
LISTING_S = 15.0


@click.command()
@click.option("--words", help='mood and wishes as you would say them: "tired, no rap"')
@click.option("--words-language", type=click.Choice(SPOKEN), default="en", help="of the words")
@click.option("--emotion", type=click.Choice(EMOTIONS), help="emotion of a face")
@click.option("--valence", type=click.FloatRange(-1, 1), help="from unpleasant to pleasant")
@click.option("--energy", type=click.FloatRange(0, 1), help="from still to intense")
@click.option(
    "--goal",
    type=click.Choice([goal.value for goal in Goal]),
    default="match",
    help="goal of the music",
)
@click.option("--language", "languages", multiple=True, help="may be repeated")
@click.option(
    "--languages-first",
    metavar="LANGUAGES",
    default="",
    help="languages whose songs come first, with commas between",
)
@click.option("--artist", "artists", multiple=True, help="may be repeated")
@click.option(
    "--decade",
    "decades",
    type=click.Choice(DECADES),
    multiple=True,
    help="first year; may be repeated",
)
@click.option("--count", type=click.IntRange(1, MAX_COUNT), default=DEFAULT_COUNT)
@click.option("--no-explicit", is_flag=True, help="leave explicit songs out")
@click.option("--json", "as_json", is_flag=True, help="print one line of JSON per song")
def songs(
    *,
    words: str | None,
    words_language: str,
    emotion: str | None,
    valence: float | None,
    energy: float | None,
    goal: str,
    languages: tuple[str, ...],
    languages_first: str,
    artists: tuple[str, ...],
    decades: tuple[int, ...],
    count: int,
    no_explicit: bool,
    as_json: bool,
) -> int:
    """Recommend songs for a mood."""
    settings = settings_from(os.environ)
    wiring = wire(settings) if words else None
    said = Wishes() if wiring is None else _said(words or "", words_language, wiring)
    if said.help:
        print(sentence(Message("words-help")), file=sys.stderr)
        return 0
    try:
        given = (emotion, valence, energy) != (None, None, None)
        mood = said.point() or (NEUTRAL if words and not given else None)
        mood = mood or _mood(emotion, valence, energy)
        preferences = Preferences(
            languages=_named(languages),
            languages_first=_named(languages_first.split(",")),
            artists=artists,
            decades=decades,
            goal=Goal(goal),
            count=count,
            no_explicit=no_explicit,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    wiring = wiring or wire(settings)
    sources = (*wiring.sources, *_servers(settings, wiring))
    recommendation = recommend(build_query(mood, said.added_to(preferences)), sources)
    for tile in recommendation.tiles:
        print(_json_line(tile) if as_json else _readable(tile))
    if recommendation.notice:
        if as_json:
            print(json.dumps({"notice": sentences(recommendation.notice, language=ENGLISH)}))
        else:
            print(sentences(recommendation.notice), file=sys.stderr)
    return FAILED if wiring.catalogue is None else 0


def _servers(settings: Settings, wiring: Wiring) -> list[MusicSource]:
    """Return the owner's music server, if there is one, with the songs that it listed in time."""
    engine = None if wiring.catalogue is None else wiring.catalogue.engine
    server = owners_server(settings, engine, None)
    if server is None:
        return []
    shelf, ends = server.shelf, time.monotonic() + LISTING_S
    # The search that follows says what is wrong with it.
    with suppress(SourceError, TimeoutError):
        run_with_deadline(ends, lambda: shelf.refresh(lambda: time.monotonic() > ends))
    return [server.source]


def _named(wishes: Iterable[str]) -> tuple[str, ...]:
    """Return the names of languages as in the table, or as given."""
    return tuple(fold_language(name.strip()) for name in wishes if name.strip())


def _said(words: str, language: str, wiring: Wiring) -> Wishes:
    """Return the wishes in words, and print on standard error what was understood and what not."""
    try:
        names = NameIndex(() if wiring.catalogue is None else wiring.catalogue.artists())
    except SourceError as error:
        print(sentence(error), file=sys.stderr)
        names = NameIndex(())
    said = understand(words, language, names.named)
    for span in said.understood:
        print(f"{span.field}: {span.value} ({said.text[span.start : span.end]})", file=sys.stderr)
    if said.left_over:
        left = ", ".join(said.left_over)
        print(sentence(Message("words-left-over", {"words": left})), file=sys.stderr)
    return said


def _mood(emotion: str | None, valence: float | None, energy: float | None) -> Mood:
    if emotion is not None:
        if (valence, energy) != (None, None):
            raise click.UsageError(tr("give either --emotion, or --valence and --energy"))
        return mood_of_emotion(emotion)
    if valence is None or energy is None:
        raise click.UsageError(tr("give --emotion, or both --valence and --energy"))
    return mood_at(valence, energy)


def _json_line(tile: Tile) -> str:
    return json.dumps(
        {
            "source": tile.track.source.value,
            "title": tile.track.title,
            "artists": list(tile.track.artists),
            "open_url": tile.open_url,
            "fallback_url": tile.fallback_url,
            "art_url": tile.track.art_url,
            "why": sentences(tile.why, " · ", ENGLISH),
        },
        allow_nan=False,
    )


def _readable(tile: Tile) -> str:
    artists, why = ", ".join(tile.track.artists), sentences(tile.why, " · ")
    song = visible(f"{tile.track.title} - {artists} ({why})")
    found = f"{open_label(Place.SPOTIFY)}: {tile.open_url}"
    return f"{song}\n    {found}\n    YouTube: {tile.fallback_url}"
