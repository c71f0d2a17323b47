"""Translation of Spotify's items to tracks, without network access."""

from __future__ import annotations

import re

from recommender.errors import Unavailable
from recommender.spotify.errors import NONSENSE
from recommender.text import visible
from recommender.types import ART_HOSTS, SourceName, Track

# Pixels. Covers come 640, 300 and 64 wide; a tile is about 180 wide, or 360 on dense screens.
ART_WIDTH = 300

_ID = re.compile(r"[0-9A-Za-z]{1,64}")
_ART = re.compile(r"https://([a-z0-9.-]+)/[\w./?=&%~+-]{1,400}", re.ASCII)
_YEAR = re.compile(r"[12][0-9]{3}")


def items_of(answer: object, kind: str = "track") -> list[object]:
    """Return the items of a search response.

    Parameters
    ----------
    kind : str, what was searched for: "track" or "playlist"

    Raises
    ------
    Unavailable
        When the response has another shape.
    """
    found = answer.get(f"{kind}s") if isinstance(answer, dict) else None
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise Unavailable(NONSENSE)
    return items


def translate(item: object, language: str | None = None) -> Track | None:
    """Return an item's track, or None when it cannot be opened or shown."""
    if not isinstance(item, dict):
        return None
    if item.get("type", "track") != "track" or item.get("is_local") is True:
        return None
    # False: not playable in the requested market.
    if item.get("is_playable") is False:
        return None
    track_id = item.get("id")
    if not isinstance(track_id, str) or not _ID.fullmatch(track_id):
        return None
    album = item.get("album")
    album = album if isinstance(album, dict) else {}
    try:
        return Track(
            title=one_line(item.get("name")),
            artists=names_of(item.get("artists")),
            source=SourceName.SPOTIFY,
            source_id=track_id,
            # Built from the id, because a link in the response could lead anywhere.
            url=f"https://open.spotify.com/track/{track_id}",
            art_url=_art(album.get("images")),
            album=one_line(album.get("name")) or None,
            year=_year(album.get("release_date")),
            language=language,
            explicit=item.get("explicit", False) is not False,
        )
    except ValueError:
        # Title or artist is missing or too long: skip the item, because others are fine.
        return None


def one_line(text: object) -> str:
    """Return the visible text as one line; "" for anything but a text."""
    return visible(text) if isinstance(text, str) else ""


def names_of(artists: object) -> tuple[str, ...]:
    """Return the names in a list of artists, without duplicates."""
    listed = artists if isinstance(artists, list) else []
    names = (one_line(artist.get("name")) for artist in listed if isinstance(artist, dict))
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
