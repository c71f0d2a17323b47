"""Translation of Spotify's items to tracks and playlists, without network access."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.spotify.errors import SPOTIFY
from recommender.text import visible
from recommender.types import (
    ART_HOSTS,
    MAX_TEXT_LENGTH,
    SourceName,
    Track,
    spotify_id,
    spotify_link,
)

# Pixels. Covers come 640, 300 and 64 wide; a tile is about 180 wide, or 360 on dense screens.
ART_WIDTH = 300
MAX_PLAYLISTS = 6

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
        raise SPOTIFY.failure("nonsense")
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
    track_id = spotify_id(item.get("id"))
    if track_id is None:
        return None
    album = item.get("album")
    album = album if isinstance(album, dict) else {}
    try:
        return Track(
            title=visible(item.get("name")),
            artists=names_of(item.get("artists")),
            source=SourceName.SPOTIFY,
            source_id=track_id,
            # Built from the id, because a link in the response could lead anywhere.
            url=spotify_link("track", track_id),
            art_url=_art(album.get("images")),
            album=visible(album.get("name")) or None,
            year=_year(album.get("release_date")),
            language=language,
            explicit=item.get("explicit", False) is not False,
        )
    except ValueError:
        # Title or artist is missing or too long: skip the item, because others are fine.
        return None


def names_of(artists: object) -> tuple[str, ...]:
    """Return the names in a list of artists, without duplicates."""
    listed = artists if isinstance(artists, list) else []
    names = (visible(artist.get("name")) for artist in listed if isinstance(artist, dict))
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


@dataclass(frozen=True, slots=True)
class MoodPlaylist:
    """A link to a public playlist.

    Attributes
    ----------
    name : str, never empty
    owner : str, display name; "" when unknown
    url : str, its page on open.spotify.com
    """

    name: str
    owner: str
    url: str

    def __post_init__(self) -> None:
        """Refuse an empty or over-long name, and a URL that is no playlist's."""
        if not self.name.strip() or max(len(self.name), len(self.owner)) > MAX_TEXT_LENGTH:
            raise ValueError(f"a playlist needs a name of at most {MAX_TEXT_LENGTH} characters")
        if self.url != spotify_link("playlist", self.url.rpartition("/")[2]):
            raise ValueError(f"not the address of a playlist: {self.url[:80]!r}")


def playlists_of(items: Sequence[object]) -> list[MoodPlaylist]:
    """Return the playlists of a search's items, without duplicate names, at most MAX_PLAYLISTS.

    Many items are null, because apps in development do not get Spotify's own playlists.
    """
    found: dict[str, MoodPlaylist] = {}
    for item in items:
        playlist = _playlist(item)
        if playlist is not None:
            found.setdefault(playlist.name.casefold(), playlist)
    return list(found.values())[:MAX_PLAYLISTS]


def _playlist(item: object) -> MoodPlaylist | None:
    if not isinstance(item, dict) or item.get("type", "playlist") != "playlist":
        return None
    # Built from the id, because a link in the response could lead anywhere.
    url, owner = spotify_link("playlist", item.get("id")), item.get("owner")
    if url is None:
        return None
    try:
        return MoodPlaylist(
            name=visible(item.get("name")),
            owner=visible(owner.get("display_name")) if isinstance(owner, dict) else "",
            url=url,
        )
    except ValueError:
        return None
