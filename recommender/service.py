"""Recommendations from the sources, within a deadline.

Each call of a source is isolated (`recommender.deadline`): whether it raises, hangs or returns
something other than tracks, the listener gets songs from the next source, and a notice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle

import numpy as np

from detectors.types import Message
from recommender.deadline import run_all_with_deadline
from recommender.errors import Service, SourceError
from recommender.explain import tile_of
from recommender.journey import plan_journey, waypoints
from recommender.languages import ENGLISH
from recommender.mood import RADIUS, distance, relaxations
from recommender.ranking import QUOTAS, allowed, judge, rank
from recommender.taste import NOBODY, Listener
from recommender.types import Mood, MusicSource, Query, Reasons, SourceName, Tile, Track

# Budget for all requests to remote sources together, including the one for a token.
SPOTIFY_BUDGET_S = 2.5
# Budget for a local source, a hundred times its usual time.
LOCAL_BUDGET_S = 2.0
# Budget for everything: a listener waits three seconds, including the drawing of the tiles.
TOTAL_BUDGET_S = 2.9

# Candidates ranked per song of a result, and per step of a journey. Songs shown lately come on top,
# up to SHOWN_ROOM, so that they do not crowd out others.
CANDIDATES, STEP_CANDIDATES = 8, 24
SHOWN_ROOM = 150
# Weight of fulfilled wishes in a journey's preference; taste and novelty weigh the rest.
WISHES_SHARE = 0.5
# Gain, in units of relevance, of a journey's songs in languages that come first: on six journeys
# through the starter catalogue, six to eight of twelve songs are then in them, without it four.
FIRST_GAIN = 0.45
# Distance from its waypoint from which a song is not taken for its language.
STRAY_FROM = 0.15

# These sources return no valence and energy, rank by themselves, and return few candidates.
_REMOTE = frozenset({SourceName.SPOTIFY})
# A visitor's own music: files, and songs of a music server.
_OWN = (SourceName.LIBRARY, SourceName.SERVER)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Result of a query.

    Attributes
    ----------
    tiles : all from one remote source, or all from local sources, best first
    notice : tuple of Message, sentences on sources that failed or were replaced
    """

    tiles: tuple[Tile, ...]
    notice: tuple[Message, ...] = ()


def recommend(
    query: Query,
    sources: Sequence[MusicSource],
    listener: Listener = NOBODY,
    *,
    budget_s: float = SPOTIFY_BUDGET_S,
    rng: np.random.Generator | None = None,
) -> Recommendation:
    """Return songs from the first source that has some, within TOTAL_BUDGET_S.

    The songs of all local sources are ranked together. Spotify's are never mixed with others: its
    terms require that. A journey asks the sources with valence and energy first.

    Parameters
    ----------
    budget_s : float, seconds for remote sources together
    rng : Generator, samples the listener's taste; None takes its mean
    """
    start = time.monotonic()
    query = replace(
        query,
        without=query.without | listener.without,
        without_artists=query.without_artists | listener.without_artists,
    )
    reasons: list[Message] = []
    if query.start is not None and sources and sources[0].name in _REMOTE:
        sources = sorted(sources, key=lambda source: source.name in _REMOTE)
        reasons.append(Message("journey-needs-moods"))
    for group in _groups(sources):
        remote = group[0].name in _REMOTE
        if remote:
            deadline = start + budget_s
        else:
            deadline = min(time.monotonic() + LOCAL_BUDGET_S, start + TOTAL_BUDGET_S)
        ask = _ask if remote or query.start is None else _plan
        tiles, failure = ask(group, query, listener, deadline, rng)
        if tiles:
            return Recommendation(tuple(tiles), _notice(reasons, failure, tiles))
        # A visitor with a library knows that the catalogue is asked, too.
        nothing = Message(f"{group[-1].name}-no-songs")
        reasons.append(nothing if failure is None else failure.message)
    return Recommendation((), tuple(reasons))


