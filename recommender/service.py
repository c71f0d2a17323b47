"""Ask the sources within a deadline, and say why each song is there.

Every call of a source runs behind one bulkhead: whatever a source does (raise, hang, answer with
something else than tracks), the listener gets songs from the next one and one honest sentence.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from recommender.bulkhead import run_by
from recommender.errors import SourceError, Unavailable
from recommender.mood import RADIUS, distance
from recommender.names import fold
from recommender.query import relaxations
from recommender.types import SourceName, Tile, Track

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recommender.types import MusicSource, Query

# For all requests to remote sources together, the token's included.
SPOTIFY_BUDGET_S = 2.5
# For a source on this machine, which needs a hundredth of it.
LOCAL_BUDGET_S = 2.0
# For everything: a listener waits three seconds, and the tiles must still be drawn.
TOTAL_BUDGET_S = 2.9

_REMOTE = frozenset({SourceName.SPOTIFY})
_CALLED: Mapping[SourceName, str] = {
    SourceName.SPOTIFY: "Spotify",
    SourceName.CATALOGUE: "Moodring's own catalogue",
    SourceName.LIBRARY: "Your library",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What the listener gets.

    tiles : all from one source, best first
    notice : one sentence when a source failed or was replaced, else None
    """

    tiles: tuple[Tile, ...]
    notice: str | None = None


def recommend(
    query: Query, sources: Sequence[MusicSource], *, budget_s: float = SPOTIFY_BUDGET_S
) -> Recommendation:
    """Return songs from the first source that has some, within TOTAL_BUDGET_S.

    budget_s : seconds for remote sources together

    Songs of two sources are never mixed: Spotify's terms ask for that.
    """
    start = time.monotonic()
    reasons: list[str] = []
    for source in sources:
        if source.name in _REMOTE:
            deadline = start + budget_s
        else:
            deadline = min(time.monotonic() + LOCAL_BUDGET_S, start + TOTAL_BUDGET_S)
        tiles, failure = _ask(source, query, deadline)
        if tiles:
            return Recommendation(tuple(tiles), _notice(reasons, failure, source))
        found_nothing = f"{_CALLED[source.name]} has no fitting songs"
        reasons.append(found_nothing if failure is None else _clause(failure))
    return Recommendation((), f"{', and '.join(reasons)}." if reasons else None)


def open_label(tile: Tile) -> str:
    """Return the words on a tile's link; a search page is no promise that anything plays."""
    return "Open on Spotify" if tile.track.url == tile.open_url else "Find on Spotify"


def _ask(
    source: MusicSource, query: Query, deadline: float
) -> tuple[list[Tile], SourceError | None]:
    """Return a source's tiles, wishes let go one by one as long as there are too few."""
    tiles: list[Tile] = []
    seen: set[tuple[str, str]] = set()
    for relaxed, let_go in relaxations(query):
        try:
            tracks = _search(source, relaxed, deadline)
        except SourceError as error:
            return tiles, error
        for track in tracks:
            song = (track.title.casefold(), track.artists[0].casefold())
            if song not in seen:
                seen.add(song)
                tiles.append(_tile(track, relaxed, let_go))
        if len(tiles) >= query.count:
            break
    return tiles[: query.count], None


def _search(source: MusicSource, query: Query, deadline: float) -> list[Track]:
    """Ask a source behind the bulkhead: a list of tracks or a SourceError comes back, in time."""
    called = _CALLED[source.name]
    try:
        tracks: object = run_by(deadline, lambda: source.search(query, deadline=deadline))
    except SourceError:
        raise
    except TimeoutError as error:
        raise Unavailable(f"{called} did not answer in time.") from error
    except Exception as error:
        # The type only: a message from a library may hold a key.
        _log.warning("%s raised %s", called, type(error).__name__)
        raise Unavailable(f"{called} is out of order.") from error
    if isinstance(tracks, list) and all(isinstance(track, Track) for track in tracks):
        return tracks
    _log.warning("%s answered with something else than tracks", called)
    raise Unavailable(f"{called} is out of order.")


def _tile(track: Track, query: Query, let_go: str) -> Tile:
    words = f"{track.title} {track.artists[0]}"
    search = quote(words, safe="", errors="replace")
    return Tile(
        track=track,
        open_url=track.url or f"https://open.spotify.com/search/{search}",
        fallback_url="https://www.youtube.com/results?search_query="
        + quote_plus(words, errors="replace"),
        why=" · ".join(
            part
            for part in (
                _feeling(track, query),
                track.language,
                _asked_artist(track, query),
                let_go,
            )
            if part
        ),
    )


def _feeling(track: Track, query: Query) -> str:
    """Return the feeling that was asked for; of a song that lies far from it, say so."""
    if track.valence is None or track.energy is None:
        return query.feeling
    target = (query.target.valence, query.target.energy)
    near = distance((track.valence, track.energy), target) <= RADIUS
    return query.feeling if near else f"closest to {query.feeling}"


def _asked_artist(track: Track, query: Query) -> str | None:
    if not query.artists:
        return None
    asked = {fold(artist) for artist in query.artists}
    # A source may understand a name more freely than we do; then the first artist is meant.
    return next((name for name in track.artists if fold(name) in asked), track.artists[0])


def _notice(reasons: Sequence[str], failure: SourceError | None, source: MusicSource) -> str | None:
    if reasons:
        called = _CALLED[source.name]
        called = called[0].lower() + called[1:] if called.startswith("Your") else called
        return f"{', and '.join(reasons)}, so these songs come from {called}."
    if failure is not None:
        return f"{_clause(failure)}, so there may be fewer songs than asked for."
    return None


def _clause(failure: SourceError) -> str:
    """Return an error's sentence without its full stop."""
    return str(failure).strip().rstrip(".") or "A source of music failed"
