"""Ranking of songs by mood, taste, novelty and variety.

Songs are chosen one after the other by maximal marginal relevance (Carbonell & Goldstein, "The use
of MMR, diversity-based reranking for reordering documents and producing summaries", SIGIR 1998):
each has the largest LAMBDA · relevance − (1 − LAMBDA) · similarity to those before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from recommender.languages import ENGLISH, fold_language
from recommender.mood import RADIUS, distance
from recommender.taste import NOBODY, NOVELTY_DAYS, Listener, traits_of
from recommender.text import fold, is_of_genre
from recommender.types import Query, Reasons, SourceName, Track

# Cap per first artist, unless artists were asked for.
SONGS_PER_ARTIST = 2
# Weight of relevance; the rest weighs dissimilarity to the songs before.
LAMBDA = 0.7
# Weights of taste, and of an impression today, against nearness, which is weighted by the mood's
# confidence. Even a confident reading should let a loved song come a little earlier.
TASTE_WEIGHT = 0.5
SHOWN_WEIGHT = 0.6
# Bonus for the listener's own files, which they chose and which play at once: a small library is
# then represented beside a large catalogue, among the songs that fit.
OWN_WEIGHT = 0.4
# Taste for a liked song, whatever the model predicts; and the minimum for other songs of its artist
# when the source gives no valence and energy.
LIKED, LIKED_ARTIST = 1.0, 0.5
# Groups of songs in turn where some languages come first: theirs (0), English or unknown (1), and
# from elsewhere (2): seven, three and two of twelve.
QUOTAS = (0, 0, 1, 0, 0, 2, 0, 1, 0, 0, 1, 2)
# Similarity of two songs with the same artist, genre and decade, of 1.
ALIKE = {"artist": 0.5, "genre": 0.3, "decade": 0.2}


def rank(
    tracks: Sequence[Track],
    query: Query,
    listener: Listener = NOBODY,
    *,
    rng: np.random.Generator | None = None,
) -> list[tuple[Track, Reasons]]:
    """Return the best songs in order with the reasons for their ranks, at most ``query.count``.

    With several languages, their songs alternate; languages that come first have their `QUOTAS`.

    Parameters
    ----------
    tracks : candidates, the source's best first
    rng : Generator, samples the listener's taste; None takes its mean
    """
    fitting = [track for track in tracks if allowed(track, query, listener)]
    judged = judge(fitting, query, listener, rng=rng)
    likeness = np.zeros(len(fitting))
    relevance = np.array([reasons.relevance for reasons in judged])
    traits = _codes(fitting)
    per_artist = query.count if query.artists else SONGS_PER_ARTIST
    groups, order = _groups(fitting, query)
    best = {
        index
        for group in groups
        for index in sorted(group, key=lambda place: -relevance[place])[: query.count]
    }
    appeared: Counter[int] = Counter()
    chosen: list[tuple[Track, Reasons]] = []
    for open_ in turns(groups, order):
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
    """Return whether a song may be shown at all; bans are absolute, whatever a source returns."""
    barred = query.without_artists | listener.without_artists
    return (
        track.source_id not in query.without | listener.without
        and not any(fold(artist) in barred for artist in track.artists)
        and not is_refused(track, query)
    )


def is_refused(track: Track, query: Query) -> bool:
    """Return whether a song's language, decade or genre, as far as known, is one not wanted."""
    languages = {fold_language(name).casefold() for name in query.not_languages}
    return (
        (bool(languages) and fold_language(track.language or "").casefold() in languages)
        or (track.year or 0) // 10 * 10 in query.not_decades
        or any(is_of_genre(track.genre or "", genre) for genre in query.not_genres)
    )


def judge(
    tracks: Sequence[Track],
    query: Query,
    listener: Listener,
    *,
    rng: np.random.Generator | None = None,
) -> list[Reasons]:
    """Return the scores of each song before any is chosen."""
    traits = [traits_of(track) for track in tracks]
    expected = [listener.taste.expected(one) for one in traits]
    tastes = expected if rng is None else listener.taste.sampled(traits, rng)
    target = (query.target.valence, query.target.energy)
    found = []
    for place, (track, drawn) in enumerate(zip(tracks, tastes, strict=True)):
        liked = track.source_id in listener.liked
        taste = LIKED if liked else drawn
        shown_days_ago = listener.shown_days_ago.get(track.source_id)
        nearness = order = None
        if track.valence is None or track.energy is None:
            order = 1 - place / len(tracks)
            # When a track has no valence and energy, its artist may still be liked.
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
        if shown_days_ago is not None:
            relevance -= SHOWN_WEIGHT * shown_share(shown_days_ago, liked=liked)
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
                shown_days_ago=shown_days_ago,
            )
        )
    return found


def shown_share(days: int, *, liked: bool = False) -> float:
    """Return the novelty penalty of a song shown some days ago, 1 (today)..0.

    Halved for a liked song, which may come back sooner.
    """
    share = max(0.0, 1 - days / NOVELTY_DAYS)
    return share / 2 if liked else share


def turns(groups: Sequence[list[int]], order: Sequence[int]) -> Iterator[list[int]]:
    """Yield the group to choose from, repeatedly until the caller has emptied all of them.

    An empty group's turn goes to the first that is not, so that no song is lost.

    Parameters
    ----------
    order : indices of groups, one a turn, over and over
    """
    for turn in cycle(order):
        if not any(groups):
            return
        yield groups[turn] or next(group for group in groups if group)


def _groups(tracks: Sequence[Track], query: Query) -> tuple[list[list[int]], Sequence[int]]:
    """Return groups of the tracks' indices, and the order of their turns."""
    languages = [(track.language or "").casefold() for track in tracks]
    if query.languages_first:
        first = {name.casefold() for name in query.languages_first}
        places = [
            group_of(language, first, own=track.source is SourceName.LIBRARY)
            for language, track in zip(languages, tracks, strict=True)
        ]
        return [
            [i for i, place in enumerate(places) if place == group]
            for group in range(len(set(QUOTAS)))
        ], QUOTAS
    wished = [language.casefold() for language in query.languages]
    if len(wished) < 2:  # noqa: PLR2004 - one group needs no turns
        return [list(range(len(tracks)))], (0,)
    groups = [[i for i, one in enumerate(languages) if one == language] for language in wished]
    # A source without language labels has selected by script.
    groups.append([i for i, one in enumerate(languages) if one not in wished])
    return groups, range(len(groups))


def group_of(language: str, first: Container[str], *, own: bool) -> int:
    """Return a song's group in `QUOTAS`.

    Parameters
    ----------
    language : str, in lower case; "" when unknown
    first : languages that come first, in lower case
    own : bool, whether it is the listener's own file, in whatever language
    """
    if own or language in first:
        return 0
    return 1 if language in {"", ENGLISH.casefold()} else 2


def _codes(tracks: Sequence[Track]) -> NDArray[np.int64]:
    """Return artist, genre and decade of each track as codes [shape=(3, n)]; −1 for unknown."""
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
    """Return the similarity of each track to one of them, 0..1 [shape=(n,)]."""
    own = codes[:, index : index + 1]
    weights = np.array(list(ALIKE.values()))
    likeness: NDArray[np.float64] = weights @ ((codes == own) & (own >= 0))
    return likeness
