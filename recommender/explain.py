"""Tiles of songs: their links, one line that explains the rank, and the numbers behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recommender.mood import RADIUS, distance, feeling_at
from recommender.ranking import LAMBDA, OWN_WEIGHT, SHOWN_WEIGHT, TASTE_WEIGHT, shown_share
from recommender.text import NameIndex, visible
from recommender.types import Mood, Tile, spotify_search, youtube_search

if TYPE_CHECKING:
    from recommender.types import Query, Reasons, Track

# Minimum contribution to relevance for taste to be mentioned.
TASTE_NAMED_FROM = 0.08


def tile_of(track: Track, query: Query, reasons: Reasons, let_go: str) -> Tile:
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


def explain(track: Track, query: Query, reasons: Reasons, let_go: str = "") -> str:
    """Return one line that explains why a song is here.

    Parameters
    ----------
    query : Query, with all wishes
    let_go : str, the wishes that were dropped for this song, "" for none
    """
    parts = (
        _place(track, query, reasons),
        track.language if query.languages else None,
        f"{track.year // 10 * 10}s" if query.decades and track.year else None,
        _asked_artist(track, query) if "artist" not in let_go else None,
        _taste(track, reasons),
        "yours" if reasons.own else None,
        "for variety" if reasons.for_variety else None,
        let_go,
    )
    return " · ".join(part for part in parts if part)


def score_breakdown(tile: Tile) -> list[tuple[str, str]]:
    """Return the factors of a song's rank and their values, as texts to be shown."""
    reasons, track = tile.reasons, tile.track
    rows: list[tuple[str, str]] = []
    if track.valence is not None and track.energy is not None:
        rows.append(("valence, energy", f"{track.valence:+.2f}, {track.energy:.2f}"))
    if track.tempo is not None:
        rows.append(("beats a minute", f"{track.tempo:.0f}"))
    if reasons.nearness is None:
        fit, name = reasons.order or 0.0, "place in the search"
    else:
        fit = reasons.nearness
        name = "nearness to the mood" if reasons.step is None else "nearness to its step"
    rows += [
        (f"{name} × confidence", f"{fit:.2f} × {reasons.confidence:.2f}"),
        ("your taste", f"{TASTE_WEIGHT} × {reasons.taste:+.2f}"),
    ]
    rows += [(f"– {kind}", f"{share:+.2f}") for kind, share in reasons.taste_parts if share]
    if reasons.own:
        rows.append(("your own file", f"+{OWN_WEIGHT}"))
    if reasons.shown_days_ago is not None:
        days = "today" if reasons.shown_days_ago == 0 else f"{reasons.shown_days_ago} days ago"
        share = shown_share(reasons.shown_days_ago, liked=reasons.liked)
        rows.append((f"shown {days}", f"−{SHOWN_WEIGHT} × {share:.2f}"))
    rows.append(("relevance", f"{reasons.relevance:.2f}"))
    if reasons.step is None:
        rows.append(("like the songs before", f"−{1 - LAMBDA:.1f} × {reasons.likeness:.2f}"))
    return rows


def _place(track: Track, query: Query, reasons: Reasons) -> str:
    """Return the feeling asked for, marked as the closest match when the song lies far from it."""
    if track.valence is None or track.energy is None:
        return query.feeling
    if reasons.step is not None:
        return f"{reasons.step}. {feeling_at(Mood(track.valence, track.energy))}"
    target = (query.target.valence, query.target.energy)
    near = distance((track.valence, track.energy), target) <= RADIUS
    return query.feeling if near else f"closest to {query.feeling}"


def _asked_artist(track: Track, query: Query) -> str | None:
    names = NameIndex(track.artists)
    for wish in query.artists:
        for name in names.match(wish):
            return f"{visible(wish)} read as {name}" if names.is_guess(wish) else name
    # A source may match names more loosely; the first artist is then taken to be the match.
    return track.artists[0] if query.artists else None


def _taste(track: Track, reasons: Reasons) -> str | None:
    if reasons.liked:
        return "you like it"
    if TASTE_WEIGHT * reasons.taste < TASTE_NAMED_FROM:
        return None
    if TASTE_WEIGHT * reasons.expected_taste < TASTE_NAMED_FROM:
        return "to learn your taste"
    names = {"artist": track.artists[0], "genre": track.genre, "language": track.language}
    kind = max(reasons.taste_parts, key=lambda part: part[1])[0]
    return f"you like {names.get(kind) or 'songs of this mood'}"
