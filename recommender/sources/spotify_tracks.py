"""From what Spotify's search answers to tracks. No network here."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from recommender.errors import Unavailable
from recommender.names import fold
from recommender.sources.spotify_refusals import NONSENSE
from recommender.types import ART_HOSTS, SourceName, Track

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from recommender.types import Query

# An answer is no album: so many songs of one first artist, unless artists were asked for.
SONGS_PER_ARTIST = 2
# Covers come 640, 300 and 64 pixels wide; tiles are about 180 wide, on fine screens twice that.
ART_WIDTH = 300

_ID = re.compile(r"[0-9A-Za-z]{1,64}")
_ART = re.compile(r"https://([a-z0-9.-]+)/[\w./?=&%~+-]{1,400}", re.ASCII)
_YEAR = re.compile(r"[12][0-9]{3}")


class Chosen(NamedTuple):
    """A track, and everything that another copy of the same song would share with it."""

    track: Track
    marks: frozenset[str]


def items_of(answer: object) -> list[object]:
    """Return the items of a search's answer.

    Raises
    ------
    Unavailable
        When the answer has another shape.
    """
    tracks = answer.get("tracks") if isinstance(answer, dict) else None
    items = tracks.get("items") if isinstance(tracks, dict) else None
    if not isinstance(items, list):
        raise Unavailable(NONSENSE)
    return items


def choose(
    pages: Sequence[Sequence[object]], query: Query, barred: AbstractSet[str] = frozenset()
) -> list[Chosen]:
    """Return the tracks that obey the query, at most ``query.count``.

    pages : items of several searches, which take turns, so that every language asked for appears
    barred : marks of songs that were shown before
    """
    language = query.languages[0] if len(query.languages) == 1 else None
    asked = {fold(artist) for artist in query.artists}
    appeared: Counter[str] = Counter()
    taken = set(barred)
    chosen: list[Chosen] = []
    for item in chain.from_iterable(zip_longest(*pages)):
        track = translate(item, language)
        if track is None or (query.no_explicit and track.explicit):
            continue
        artists = [fold(artist) for artist in track.artists]
        if track.source_id in query.without or not query.without_artists.isdisjoint(artists):
            continue
        if asked.isdisjoint(artists) if asked else appeared[artists[0]] >= SONGS_PER_ARTIST:
            continue
        marks = _marks(track, item)
        if not taken.isdisjoint(marks):
            continue
        taken |= marks
        appeared[artists[0]] += 1
        chosen.append(Chosen(track, marks))
        if len(chosen) == query.count:
            break
    return chosen


def translate(item: object, language: str | None = None) -> Track | None:
    """Return the track of one item, or None when it is none that can be opened and shown."""
    if not isinstance(item, dict):
        return None
    if item.get("type", "track") != "track" or item.get("is_local") is True:
        return None
    # False says that the song may not be played in the market that was asked for.
    if item.get("is_playable") is False:
        return None
    track_id = item.get("id")
    if not isinstance(track_id, str) or not _ID.fullmatch(track_id):
        return None
    album = item.get("album")
    album = album if isinstance(album, dict) else {}
    try:
        return Track(
            title=_line(item.get("name")),
            artists=_artists(item.get("artists")),
            source=SourceName.SPOTIFY,
            source_id=track_id,
            # Built from the id: an address in the answer could lead anywhere.
            url=f"https://open.spotify.com/track/{track_id}",
            art_url=_art(album.get("images")),
            album=_line(album.get("name")) or None,
            year=_year(album.get("release_date")),
            language=language,
            explicit=item.get("explicit", False) is not False,
        )
    except ValueError:
        # No title, no artist, or an over-long one: not worth an error while others are fine.
        return None


def _marks(track: Track, item: object) -> frozenset[str]:
    marks = {
        f"id {track.source_id}",
        f"song {track.title.casefold()}\n{track.artists[0].casefold()}",
    }
    external = item.get("external_ids") if isinstance(item, dict) else None
    isrc = external.get("isrc") if isinstance(external, dict) else None
    if isinstance(isrc, str) and isrc.strip():
        marks.add(f"isrc {isrc.strip().upper()}")
    return frozenset(marks)


def _line(text: object) -> str:
    """Return text as one line without control characters and halves of surrogate pairs."""
    if not isinstance(text, str):
        return ""
    visible = (
        " " if unicodedata.category(character) in {"Cc", "Cs"} else character for character in text
    )
    return " ".join("".join(visible).split())


def _artists(artists: object) -> tuple[str, ...]:
    listed = artists if isinstance(artists, list) else []
    names = (_line(artist.get("name")) for artist in listed if isinstance(artist, dict))
    return tuple(dict.fromkeys(name for name in names if name))


def _art(images: object) -> str | None:
    covers: list[tuple[float, str]] = []
    for image in images if isinstance(images, list) else []:
        url = image.get("url") if isinstance(image, dict) else None
        address = _ART.fullmatch(url) if isinstance(url, str) else None
        if address is None or address[1] not in ART_HOSTS:
            continue
        width = image.get("width")
        known = isinstance(width, (int, float))
        covers.append((abs(width - ART_WIDTH) if known else float("inf"), address[0]))
    return min(covers, default=(0.0, None), key=lambda cover: cover[0])[1]


def _year(date: object) -> int | None:
    year = _YEAR.match(date) if isinstance(date, str) else None
    return int(year[0]) if year else None
