"""Tiles of songs: their links, a few words that explain the rank, and the numbers behind it.

Above the tiles, sentences say which wishes could not be met, and what is shown instead.
"""

from collections.abc import Sequence
from dataclasses import replace

from detectors.types import Message
from recommender.languages import ENGLISH, language_named
from recommender.mood import RADIUS, distance
from recommender.ranking import LAMBDA, OWN_WEIGHT, SHOWN_WEIGHT, TASTE_WEIGHT, shown_share
from recommender.song_words import song_sound
from recommender.text import NameIndex
from recommender.types import (
    Place,
    Preferences,
    Query,
    Reasons,
    SourceName,
    Tile,
    Track,
    spotify_search,
    youtube_search,
)
from recommender.wording import SENTENCES, number, tr

# Minimum contribution to relevance for taste to be mentioned.
TASTE_NAMED_FROM = 0.08
# Lower ends of the words for how well a song fits, 1 at best, and for how much it is to the
# listener's taste, −1..1.
FIT_WORDS = ((0.75, "very-close"), (0.5, "close"), (0.25, "fair"), (0.0, "far"))
TASTE_WORDS = ((0.3, "much"), (0.05, "some"), (-0.05, "unknown"), (-1.0, "little"))
# Fields of `Preferences` that can be dropped, in alphabetical order.
REFUSED = ("not_artists", "not_decades", "not_genres", "not_languages")
WISHES = ("artists", "decades", "genres", "languages", *REFUSED)


def tile_of(track: Track, query: Query, reasons: Reasons, let_go: Sequence[str]) -> Tile:
    """Return a track's tile: its links, and why it is here.

    Parameters
    ----------
    let_go : sequence of str, fields of the wishes that were dropped for this song
    """
    words = f"{track.title} {track.artists[0]}"
    return Tile(
        track=track,
        open_url=track.url or spotify_search(words),
        fallback_url=youtube_search(words),
        why=explain(track, query, reasons),
        reasons=replace(reasons, let_go=tuple(let_go)),
    )


def place_of(tile: Tile, chosen: Place) -> Place:
    """Return where a tile leads: Spotify's songs to Spotify, as it asks, others where one likes."""
    return Place.SPOTIFY if tile.track.source is SourceName.SPOTIFY else chosen


def open_address(tile: Tile, place: Place) -> str:
    """Return the address of a tile's song at a place: its page where that is known, or a search."""
    if place is Place.SPOTIFY:
        return tile.open_url
    if place is Place.YOUTUBE:
        return tile.fallback_url
    return place.search(f"{tile.track.title} {tile.track.artists[0]}")


def open_label(place: Place) -> str:
    """Return the label of a link to a place elsewhere; it does not promise that anything plays."""
    return tr("Open on {place}", place=place.brand)


def explain(track: Track, query: Query, reasons: Reasons) -> tuple[Message, ...]:
    """Return how a song sounds, its year and language, and why it is here, each in a few words."""
    parts = (
        _sound(track, query, reasons),
        Message("why-year", {"year": track.year}) if track.year else None,
        _language(track, query),
        _read_as(track, query),
        _taste(track, reasons),
        Message("why-own") if reasons.own else None,
        Message("why-variety") if reasons.for_variety else None,
        None if _fits(track, query, reasons) else Message("why-closest"),
    )
    return tuple(part for part in parts if part is not None)


def score_words(tile: Tile) -> list[tuple[Message, Message]]:
    """Return the factors of a song's rank that a listener can judge, and their values in words."""
    reasons = tile.reasons
    if reasons.nearness is None:
        fit, name = reasons.order or 0.0, "fits-search"
    else:
        fit, name = reasons.nearness, "fits-mood" if reasons.step is None else "fits-step"
    rows = [
        (Message(name), Message(f"fit-{_step(fit, FIT_WORDS)}")),
        (Message("fits-taste"), Message(f"taste-{_step(reasons.expected_taste, TASTE_WORDS)}")),
    ]
    if reasons.shown_days_ago is not None:
        rows.append((_shown(reasons.shown_days_ago), Message("shown-waits")))
    return rows


def _step(value: float, steps: Sequence[tuple[float, str]]) -> str:
    return next((word for lowest, word in steps if value >= lowest), steps[-1][1])


