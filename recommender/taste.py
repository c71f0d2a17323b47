"""Taste of a listener, learned from their likes, skips and bans; `taste.md` has the figures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from recommender.text import fold
from recommender.types import Track

# Only the last ones count: learning from scratch takes cubic time, and tastes change.
MAX_OPINIONS = 500

# Agrawal & Goyal's B is λI + XᵀX, with `RIDGE` for λ, which is 1 in the paper; `EXPLORATION` is
# their v. The prior of a weight is thus N(0, v²/λ). Both are the best of the grid of
# `python -m tests.bench.taste --tune`. A v below the rewards' own spread explores less than the
# true posterior would; Chapelle & Li, "An empirical evaluation of Thompson sampling" (NIPS 2011),
# narrow the draw in the same way ("posterior reshaping").
RIDGE = 5.0
EXPLORATION = 0.1

# Columns and rows of the plane: a region's side is then about `recommender.mood.RADIUS`, and
# neutral lies in the middle of a region. An even number would put it on the corner of four.
REGIONS_PER_SIDE = 3

# With a smaller share of known opinions, a new inversion takes no longer than an update.
SHARED_FROM = 0.5

KINDS = ("artist", "genre", "language", "region")


# Column of a missing feature. Its weight is always 0.
_MISSING = 0


class Verdict(StrEnum):
    """A listener's verdict on a song."""

    LIKE = "like"
    SKIP = "skip"
    BAN = "ban"


# Rewards, −1..1. Our own choice: a skip counts half, since good songs are skipped, too, when shown
# too often or at the wrong moment.
REWARDS: Mapping[Verdict, float] = MappingProxyType(
    {Verdict.LIKE: 1.0, Verdict.SKIP: -0.5, Verdict.BAN: -1.0}
)


@dataclass(frozen=True, slots=True)
class Traits:
    """Features of a song that taste is learned from.

    Attributes
    ----------
    artist, genre, language : str, compared by `recommender.text.fold`
    valence, energy : float, −1..1 and 0..1; without both, the song has no region
    """

    artist: str
    genre: str | None = None
    language: str | None = None
    valence: float | None = None
    energy: float | None = None

    def __post_init__(self) -> None:
        """Refuse a point outside the plane (and NaN, which fails every comparison)."""
        valence_fits = self.valence is None or -1 <= self.valence <= 1
        energy_fits = self.energy is None or 0 <= self.energy <= 1
        if not (valence_fits and energy_fits):
            raise ValueError(f"outside the plane: {self.valence}, {self.energy}")


