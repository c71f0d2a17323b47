"""Tiles of songs: their links, a few words that explain the rank, and the numbers behind it."""

from collections.abc import Sequence

from detectors.types import Message
from recommender.mood import RADIUS, distance, feeling_at
from recommender.ranking import LAMBDA, OWN_WEIGHT, SHOWN_WEIGHT, TASTE_WEIGHT, shown_share
from recommender.text import NameIndex
from recommender.types import Mood, Query, Reasons, Tile, Track, spotify_search, youtube_search

# Minimum contribution to relevance for taste to be mentioned.
TASTE_NAMED_FROM = 0.08


def tile_of(track: Track, query: Query, reasons: Reasons, let_go: Sequence[str]) -> Tile:
    """Return a track's tile: its links, and why it is here; parameters as of `explain`."""
    words = f"{track.title} {track.artists[0]}"
    return Tile(
        track=track,
        open_url=track.url or spotify_search(words),
        fallback_url=youtube_search(words),
        why=explain(track, query, reasons, let_go),
        reasons=reasons,
    )


def open_label(tile: Tile) -> str:
    """Return the label of a tile's link; a search page does not promise that anything plays."""
    return "Open on Spotify" if tile.track.url == tile.open_url else "Find on Spotify"


def explain(
    track: Track, query: Query, reasons: Reasons, let_go: Sequence[str] = ()
) -> tuple[Message, ...]:
    """Return the reasons why a song is here, each a few words.

    Parameters
    ----------
    query : Query, with all wishes
    let_go : sequence of str, fields of the wishes that were dropped for this song
    """
    parts = (
        _place(track, query, reasons),
        _named(track.language) if query.languages else None,
        Message("why-decade", {"decade": track.year // 10 * 10})
        if query.decades and track.year
        else None,
        _asked_artist(track, query) if "artists" not in let_go else None,
        _taste(track, reasons),
        Message("why-own") if reasons.own else None,
        Message("why-variety") if reasons.for_variety else None,
        *(Message(f"why-any-{wish}") for wish in let_go),
    )
    return tuple(part for part in parts if part is not None)


def score_breakdown(tile: Tile) -> list[tuple[Message, str]]:
    """Return the factors of a song's rank, and their values as texts to be shown."""
    reasons, track = tile.reasons, tile.track
    rows: list[tuple[Message, str]] = []
    if track.valence is not None and track.energy is not None:
        rows.append((Message("factor-plane"), f"{track.valence:+.2f}, {track.energy:.2f}"))
    if track.tempo is not None:
        rows.append((Message("factor-tempo"), f"{track.tempo:.0f}"))
    if reasons.nearness is None:
        fit, name = reasons.order or 0.0, "factor-order"
    else:
        fit = reasons.nearness
        name = "factor-nearness" if reasons.step is None else "factor-step"
    rows += [
        (Message(name), f"{fit:.2f} × {reasons.confidence:.2f}"),
        (Message("factor-taste"), f"{TASTE_WEIGHT} × {reasons.taste:+.2f}"),
    ]
    rows += [
        (Message(f"factor-{kind}"), f"{share:+.2f}") for kind, share in reasons.taste_parts if share
    ]
    if reasons.own:
        rows.append((Message("factor-own"), f"+{OWN_WEIGHT}"))
    if reasons.shown_days_ago is not None:
        days = reasons.shown_days_ago
        shown = Message("factor-shown", {"days": days}) if days else Message("factor-shown-today")
        share = shown_share(reasons.shown_days_ago, liked=reasons.liked)
        rows.append((shown, f"−{SHOWN_WEIGHT} × {share:.2f}"))
    rows.append((Message("factor-relevance"), f"{reasons.relevance:.2f}"))
    if reasons.step is None:
        rows.append((Message("factor-likeness"), f"−{1 - LAMBDA:.1f} × {reasons.likeness:.2f}"))
    return rows


def _place(track: Track, query: Query, reasons: Reasons) -> Message:
    """Return the feeling asked for, marked as the closest match when the song lies far from it."""
    if track.valence is None or track.energy is None:
        return _feeling(query.feeling)
    if reasons.step is not None:
        here = _feeling(feeling_at(Mood(track.valence, track.energy)))
        return Message("why-step", {"step": reasons.step, "feeling": here})
    target = (query.target.valence, query.target.energy)
    near = distance((track.valence, track.energy), target) <= RADIUS
    asked = _feeling(query.feeling)
    return asked if near else Message("why-closest", {"feeling": asked})


def _feeling(feeling: str) -> Message:
    return Message(f"feeling-{feeling}")


def _named(name: str | None) -> Message | None:
    return Message("why-named", {"name": name}) if name else None


def _asked_artist(track: Track, query: Query) -> Message | None:
    names = NameIndex(track.artists)
    for wish in query.artists:
        for name in names.match(wish):
            guess = Message("why-read-as", {"wish": wish, "name": name})
            return guess if names.is_guess(wish) else _named(name)
    # A source may match names more loosely; the first artist is then taken to be the match.
    return _named(track.artists[0]) if query.artists else None


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