def _groups(sources: Sequence[MusicSource]) -> list[list[MusicSource]]:
    """Return groups of sources to ask in turn: each remote one alone, all local ones together."""
    groups: list[list[MusicSource]] = []
    local: list[MusicSource] = []
    for source in sources:
        if source.name in _REMOTE:
            groups.append([source])
        else:
            if not local:
                groups.append(local)
            local.append(source)
    # When a song is in several, the one that plays here wins.
    local.sort(key=lambda source: _OWN.index(source.name) if source.name in _OWN else len(_OWN))
    return groups


def _ask(
    group: Sequence[MusicSource],
    query: Query,
    listener: Listener,
    deadline: float,
    rng: np.random.Generator | None,
) -> tuple[list[Tile], SourceError | None]:
    """Return the tiles of a group of sources, dropping wishes while there are too few."""
    tiles: list[Tile] = []
    failure: SourceError | None = None
    seen: set[tuple[str, str]] = set()
    for relaxed, let_go in relaxations(query):
        pools = [relaxed]
        if group[0].name not in _REMOTE:
            room = CANDIDATES * query.count + min(len(listener.shown_days_ago), SHOWN_ROOM)
            kinds = dict.fromkeys(_spoken(relaxed, turn) for turn in QUOTAS)
            pools = [replace(relaxed, count=room, languages=kind) for kind in kinds]
        try:
            tracks, failed = _search(group, pools, deadline)
        except SourceError as error:
            return tiles, error
        failure = failure or failed
        new = _unseen(tracks, seen)
        wanted = replace(relaxed, count=query.count - len(tiles))
        for track, reasons in rank(new, wanted, listener, rng=rng):
            seen.add(_song(track))
            tiles.append(tile_of(track, query, reasons, let_go))
        if len(tiles) >= query.count:
            break
    return tiles, failure


def _plan(
    group: Sequence[MusicSource],
    query: Query,
    listener: Listener,
    deadline: float,
    rng: np.random.Generator | None,
) -> tuple[list[Tile], SourceError | None]:
    """Return the tiles of a journey, dropping wishes while it has too few steps."""
    start = query.start or query.target
    points = waypoints(start, query.target, query.count)
    path: list[Track] = []
    tracks: dict[tuple[str, str], Track] = {}
    missed: dict[str, tuple[str, ...]] = {}
    judged: dict[str, Reasons] = {}
    failure: SourceError | None = None
    softly = [(query, ())] if query.languages_first else []
    for relaxed, let_go in [*softly, *relaxations(replace(query, languages_first=()))]:
        kinds = dict.fromkeys(
            (point, _spoken(relaxed, turn))
            for point, turn in zip(points, cycle(QUOTAS), strict=False)
        )
        asked = [
            replace(relaxed, target=point, start=None, count=STEP_CANDIDATES, languages=kind)
            for point, kind in kinds
        ]
        try:
            found, failed = _search(group, asked, deadline)
        except SourceError as error:
            failure = error
            break
        failure = failure or failed
        for track in _unseen(found, tracks):
            if allowed(track, query, listener):
                tracks[_song(track)] = track
                missed[track.source_id] = let_go
        candidates = list(tracks.values())
        judged = {
            track.source_id: one
            for track, one in zip(
                candidates, judge(candidates, query, listener, rng=rng), strict=True
            )
        }
        preference = [
            # Without nearness, which the journey itself decides.
            _preference(
                one.relevance
                - one.confidence * (one.nearness or 0.0)
                + FIRST_GAIN * (track.language in query.languages_first),
                kept=not missed[track.source_id],
            )
            for track, one in zip(candidates, judged.values(), strict=True)
        ]
        path = plan_journey(start, query.target, candidates, query.count, preference)
        if len(path) >= query.count and not (relaxed.languages_first and _strays(path, points)):
            break
    tiles = [
        tile_of(
            track,
            query,
            _at_step(track, judged[track.source_id], point, step),
            missed[track.source_id],
        )
        for step, (track, point) in enumerate(zip(path, points, strict=False), start=1)
    ]
    return tiles, failure