@dataclass(frozen=True, slots=True)
class Opinion:
    """One verdict on one song."""

    traits: Traits
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """Posterior of one listener's weights. Create it with `Taste.learned`.

    Bayesian linear regression over one-hot features: the reward of a song is the sum of a weight
    for its artist, its genre, its language and its region of the plane, plus Gaussian noise. Songs
    are chosen by linear Thompson sampling: draw the weights once from N(μ, v² B⁻¹), and rank by the
    draw. The least known weights vary most between draws, and so get explored. `taste.md` names the
    literature.

    Attributes
    ----------
    opinions : the training data
    columns : the column of each known (kind, feature), from 1
    rows : columns of each opinion's features by kind, 0 when missing [shape=(opinions, 4)]
    rewards : of each opinion, −1..1 [shape=(opinions,)]
    inverse : (XXᵀ + λI)⁻¹, with X the one-hot rows [shape=(opinions, opinions)]
    weights : posterior mean by column, 0 for column 0 [shape=(columns + 1,)]
    """

    opinions: tuple[Opinion, ...]
    columns: Mapping[tuple[str, str], int]
    rows: NDArray[np.intp]
    rewards: NDArray[np.float64]
    inverse: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def learned(cls, opinions: Sequence[Opinion], before: Taste | None = None) -> Taste:
        """Return the posterior given the last `MAX_OPINIONS` opinions; their order does not matter.

        Parameters
        ----------
        before : Taste, from other opinions; the part that they share is not computed again
        """
        last = opinions[-MAX_OPINIONS:]
        if before is None:
            return cls._of([], {}, _no_rows(), np.zeros((0, 0)), last)
        wanted = Counter(last)
        kept = []
        for place, opinion in enumerate(before.opinions):
            if wanted[opinion] > 0:
                wanted[opinion] -= 1
                kept.append(place)
        new = list(wanted.elements())
        if not new and len(kept) == len(before.opinions):
            return before
        if len(kept) < SHARED_FROM * max(len(last), len(before.opinions)):
            return cls.learned(last)
        return cls._of(
            [before.opinions[place] for place in kept],
            before.columns,
            before.rows[kept],
            _inverse_within(before.inverse, np.array(kept, dtype=np.intp)),
            new,
        )

    @classmethod
    def _of(
        cls,
        kept: list[Opinion],
        columns: Mapping[tuple[str, str], int],
        rows: NDArray[np.intp],
        inverse: NDArray[np.float64],
        new: Sequence[Opinion],
    ) -> Taste:
        """Return the posterior given opinions whose inverse is known, and new ones."""
        opinions = (*kept, *new)
        all_columns = dict(columns)
        new_rows = _rows([opinion.traits for opinion in new], all_columns)
        if len(new):
            inverse = _inverse_beyond(
                inverse,
                _shared(rows, new_rows),
                _shared(new_rows, new_rows) + RIDGE * np.eye(len(new)),
            )
        all_rows = np.vstack([rows, new_rows])
        rewards = np.array([REWARDS[opinion.verdict] for opinion in opinions], dtype=np.float64)
        weights = _explained(all_rows, inverse, rewards, len(all_columns) + 1)
        return cls(opinions, all_columns, all_rows, rewards, inverse, weights)

    @property
    def empty(self) -> bool:
        """Return whether nothing is learned; then every prediction is 0, and nothing is random."""
        return not len(self.rewards)

    def expected(self, traits: Traits) -> float:
        """Return the expected reward, −1..1: tanh of the sum of `parts`; 0 when nothing is known.

        The hyperbolic tangent keeps the order of sums beyond ±1, where clipping makes them equal.
        """
        return math.tanh(math.fsum(self.parts(traits).values()))

    def parts(self, traits: Traits) -> dict[str, float]:
        """Return the mean weight, in rewards, of each kind of `KINDS` that the traits have."""
        return {
            kind: float(self.weights[self.columns.get((kind, feature), _MISSING)])
            for kind, feature in _features(traits).items()
        }

    def sampled(self, songs: Sequence[Traits], rng: np.random.Generator) -> list[float]:
        """Return the reward of each song under one draw of the weights, −1..1 (tanh of the sum).

        Unknown weights are drawn from the prior. The draw is exact: weights and rewards are drawn
        from the prior, then corrected by the residuals of the real rewards (Bhattacharya,
        Chakraborty & Mallick, "Fast sampling with Gaussian scale mixture priors in high-dimensional
        regression", Biometrika 103 (2016) 985-991).
        """
        if self.empty:
            return [0.0] * len(songs)
        columns = dict(self.columns)
        rows = _rows(songs, columns)
        weights = rng.normal(0, EXPLORATION / math.sqrt(RIDGE), len(columns) + 1)
        weights[_MISSING] = 0
        noise = rng.normal(0, EXPLORATION, len(self.rewards))
        missed = self.rewards - weights[self.rows].sum(axis=1) - noise
        weights += _explained(self.rows, self.inverse, missed, len(weights))
        return [math.tanh(total) for total in weights[rows].sum(axis=1)]


def _features(traits: Traits) -> dict[str, str]:
    """Return the feature of each kind that the traits have."""
    features = {"artist": fold(traits.artist)}
    if traits.genre is not None:
        features["genre"] = fold(traits.genre)
    if traits.language is not None:
        features["language"] = fold(traits.language)
    if traits.valence is not None and traits.energy is not None:
        features["region"] = f"{_part((traits.valence + 1) / 2)} {_part(traits.energy)}"
    return features


def _part(share: float) -> int:
    """Return the index of the equal part of 0..1 that contains a number; the last includes 1."""
    return min(int(share * REGIONS_PER_SIDE), REGIONS_PER_SIDE - 1)


