"""*Take me to*: songs that begin at the current mood and move to another one in small steps.

The iso principle of music therapy: match the mood first, then change the music gradually
(Altshuler, "A psychiatrist's experience with music as a therapeutic agent", in Schullian & Schoen,
*Music and Medicine*, 1948, 266-281; tested by Starcke, Mayr & von Georgi, "Emotion Modulation
through Music after Sadness Induction", IJERPH 18(23), 2021, 12486). Figures are in `journey.md`.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from recommender.mood import distance, mood_at
from recommender.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from recommender.types import Mood, Track

    Floats = NDArray[np.float64]

# Share of songs that stay at the starting mood.
HELD_SHARE = 0.2
# Cap per first artist, where there are enough others.
SONGS_PER_ARTIST = 2
# Candidates per waypoint: more are slower, and the path no better.
NEAREST = 40

# Costs, in units of a squared distance of 1 from a waypoint. Our own choice: each of them bends the
# path, and only an artist's second song in a row is out of scale. A jump in energy is heard sooner
# than one in valence. A liked song may lie 0.1 further away than a neutral one.
STEP_WEIGHT = 1.0
ENERGY_WEIGHT = 0.5
TEMPO_WEIGHT = 0.05
PREFERENCE_WEIGHT = 0.01
SAME_ARTIST = 100.0
# For an unknown tempo: the mean square of a change distributed uniformly over 0..1/2 octave.
UNKNOWN_TEMPO_CHANGE = 1 / 12


def waypoints(start: Mood, target: Mood, count: int) -> list[Mood]:
    """Return the points at which ``count`` songs should lie.

    `HELD_SHARE` of them, at least 1, lie at the start; the rest follow in equal steps, the last at
    the target.

    Raises
    ------
    ValueError
        When ``count`` is less than 1.
    """
    if count < 1:
        message = f"a journey has at least 1 song, not {count}"
        raise ValueError(message)
    held = max(1, round(count * HELD_SHARE))
    shares = (step / (count - held) for step in range(1, count - held + 1))
    return [start] * held + [
        mood_at(
            (1 - share) * start.valence + share * target.valence,
            (1 - share) * start.energy + share * target.energy,
        )
        for share in shares
    ]


def plan_journey(
    start: Mood,
    target: Mood,
    tracks: Sequence[Track],
    count: int,
    preference: Sequence[float] | None = None,
) -> list[Track]:
    """Return at most ``count`` of the tracks, in the order in which they lead to the target.

    Each is at least as near to the target as the one before, and none is repeated. The path is the
    cheapest such (Viterbi, IEEE Transactions on Information Theory 13(2), 1967, 260-269): each song
    costs its squared distance to its waypoint; each step costs its squared difference from the
    ideal step, the squared change of tempo, and much when the first artist stays the same; liked
    songs cost less. Where there are enough others, a first artist's songs beyond `SONGS_PER_ARTIST`
    are removed and the path is planned again. The order of the tracks does not matter.

    Parameters
    ----------
    start, target : Mood, the current one, and the one that the music should lead to
    tracks : candidates; those without valence and energy are ignored
    count : int, at least 1
    preference : taste for each of the tracks, −1..1; None means no taste

    Raises
    ------
    ValueError
        When ``count`` is less than 1, or ``preference`` is not a number of −1..1 for each track.
    """
    taste = [0.0] * len(tracks) if preference is None else preference
    if len(taste) != len(tracks) or not all(-1 <= like <= 1 for like in taste):
        message = "preference must be a number from −1 to 1 for each track"
        raise ValueError(message)
    ranked = sorted(
        (-distance(_point(track), _point(target)), track.source_id, track.source, -like, index)
        for index, (track, like) in enumerate(zip(tracks, taste, strict=True))
        if _has_place(track)
    )
    songs: dict[tuple[str, str], int] = {}
    for _, source_id, source, _, index in ranked:
        songs.setdefault((source_id, source), index)
    way = waypoints(start, target, min(count, len(songs) or count))
    if not songs:
        return []
    order = list(songs.values())
    path = _cheapest([tracks[index] for index in order], [taste[index] for index in order], way)
    return [tracks[order[place]] for place in path]


def _cheapest(tracks: list[Track], taste: list[float], way: list[Mood]) -> list[int]:
    """Return the ascending indices of the tracks on the cheapest path, one per waypoint."""
    offsets = _flat(tracks)[None] - _flat(way)[:, None]
    costs = (offsets**2).sum(axis=2) - PREFERENCE_WEIGHT * np.array(taste)
    # The squared difference of two offsets is that of the step from the ideal step.
    offsets *= np.sqrt([STEP_WEIGHT, STEP_WEIGHT + ENERGY_WEIGHT])
    artists = [fold(track.artists[0]) for track in tracks]
    songs_of = Counter(artists).values()
    limit = next(
        limit
        for limit in itertools.count(SONGS_PER_ARTIST)
        if sum(min(songs, limit) for songs in songs_of) >= len(way)
    )
    pool = sorted({place for row in costs for place in _nearest(row, artists, limit, len(way))})
    while True:
        rules = _rules([tracks[place] for place in pool], [artists[place] for place in pool])
        path = [pool[place] for place in _viterbi(costs[:, pool], offsets[:, pool], rules)]
        # Each iteration settles an artist for good, so this ends.
        crowded = {
            artist for artist, songs in Counter(artists[p] for p in path).items() if songs > limit
        }
        if not crowded:
            return path
        kept = set[int]()
        for artist in crowded:
            theirs = [(step, place) for step, place in enumerate(path) if artists[place] == artist]
            kept |= {place for _, place in sorted(theirs, key=lambda one: costs[one])[:limit]}
        pool = [place for place in pool if place in kept or artists[place] not in crowded]


def _nearest(costs: Floats, artists: list[str], limit: int, count: int) -> list[int]:
    """Return the indices of the cheapest tracks for a waypoint, at most ``limit`` per artist."""
    taken: Counter[str] = Counter()
    places: list[int] = []
    for place in map(int, np.argsort(costs, kind="stable")):
        if len(places) == max(NEAREST, count):
            break
        if taken[artists[place]] < limit:
            taken[artists[place]] += 1
            places.append(place)
    return places


def _rules(tracks: list[Track], artists: list[str]) -> Floats:
    """Return the cost of going to a track (row) from another (column), without their distance.

    Infinite unless the other has a lower index: the path then approaches the target, and no track
    is repeated.
    """
    tempos = np.array([_log_tempo(track) for track in tracks])
    changes = _octaves(tempos[:, None] - tempos) ** 2
    rules = TEMPO_WEIGHT * np.where(np.isfinite(changes), changes, UNKNOWN_TEMPO_CHANGE)
    names = np.array(artists)
    rules[names[:, None] == names] += SAME_ARTIST
    rules[np.triu_indices(len(tracks))] = np.inf
    return rules


def _viterbi(costs: Floats, offsets: Floats, rules: Floats) -> list[int]:
    """Return the cheapest ascending path: one column of ``costs`` for each of its rows."""
    squares = (offsets**2).sum(axis=2)
    total = costs[0]
    origins = []
    for step in range(1, len(costs)):
        turn = squares[step][:, None] + squares[step - 1] - 2 * offsets[step] @ offsets[step - 1].T
        through = rules + turn + total
        origins.append(through.argmin(axis=1))
        total = costs[step] + through.min(axis=1)
    path = [int(total.argmin())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return path[::-1]


def _point(place: Mood | Track) -> tuple[float, float]:
    return (place.valence or 0.0, place.energy or 0.0)


def _has_place(track: Track) -> bool:
    place = (track.valence, track.energy)
    return all(value is not None and math.isfinite(value) for value in place)


def _flat(places: Sequence[Mood | Track]) -> Floats:
    """Return points as rows whose Euclidean distance is `recommender.mood.distance`."""
    return np.array([_point(place) for place in places]) * (0.5, 1.0)


def _log_tempo(track: Track) -> float:
    tempo = track.tempo
    return math.log2(tempo) if tempo is not None and 0 < tempo < math.inf else math.nan


def _octaves(changes: Floats) -> Floats:
    """Return 0..1/2 for a change of log2 tempo, with half and double tempo treated as equal.

    Listeners and programs differ in the beat that they count (Gouyon et al., "An experimental
    comparison of audio tempo induction algorithms", IEEE Transactions on Audio, Speech, and
    Language Processing 14(5), 2006, 1832-1844).
    """
    part: Floats = np.abs(changes) % 1
    return np.asarray(np.minimum(part, 1 - part))