def _spoken(query: Query, turn: int) -> tuple[str, ...]:
    """Return the languages to ask for on a turn of `QUOTAS`; () for any."""
    if not query.languages_first or turn > 1:
        return query.languages
    return (ENGLISH,) if turn else query.languages_first


def _strays(path: Sequence[Track], points: Sequence[Mood]) -> bool:
    """Return whether some song of a journey lies far from its waypoint."""
    pairs = zip(path, points, strict=False)
    return any(_away(track, point) > STRAY_FROM for track, point in pairs)


def _away(track: Track, point: Mood) -> float:
    return distance((track.valence or 0.0, track.energy or 0.0), (point.valence, point.energy))


def _preference(gain: float, *, kept: bool) -> float:
    """Return a song's preference on a journey, −1..1.

    Parameters
    ----------
    gain : float, taste and novelty, in the units of relevance
    kept : bool, whether the song fulfils all wishes
    """
    wishes = WISHES_SHARE if kept else -WISHES_SHARE
    return min(1.0, max(-1.0, wishes + (1 - WISHES_SHARE) * gain))


def _at_step(track: Track, reasons: Reasons, point: Mood, step: int) -> Reasons:
    """Return the reasons of a song on its journey, with the nearness to its own waypoint."""
    nearness = max(0.0, 1 - _away(track, point) / RADIUS)
    gained = reasons.confidence * (nearness - (reasons.nearness or 0.0))
    return replace(reasons, nearness=nearness, relevance=reasons.relevance + gained, step=step)


def _song(track: Track) -> tuple[str, str]:
    """Return the identity of a song, the same for all its tracks."""
    return track.title.casefold(), track.artists[0].casefold()


def _unseen(tracks: Iterable[Track], seen: Container[tuple[str, str]]) -> list[Track]:
    """Return one track per song, without songs seen before."""
    first: dict[tuple[str, str], Track] = {}
    for track in tracks:
        if _song(track) not in seen:
            first.setdefault(_song(track), track)
    return list(first.values())


def _search(
    group: Sequence[MusicSource], queries: Sequence[Query], deadline: float
) -> tuple[list[Track], SourceError | None]:
    """Ask all sources of a group until the deadline; return their tracks and the first failure.

    Raises the first failure when all have failed.
    """
    tracks: dict[int, list[Track]] = {}
    failures: dict[int, SourceError] = {}
    calls = [partial(_answers, source, queries, deadline) for source in group]
    for place, outcome in run_all_with_deadline(deadline, calls):
        try:
            tracks[place] = _tracks(group[place], outcome)
        except SourceError as error:
            failures[place] = error
    first = failures[min(failures)] if failures else None
    if first is not None and not tracks:
        raise first
    # In the order of the sources, not of completion.
    return [track for place in sorted(tracks) for track in tracks[place]], first


def _answers(source: MusicSource, queries: Sequence[Query], deadline: float) -> list[object]:
    return [source.search(query, deadline=deadline) for query in queries]


def _tracks(source: MusicSource, outcome: Callable[[], list[object]]) -> list[Track]:
    """Return a source's tracks, or raise its failure as a SourceError."""
    service = Service(source.name, nonsense="out-of-order")
    with service.errors():
        answers = outcome()
    tracks: list[Track] = []
    for answer in answers:
        if not (isinstance(answer, list) and all(isinstance(one, Track) for one in answer)):
            _log.warning("%s answered with something else than tracks", source.name)
            raise service.failure("nonsense")
        tracks += answer
    return tracks


def _notice(
    reasons: Sequence[Message], failure: SourceError | None, tiles: Sequence[Tile]
) -> tuple[Message, ...]:
    if reasons:
        names = "-and-".join(sorted({tile.track.source for tile in tiles}))
        return (*reasons, Message(f"songs-from-{names}"))
    return () if failure is None else (failure.message, Message("songs-may-be-fewer"))
