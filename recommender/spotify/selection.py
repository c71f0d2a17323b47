"""Selection of the songs that satisfy a query from Spotify's results, without network access."""

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

from recommender.languages import is_likeliest, is_plausible, language_named
from recommender.ranking import SONGS_PER_ARTIST, is_refused
from recommender.spotify.translate import translate
from recommender.text import fold, plain_title
from recommender.types import Query, Track


class Page(NamedTuple):
    """The result of one request.

    Attributes
    ----------
    languages : tuple of str, requested languages that the request was for; () for any
    """

    items: Sequence[object]
    languages: tuple[str, ...] = ()


class SelectedTrack(NamedTuple):
    """A track with its identity keys; two copies of a song share at least one key."""

    track: Track
    identity_keys: frozenset[str]


def select(
    pages: Sequence[Page], query: Query, barred: AbstractSet[str] = frozenset()
) -> list[SelectedTrack]:
    """Return the tracks that satisfy the query, at most ``query.count``.

    Parameters
    ----------
    pages : sequence of Page, results that alternate, so that every requested language appears
    barred : set of str, identity keys of songs shown before
    """
    asked = {fold(artist) for artist in query.artists}
    appeared: Counter[str] = Counter()
    taken = set(barred)
    chosen: list[SelectedTrack] = []
    for track, item in _found(pages):
        artists = [fold(artist) for artist in track.artists]
        if not _is_wished(track, query) or not query.without_artists.isdisjoint(artists):
            continue
        if asked.isdisjoint(artists) if asked else appeared[artists[0]] >= SONGS_PER_ARTIST:
            continue
        keys = _identity_keys(track, item)
        if not taken.isdisjoint(keys):
            continue
        taken |= keys
        appeared[artists[0]] += 1
        chosen.append(SelectedTrack(track, keys))
        if len(chosen) == query.count:
            break
    return chosen


def _found(pages: Sequence[Page]) -> Iterator[tuple[Track, object]]:
    """Yield the tracks of the pages in turn, each with its item and its language."""
    for row in zip_longest(*(page.items for page in pages)):
        for page, item in zip(pages, row, strict=True):
            track = translate(item)
            if track is None:
                continue
            fitting = [name for name in page.languages if _fits(name, track)]
            if fitting:
                # With several languages, the track's own is unknown.
                track = replace(track, language=fitting[0] if len(fitting) == 1 else None)
            if fitting or not page.languages:
                yield track, item


def _fits(name: str, track: Track) -> bool:
    language = language_named(name)
    return language is None or is_plausible(language, track.title, track.artists, track.album)


def _is_in(name: str, track: Track) -> bool:
    language = language_named(name)
    return language is not None and is_likeliest(language, track.title, track.artists, track.album)


def _is_wished(track: Track, query: Query) -> bool:
    if track.source_id in query.without or (query.no_explicit and track.explicit):
        return False
    if is_refused(track, query) or any(_is_in(name, track) for name in query.not_languages):
        return False
    # The year is the album's, so an old song on a new compilation is excluded, too.
    return not query.decades or track.year is None or track.year // 10 * 10 in query.decades


def _identity_keys(track: Track, item: object) -> frozenset[str]:
    keys = {
        f"id {track.source_id}",
        f"song {fold(plain_title(track.title))}\n{fold(track.artists[0])}",
    }
    external = item.get("external_ids") if isinstance(item, dict) else None
    isrc = external.get("isrc") if isinstance(external, dict) else None
    if isinstance(isrc, str) and isrc.strip():
        keys.add(f"isrc {isrc.strip().upper()}")
    return frozenset(keys)
