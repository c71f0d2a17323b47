"""Sentences for wishes that could not be met: what was not found, and what is shown instead."""

from collections.abc import Sequence

from detectors.types import Message
from recommender.types import Preferences, Tile

# Fields of `Preferences` that have sentences of their own, in alphabetical order.
WISHES = ("artists", "decades", "languages")


def unmet(wishes: Preferences, tiles: Sequence[Tile]) -> tuple[Message, ...]:
    """Return two sentences when some songs do not fit all wishes; () when all do.

    Parameters
    ----------
    tiles : songs, each with the wishes that were dropped for it
    """
    dropped = {wish for tile in tiles for wish in tile.reasons.let_go}
    if not dropped:
        return ()
    asked = [wish for wish in WISHES if getattr(wishes, wish)]
    values = {
        "artists": wishes.artists,
        "decades": wishes.decades,
        "languages": wishes.languages,
    }
    met = sum(not tile.reasons.let_go for tile in tiles)
    if met:
        first = Message("unmet-few", {"songs": met})
    elif dropped <= set(asked):
        first = Message(f"unmet-{'-'.join(asked)}", {wish: values[wish] for wish in asked})
    else:
        first = Message("unmet-wishes")
    kept = [wish for wish in asked if wish not in {*dropped, "artists"}]
    shown = Message(f"shown-{'-'.join(kept) or 'other'}", {wish: values[wish] for wish in kept})
    return first, shown
