"""Playlists for a mood, as links; their songs are never read."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from recommender.deadline import run_with_deadline
from recommender.spotify.translate import one_line
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recommender.types import MusicSource, Query


MAX_PLAYLISTS = 6
# Playlists are an optional extra, requested after the songs.
PLAYLISTS_BUDGET_S = 1.5

_URL = re.compile(r"https://open\.spotify\.com/playlist/[0-9A-Za-z]{1,64}")


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
        if not _URL.fullmatch(self.url):
            raise ValueError(f"not the address of a playlist: {self.url[:80]!r}")


@runtime_checkable
class PlaylistSource(Protocol):
    """A source that also offers playlists."""

    def playlists(self, query: Query, *, deadline: float) -> list[MoodPlaylist]:
        """Return playlists for the query's feeling, best first, at most MAX_PLAYLISTS.

        MUST raise only SourceError.

        Parameters
        ----------
        deadline : float, value of ``time.monotonic()`` by which the result is wanted
        """
        ...


def mood_playlists(
    query: Query, sources: Sequence[MusicSource], *, budget_s: float = PLAYLISTS_BUDGET_S
) -> list[MoodPlaylist]:
    """Return playlists for a query's feeling from the first source that offers them.

    [] also when the source fails or exceeds the budget: the songs are shown without playlists.
    """
    source = next((one for one in sources if isinstance(one, PlaylistSource)), None)
    if source is None:
        return []
    deadline = time.monotonic() + budget_s
    try:
        return run_with_deadline(deadline, lambda: source.playlists(query, deadline=deadline))
    except Exception as error:  # noqa: BLE001 - any failure only costs the playlists
        # The type only: a library's message may contain a key.
        logging.getLogger(__name__).info("no playlists: %s", type(error).__name__)
        return []


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
