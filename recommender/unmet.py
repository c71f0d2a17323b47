"""Sentences for wishes that could not be met: what was not found, and what is shown instead."""

from collections.abc import Sequence

from detectors.types import Message
from recommender.types import Preferences, Tile
from recommender.wording import SENTENCES

# Fields of `Preferences` that can be dropped, in alphabetical order.
REFUSED = ("not_artists", "not_decades", "not_genres", "not_languages")
WISHES = ("artists", "decades", "genres", "languages", *REFUSED)


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
