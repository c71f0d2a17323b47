"""Playlists for a mood, as links; their songs are never read."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from recommender.bulkhead import run_by
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recommender.types import MusicSource, Query

MAX_PLAYLISTS = 6
# They come after the songs, and nobody misses them.
PLAYLISTS_BUDGET_S = 1.5

_URL = re.compile(r"https://open\.spotify\.com/playlist/[0-9A-Za-z]{1,64}")


@dataclass(frozen=True, slots=True)
class MoodPlaylist:
    """Somebody's playlist.

    name : never empty
    owner : the name of who made it, "" where that is not said
    url : its own page on open.spotify.com
    """

    name: str
    owner: str
    url: str

    def __post_init__(self) -> None:
        """Refuse an empty or over-long name, and an address that is no playlist's."""
        if not self.name.strip() or max(len(self.name), len(self.owner)) > MAX_TEXT_LENGTH:
            raise ValueError(f"a playlist needs a name of at most {MAX_TEXT_LENGTH} characters")
        if not _URL.fullmatch(self.url):
            raise ValueError(f"not the address of a playlist: {self.url[:80]!r}")


@runtime_checkable
class PlaylistSource(Protocol):
    """Where playlists come from."""

    def playlists(self, query: Query, *, deadline: float) -> list[MoodPlaylist]:
        """Return playlists for the query's feeling, best first, at most MAX_PLAYLISTS.

        deadline : value of ``time.monotonic()`` by which the answer is wanted

        MUST raise only SourceError.
        """
        ...


def mood_playlists(
    query: Query, sources: Sequence[MusicSource], *, budget_s: float = PLAYLISTS_BUDGET_S
) -> list[MoodPlaylist]:
    """Return playlists for a query's feeling from the first source that has such.

    [] as well when the source fails or takes longer than the budget: the songs are there.
    """
    source = next((one for one in sources if isinstance(one, PlaylistSource)), None)
    if source is None:
        return []
    deadline = time.monotonic() + budget_s
    try:
        return run_by(deadline, lambda: source.playlists(query, deadline=deadline))
    except Exception as error:  # noqa: BLE001 - whatever it is, the page goes without playlists
        # The type only: a message from a library may hold a key.
        logging.getLogger(__name__).info("no playlists: %s", type(error).__name__)
        return []