def _rows(songs: Sequence[Traits], columns: dict[tuple[str, str], int]) -> NDArray[np.intp]:
    """Return each song's columns by kind; new features get the next free ones."""
    rows = np.full((len(songs), len(KINDS)), _MISSING, dtype=np.intp)
    for row, traits in zip(rows, songs, strict=True):
        for kind, feature in _features(traits).items():
            row[KINDS.index(kind)] = columns.setdefault((kind, feature), len(columns) + 1)
    return rows


def _no_rows() -> NDArray[np.intp]:
    return np.zeros((0, len(KINDS)), dtype=np.intp)


def _shared(left: NDArray[np.intp], right: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the number of features that each pair of rows shares, XXᵀ [shape=(left, right)]."""
    counts = np.zeros((len(left), len(right)))
    for one, other in zip(left.T, right.T, strict=True):
        counts += np.equal.outer(one, other) & (one != _MISSING)[:, None]
    return counts


def _inverse_within(inverse: NDArray[np.float64], kept: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the inverse of a submatrix of the matrix that ``inverse`` inverts.

    By the inverse of a block matrix (Golub & Van Loan, *Matrix Computations*, 4th ed., section
    2.1.4): the kept block of the inverse, minus a correction for the dropped rows.

    Parameters
    ----------
    kept : rows and columns of the submatrix
    """
    dropped = np.setdiff1d(np.arange(len(inverse)), kept)
    within = inverse[np.ix_(kept, kept)]
    if not len(dropped):
        return within
    across = inverse[np.ix_(kept, dropped)]
    return np.asarray(
        within - across @ np.linalg.solve(inverse[np.ix_(dropped, dropped)], across.T)
    )


def _inverse_beyond(
    inverse: NDArray[np.float64], across: NDArray[np.float64], corner: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the inverse of the matrix that ``inverse`` inverts, with new rows and columns.

    By blocks, as in `_inverse_within`. With an empty ``inverse``, it inverts the corner.

    Parameters
    ----------
    across, corner : the new columns [shape=(old, new)], and their intersection with the new rows
    """
    through = inverse @ across
    below = np.linalg.inv(corner - across.T @ through)
    beside = -through @ below
    return np.block([[inverse - beside @ through.T, beside], [beside.T, below]])


def _explained(
    rows: NDArray[np.intp], inverse: NDArray[np.float64], rewards: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Return the weights that ridge regression gives to rewards r: Xᵀ (XXᵀ + λI)⁻¹ r.

    This equals B⁻¹ Xᵀ r (Bishop, section 6.1), but the matrix has one row per opinion instead of
    one per feature, and so stays small however many artists there are. λ keeps its condition number
    below 1 + 4 `MAX_OPINIONS` / λ, so that the inverse is as accurate as solving.
    """
    shares = np.repeat(inverse @ rewards, len(KINDS))
    weights: NDArray[np.float64] = np.bincount(rows.ravel(), shares, count).astype(np.float64)
    weights[_MISSING] = 0
    return weights


# Days during which a song counts as shown lately.
NOVELTY_DAYS = 7


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener as ranking needs them, and as their face is read.

    Attributes
    ----------
    taste : Taste, learned from opinions on songs of the catalogue and the library
    liked, without : ids of tracks that are liked, and that must be excluded
    liked_artists, without_artists : names as `recommender.text.fold` returns them
    shown_days_ago : days since a track was last shown as a tile, 0..`NOVELTY_DAYS`, by track id
    corrections : as in `detectors.corrections.Corrections`
    keeps_history : bool, whether moods are stored
    """

    taste: Taste = field(default_factory=lambda: Taste.learned(()))
    liked: frozenset[str] = frozenset()
    liked_artists: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    without_artists: frozenset[str] = frozenset()
    shown_days_ago: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    corrections: Mapping[tuple[str, int, str], int] = field(
        default_factory=lambda: MappingProxyType({})
    )
    keeps_history: bool = False


NOBODY = Listener()


def traits_of(track: Track) -> Traits:
    """Return the features of a track that taste is learned from."""
    return Traits(track.artists[0], track.genre, track.language, track.valence, track.energy)