def score_breakdown(tile: Tile) -> list[tuple[Message, str]]:
    """Return the factors of a song's rank, and their values as texts to be shown."""
    reasons, track = tile.reasons, tile.track
    rows: list[tuple[Message, str]] = []
    if track.valence is not None and track.energy is not None:
        rows.append(
            (Message("factor-plane"), f"{number(track.valence, '+.2f')}, {_two(track.energy)}")
        )
    if track.tempo is not None:
        rows.append((Message("factor-tempo"), number(track.tempo, ".0f")))
    if reasons.nearness is None:
        fit, name = reasons.order or 0.0, "factor-order"
    else:
        fit = reasons.nearness
        name = "factor-nearness" if reasons.step is None else "factor-step"
    rows += [
        (Message(name), f"{_two(fit)} × {_two(reasons.confidence)}"),
        (
            Message("factor-taste"),
            f"{number(TASTE_WEIGHT, '.1f')} × {number(reasons.taste, '+.2f')}",
        ),
    ]
    rows += [
        (Message(f"factor-{kind}"), number(share, "+.2f"))
        for kind, share in reasons.taste_parts
        if share
    ]
    if reasons.own:
        rows.append((Message("factor-own"), number(OWN_WEIGHT, "+.1f")))
    if reasons.shown_days_ago is not None:
        share = shown_share(reasons.shown_days_ago, liked=reasons.liked)
        rows.append(
            (_shown(reasons.shown_days_ago), f"−{number(SHOWN_WEIGHT, '.1f')} × {_two(share)}")
        )
    rows.append((Message("factor-relevance"), _two(reasons.relevance)))
    if reasons.step is None:
        rows.append(
            (Message("factor-likeness"), f"−{number(1 - LAMBDA, '.1f')} × {_two(reasons.likeness)}")
        )
    return rows


def _two(value: float) -> str:
    return number(value, ".2f")


def _shown(days: int) -> Message:
    return Message("factor-shown", {"days": days}) if days else Message("factor-shown-today")


def _sound(track: Track, query: Query, reasons: Reasons) -> Message:
    """Return how a song sounds, with its number on a journey; else the feeling searched for."""
    sound = song_sound(track)
    if sound is None:
        return Message("why-found", {"feeling": Message(f"feeling-{query.feeling}")})
    if reasons.step is None:
        return sound
    return Message("why-step", {"step": reasons.step, "sound": sound})


def _fits(track: Track, query: Query, reasons: Reasons) -> bool:
    """Return whether a song lies near what was asked for, as far as its place is known."""
    if track.valence is None or track.energy is None or reasons.step is not None:
        return True
    target = (query.target.valence, query.target.energy)
    return distance((track.valence, track.energy), target) <= RADIUS


def _language(track: Track, query: Query) -> Message | None:
    """Return a song's language, marked where the listener may not speak it."""
    if track.language is None:
        return None
    known = language_named(track.language)
    if known is not None and not known.scripts:
        return Message("why-no-words")
    first = query.languages_first
    foreign = first and track.language not in {*first, ENGLISH}
    name = "why-in-language" if foreign else "why-language"
    return Message(name, {"language": track.language})


def _read_as(track: Track, query: Query) -> Message | None:
    """Return how an artist's misspelt name was read."""
    names = NameIndex(track.artists)
    for wish in query.artists:
        for name in names.match(wish):
            guess = Message("why-read-as", {"wish": wish, "name": name})
            return guess if names.is_guess(wish) else None
    return None


def _taste(track: Track, reasons: Reasons) -> Message | None:
    if reasons.liked:
        return Message("why-liked")
    if TASTE_WEIGHT * reasons.taste < TASTE_NAMED_FROM:
        return None
    if TASTE_WEIGHT * reasons.expected_taste < TASTE_NAMED_FROM:
        return Message("why-to-learn")
    names = {"artist": track.artists[0], "genre": track.genre, "language": track.language}
    kind = max(reasons.taste_parts, key=lambda part: part[1])[0]
    name = names.get(kind)
    return Message("why-you-like", {"name": name}) if name else Message("why-you-like-mood")


def unmet(wishes: Preferences, tiles: Sequence[Tile]) -> tuple[Message, ...]:
    """Return a sentence or two when some songs do not fit all wishes; () when all do.

    Parameters
    ----------
    tiles : songs, each with the wishes that were dropped for it
    """
    dropped = {wish for tile in tiles for wish in tile.reasons.let_go}
    if not tiles and any(getattr(wishes, wish) for wish in REFUSED):
        return (Message("unmet-refused"),)
    if not dropped:
        return ()
    asked = [wish for wish in WISHES if wish not in REFUSED and getattr(wishes, wish)]
    values = {
        "artists": wishes.artists,
        "decades": wishes.decades,
        "genres": wishes.genres,
        "languages": wishes.languages,
    }
    met = sum(not tile.reasons.let_go for tile in tiles)
    if met:
        first = Message("unmet-few", {"songs": met})
    elif dropped <= set(asked):
        said = Message(f"unmet-{'-'.join(asked)}", {wish: values[wish] for wish in asked})
        first = _known(said, Message("unmet-wishes"))
    else:
        first = Message("unmet-wishes")
    kept = [wish for wish in asked if wish not in {*dropped, "artists"}]
    shown = Message(f"shown-{'-'.join(kept)}", {wish: values[wish] for wish in kept})
    return first, _known(shown, Message("shown-other"))


def _known(said: Message, otherwise: Message) -> Message:
    """Return a message that has words: a genre beside other wishes has none of its own."""
    return said if said.id in SENTENCES else otherwise
