"""*More like this*: the songs nearest to one by what the tagger heard, and a way between two.

A recording keeps no embedding of its sound, only what a model made of it, and songs of a music
server keep a place and perhaps a tempo. `_Heard` has the formula of the distance.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recommender.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from recommender.library.recordings import Recording
    from recommender.types import Track

    Floats = NDArray[np.float64]

PLANE_WEIGHT, QUADRANTS_WEIGHT, FEELINGS_WEIGHT, TEMPO_WEIGHT = 1.0, 1.0, 4.0, 0.25
# Songs of a list, and songs between the two ends of a way.
MOST_LIKE, MOST_BETWEEN = 24, 8
# Songs by one artist in a list; an album would fill it otherwise.
SONGS_PER_ARTIST = 3
# Songs of a stretch that are weighed: those nearest to both ends.
NEAREST = 40
_QUADRANTS, _FEELINGS = 4, 9


@dataclass(frozen=True, slots=True)
class HeardSong:
    """A song as it was heard.

    Attributes
    ----------
    key : str
    artist : str, the first
    valence, energy : float, −1..1 and 0..1
    tempo : float or None, beats a minute
    quadrants, feelings : shares, as in `recommender.library.recordings.Recording`; () when only the
        place is known
    """

    key: str
    artist: str
    valence: float
    energy: float
    tempo: float | None = None
    quadrants: tuple[float, ...] = ()
    feelings: tuple[float, ...] = ()


def heard_recording(one: Recording) -> HeardSong:
    """Return what was heard in an audio file."""
    return HeardSong(
        one.key, one.artist, one.valence, one.energy, one.tempo, one.quadrants, one.feelings
    )


def heard_track(track: Track) -> HeardSong | None:
    """Return what is known of a song of another source; None without a place in the plane."""
    if track.valence is None or track.energy is None:
        return None
    return HeardSong(track.source_id, track.artists[0], track.valence, track.energy, track.tempo)


def more_like(songs: Sequence[HeardSong], key: str, limit: int = MOST_LIKE) -> list[str]:
    """Return the keys of the songs nearest to one, nearest first, without itself.

    Raises
    ------
    ValueError
        When the song is not among them.
    """
    heard = _Heard(songs)
    away = heard.distances_from(heard.place_of(key))
    order = sorted(range(len(songs)), key=lambda place: (away[place], heard.keys[place]))
    found: list[str] = []
    appeared: dict[str, int] = {}
    for place in order:
        one = songs[place]
        artist = fold(one.artist)
        if one.key == key or appeared.get(artist, 0) >= SONGS_PER_ARTIST:
            continue
        appeared[artist] = appeared.get(artist, 0) + 1
        found.append(one.key)
        if len(found) == limit:
            break
    return found


def path_between(
    songs: Sequence[HeardSong], first: str, last: str, limit: int = MOST_BETWEEN
) -> list[str]:
    """Return the keys of a way from one song to another, with both ends.

    It takes songs in the ball whose diameter joins the ends: d(a, s)² + d(s, b)² ≤ d(a, b)². Each
    of them makes the steps smaller. They are ordered by how far along they lie, in equal stretches,
    and of each stretch one is taken, so that the sum of the squared steps is smallest.

    Parameters
    ----------
    limit : int, most songs between; there are fewer where no song lies between

    Raises
    ------
    ValueError
        When an end is not among the songs.
    """
    heard = _Heard(songs)
    start, end = heard.place_of(first), heard.place_of(last)
    from_start, from_end = heard.distances_from(start) ** 2, heard.distances_from(end) ** 2
    whole = from_start[end]
    between = np.flatnonzero(from_start + from_end <= whole)
    between = between[(between != start) & (between != end)]
    if not whole or not len(between):
        return list(dict.fromkeys((first, last)))
    # The foot of the perpendicular, by the law of cosines: 0 at the start, 1 at the end.
    along = (from_start - from_end + whole)[between] / (2 * whole)
    stretches = (along * limit).astype(int).clip(0, limit - 1)
    detour = (from_start + from_end)[between]
    layers = []
    for number in range(limit):
        there = np.flatnonzero(stretches == number)
        if len(there):
            nearest = there[np.argsort(detour[there], kind="stable")[:NEAREST]]
            layers.append([int(between[place]) for place in nearest])
    return [songs[place].key for place in _smoothest(heard, [[start], *layers, [end]])]


def _smoothest(heard: _Heard, layers: Sequence[Sequence[int]]) -> list[int]:
    """Return one place of each layer, with the smallest sum of squared distances (Viterbi)."""
    total = np.zeros(len(layers[0]))
    origins = []
    for before, layer in itertools.pairwise(layers):
        steps = np.array([heard.distances_from(place, before) ** 2 for place in layer])
        through = steps + total
        origins.append(through.argmin(axis=1))
        total = through.min(axis=1)
    path = [int(total.argmin())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return [layer[place] for layer, place in zip(layers, reversed(path), strict=True)]


class _Heard:
    """Songs as numbers, unknown ones NaN, and their distances.

    The distance takes each kind of number as what it is, and what is known of both songs ::

        d² = Σ w(part) · d(part)² / Σ w(part)

    as Gower's coefficient does for mixed and missing data ("A general coefficient of similarity and
    some of its properties", Biometrics 27(4), 1971, 857-871). Quadrants are a distribution, and
    each feeling a share of yes and no: theirs is Hellinger's distance, ½ Σ (√p − √q)², which tells
    0.02 from 0.1 more than 0.52 from 0.6, as a listener would. The place counts as in
    `recommender.mood.distance`, with a person's correction; the tempo as the change of its
    logarithm up to whole octaves. The weights are our own choice: nine shares lie closer together
    than four probabilities, and count four times. This finds likeness of mood, not of instruments
    or voices.
    """

    def __init__(self, songs: Sequence[HeardSong]) -> None:
        self.keys = [one.key for one in songs]
        self._plane = np.array([(one.valence / 2, one.energy) for one in songs]).reshape(-1, 2)
        self._tempo = np.log2(
            np.array([one.tempo if one.tempo and one.tempo > 0 else np.nan for one in songs])
        )
        quadrants = _shares([one.quadrants for one in songs], _QUADRANTS)
        feelings = _shares([one.feelings for one in songs], _FEELINGS)
        # Euclidean distances of these are Hellinger's; that of the feelings is the mean of nine.
        self._quadrants = np.sqrt(quadrants / 2)
        yes_and_no = np.concatenate([feelings, 1 - feelings], axis=1)
        self._feelings = np.sqrt(yes_and_no / (2 * _FEELINGS))

    def place_of(self, key: str) -> int:
        return self.keys.index(key)

    def distances_from(self, place: int, others: Sequence[int] | None = None) -> Floats:
        """Return the distance of a song to some others [shape=(n,)]; None for all."""
        chosen = slice(None) if others is None else list(others)
        turns = np.abs(self._tempo[chosen] - self._tempo[place]) % 1
        parts = np.stack(
            [
                _squares(self._plane, place, chosen),
                _squares(self._quadrants, place, chosen),
                _squares(self._feelings, place, chosen),
                np.minimum(turns, 1 - turns) ** 2,
            ]
        )
        weights = np.array([PLANE_WEIGHT, QUADRANTS_WEIGHT, FEELINGS_WEIGHT, TEMPO_WEIGHT])[:, None]
        known = np.where(np.isnan(parts), 0.0, weights)
        away: Floats = np.sqrt((known * np.nan_to_num(parts)).sum(axis=0) / known.sum(axis=0))
        return away


def _squares(values: Floats, place: int, chosen: slice | list[int]) -> Floats:
    found: Floats = ((values[chosen] - values[place]) ** 2).sum(axis=1)
    return found


def _shares(rows: Sequence[tuple[float, ...]], width: int) -> Floats:
    unknown = (np.nan,) * width
    return np.array([row or unknown for row in rows], float).reshape(-1, width).clip(0, 1)
