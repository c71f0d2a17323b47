"""In what order songs come: near the mood, to the taste, not yet heard, and not all alike.

Songs are chosen one after the other by maximal marginal relevance (Carbonell & Goldstein, "The use
of MMR, diversity-based reranking for reordering documents and producing summaries", SIGIR 1998):
each is the one with the largest LAMBDA · relevance − (1 − LAMBDA) · likeness to those before it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from recommender.listeners import NOBODY, NOVELTY_DAYS, traits_of
from recommender.mood import RADIUS, distance
from recommender.names import fold
from recommender.types import Reasons, SourceName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from recommender.listeners import Listener
    from recommender.types import Query, Track

# An answer is no album: so many songs of one first artist, unless artists were asked for.
SONGS_PER_ARTIST = 2
# How much of a choice is relevance; the rest is being unlike the songs before.
LAMBDA = 0.7
# What taste, and having been heard today, weigh against nearness, which weighs the mood's
# confidence. Nobody's face is read so surely that a loved song should not come a little earlier.
TASTE_WEIGHT = 0.5
HEARD_WEIGHT = 0.6
# What it weighs that a song is the listener's own file: they chose it once, and it plays at once.
# So a small library is heard beside a large catalogue, among the songs that fit.
OWN_WEIGHT = 0.4
# The taste for a song that is liked itself, whatever the model says of its kind; and at least for
# other songs of a liked song's artist, where the source says nothing else of them.
LIKED, LIKED_ARTIST = 1.0, 0.5
# How alike two songs are, of 1: by artist, genre and decade.
ALIKE = {"artist": 0.5, "genre": 0.3, "decade": 0.2}


def rank(
    tracks: Sequence[Track],
    query: Query,
    listener: Listener = NOBODY,
    *,
    rng: np.random.Generator | None = None,
) -> list[tuple[Track, Reasons]]:
    """Return the best songs in order with what decided their places, at most ``query.count``.

    tracks : candidates, the source's best first
    rng : draws what to believe of the listener's taste; without one the mean is believed

    Several languages asked for take turns.
    """
    fitting = [track for track in tracks if allowed(track, query, listener)]
    judged = judge(fitting, query, listener, rng=rng)
    likeness = np.zeros(len(fitting))
    relevance = np.array([reasons.relevance for reasons in judged])
    traits = _codes(fitting)
    per_artist = query.count if query.artists else SONGS_PER_ARTIST
    best = set(np.argsort(-relevance, kind="stable")[: query.count].tolist())
    appeared: Counter[int] = Counter()
    chosen: list[tuple[Track, Reasons]] = []
    for open_ in _turns(fitting, query):
        allowed_now = [i for i in open_ if appeared[int(traits[0, i])] < per_artist]
        if not allowed_now:
            open_.clear()
            continue
        marginal = LAMBDA * relevance[allowed_now] - (1 - LAMBDA) * likeness[allowed_now]
        index = allowed_now[int(np.argmax(marginal))]
        open_.remove(index)
        appeared[int(traits[0, index])] += 1
        reasons = replace(
            judged[index], likeness=float(likeness[index]), for_variety=index not in best
        )
        chosen.append((fitting[index], reasons))
        if len(chosen) == query.count:
            break
        np.maximum(likeness, _likeness(traits, index), out=likeness)
    return chosen


def allowed(track: Track, query: Query, listener: Listener) -> bool:
    """Return whether a song may come at all: bans are absolute, whatever a source does."""
    barred = query.without_artists | listener.without_artists
    return track.source_id not in query.without | listener.without and not any(
        fold(artist) in barred for artist in track.artists
    )


def judge(
    tracks: Sequence[Track],
    query: Query,
    listener: Listener,
    *,
    rng: np.random.Generator | None = None,
) -> list[Reasons]:
    """Return what speaks for each song, before any is chosen."""
    traits = [traits_of(track) for track in tracks]
    expected = [listener.taste.expected(one) for one in traits]
    tastes = expected if rng is None else listener.taste.sampled(traits, rng)
    target = (query.target.valence, query.target.energy)
    found = []
    for place, (track, drawn) in enumerate(zip(tracks, tastes, strict=True)):
        liked = track.source_id in listener.liked
        taste = LIKED if liked else drawn
        heard = listener.heard.get(track.source_id)
        nearness = order = None
        if track.valence is None or track.energy is None:
            order = 1 - place / len(tracks)
            # Of a song that tells nothing of itself, its artist may be known.
            if not liked and fold(track.artists[0]) in listener.liked_artists:
                taste = max(taste, LIKED_ARTIST)
        else:
            away = distance((track.valence, track.energy), target)
            nearness = max(0.0, 1 - away / RADIUS)
        fit = order if nearness is None else nearness
        relevance = query.target.confidence * (fit or 0.0) + TASTE_WEIGHT * taste
        own = track.source is SourceName.LIBRARY
        if own:
            relevance += OWN_WEIGHT
        if heard is not None:
            relevance -= HEARD_WEIGHT * heard_share(heard, liked=liked)
        found.append(
            Reasons(
                confidence=query.target.confidence,
                relevance=relevance,
                nearness=nearness,
                order=order,
                taste=taste,
                expected_taste=expected[place],
                taste_parts=tuple(listener.taste.parts(traits[place]).items()),
                liked=liked,
                own=own,
                heard=heard,
            )
        )
    return found


def heard_share(days: int, *, liked: bool = False) -> float:
    """Return how much it counts that a song was shown so many days ago: 1 today .. 0.

    What is liked may come back sooner.
    """
    share = max(0.0, 1 - days / NOVELTY_DAYS)
    return share / 2 if liked else share


def _turns(tracks: Sequence[Track], query: Query) -> Iterator[list[int]]:
    """Give the list of places to choose from, again and again until all are empty.

    Several languages take turns; else there is one list.
    """
    languages = [language.casefold() for language in query.languages]
    if len(languages) > 1:
        groups = [
            [i for i, track in enumerate(tracks) if (track.language or "").casefold() == language]
            for language in languages
        ]
        # A source that knows no languages has chosen by the script.
        grouped = {i for group in groups for i in group}
        groups.append([i for i in range(len(tracks)) if i not in grouped])
    else:
        groups = [list(range(len(tracks)))]
    while any(groups):
        for group in groups:
            if group:
                yield group


def _codes(tracks: Sequence[Track]) -> NDArray[np.int64]:
    """Return artist, genre and decade of each track as numbers [shape=(3, n)]; −1 for unknown."""
    names: dict[str, int] = {}
    codes = np.full((len(ALIKE), len(tracks)), -1, np.int64)
    for place, track in enumerate(tracks):
        codes[0, place] = names.setdefault(f"artist {fold(track.artists[0])}", len(names))
        if track.genre:
            codes[1, place] = names.setdefault(f"genre {track.genre.casefold()}", len(names))
        if track.year:
            codes[2, place] = track.year // 10
    return codes


def _likeness(codes: NDArray[np.int64], index: int) -> NDArray[np.float64]:
    """Return how alike each track is to one of them, 0..1 [shape=(n,)]."""
    own = codes[:, index : index + 1]
    weights = np.array(list(ALIKE.values()))
    likeness: NDArray[np.float64] = weights @ ((codes == own) & (own >= 0))
    return likeness
