"""Translation of Spotify's search results to playlists, without network access."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recommender.mood_playlists import MAX_PLAYLISTS, MoodPlaylist
from recommender.sources.spotify_tracks import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence


def playlists_of(items: Sequence[object]) -> list[MoodPlaylist]:
    """Return the playlists of a search's items, without duplicate names, at most MAX_PLAYLISTS.

    Many items are null, because apps in development do not get Spotify's own playlists.
    """
    found: dict[str, MoodPlaylist] = {}
    for item in items:
        playlist = _translate(item)
        if playlist is not None:
            found.setdefault(playlist.name.casefold(), playlist)
    return list(found.values())[:MAX_PLAYLISTS]


def _translate(item: object) -> MoodPlaylist | None:
    if not isinstance(item, dict) or item.get("type", "playlist") != "playlist":
        return None
    playlist_id, owner = item.get("id"), item.get("owner")
    if not isinstance(playlist_id, str):
        return None
    try:
        return MoodPlaylist(
            name=one_line(item.get("name")),
            owner=one_line(owner.get("display_name")) if isinstance(owner, dict) else "",
            # Built from the id, because a link in the response could lead anywhere.
            url=f"https://open.spotify.com/playlist/{playlist_id}",
        )
    except ValueError:
        return None
