"""What a listener likes, learned from their likes, skips and bans.

Bayesian linear regression over one-hot features (Bishop, *Pattern Recognition and Machine
Learning*, 2006, section 3.3): the reward of a song is the sum of a weight for its artist, its
genre, its language and its region of the plane, plus Gaussian noise. Songs are chosen by linear
Thompson sampling (Agrawal & Goyal, "Thompson sampling for contextual bandits with linear payoffs",
ICML 2013): draw the weights once from N(μ, v² B⁻¹), and rank by what the draw says. What is hardly
known varies most between draws, and so gets its try. `taste.md` says how good it is.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from recommender.names import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

# The last so many opinions count: the time to learn from scratch grows with their cube, and tastes
# change.
MAX_OPINIONS = 500

# Agrawal & Goyal's B is λI + XᵀX, with `RIDGE` for λ, which is 1 in the paper; `EXPLORATION` is
# their v. Before anything is heard, a weight is thus N(0, v²/λ). Both are the best of the grid of
# `python -m tests.bench.taste --tune`. A v below the rewards' own spread explores less than the
# true posterior would; Chapelle & Li, "An empirical evaluation of Thompson sampling" (NIPS 2011),
# narrow the draw likewise ("posterior reshaping").
RIDGE = 5.0
EXPLORATION = 0.1

# The plane is cut into so many columns and rows: a region's side is then about
# `recommender.mood.RADIUS`, and neutral lies amid a region. An even number would put it on the
# corner of four.
REGIONS_PER_SIDE = 3

# With a smaller share of known opinions, inverting anew takes no longer than going on.
SHARED_FROM = 0.5

KINDS = ("artist", "genre", "language", "region")


# The column of what a song does not say. Its weight is always 0.
_MISSING = 0


class Verdict(StrEnum):
    """What a listener said of a song."""

    LIKE = "like"
    SKIP = "skip"
    BAN = "ban"


# What each verdict is worth, −1..1. Our own choice: a skip counts half, for a good song is skipped
# too when it is heard too often or comes at the wrong moment.
REWARDS: Mapping[Verdict, float] = MappingProxyType(
    {Verdict.LIKE: 1.0, Verdict.SKIP: -0.5, Verdict.BAN: -1.0}
)


@dataclass(frozen=True, slots=True)
class Traits:
    """What taste can be about.

    artist, genre, language : compared as `recommender.names.fold` writes them
    valence, energy : place in the plane (−1..1, 0..1); without both, the song has no region
    """

    artist: str
    genre: str | None = None
    language: str | None = None
    valence: float | None = None
    energy: float | None = None

    def __post_init__(self) -> None:
        """Refuse a place outside the plane (and NaN, which fails every comparison)."""
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
    """The posterior of one listener's weights. Make it with `Taste.learned`.

    opinions : what it was learned from
    columns : the column of each (kind, feature) that was heard, from 1
    rows : columns of each opinion's features by kind, 0 where missing [shape=(opinions, 4)]
    rewards : of each opinion, −1..1
    inverse : (XXᵀ + λI)⁻¹, with X the one-hot rows [shape=(opinions, opinions)]
    weights : posterior mean by column, 0 for column 0
    """

    opinions: tuple[Opinion, ...]
    columns: Mapping[tuple[str, str], int]
    rows: NDArray[np.intp]
    rewards: NDArray[np.float64]
    inverse: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def learned(cls, opinions: Sequence[Opinion], before: Taste | None = None) -> Taste:
        """Return what the last `MAX_OPINIONS` opinions teach; their order does not matter.

        before : learned from other opinions; what it shares with these is not computed anew
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
        """Return what opinions teach whose inverse is known, and new ones."""
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
        """Whether nothing is learned; then every answer is 0, and nothing is left to chance."""
        return not len(self.rewards)

    def expected(self, traits: Traits) -> float:
        """Return the expected reward, −1..1: tanh of the sum of `parts`; 0 for what is unknown.

        The hyperbolic tangent keeps the order of sums beyond ±1, where clipping makes them equal.
        """
        return math.tanh(math.fsum(self.parts(traits).values()))

    def parts(self, traits: Traits) -> dict[str, float]:
        """Return the mean weight of each kind of `KINDS` that the traits have, in rewards."""
        return {
            kind: float(self.weights[self.columns.get((kind, feature), _MISSING)])
            for kind, feature in _features(traits).items()
        }

    def sampled(self, songs: Sequence[Traits], rng: np.random.Generator) -> list[float]:
        """Return what one draw of the weights expects of each song, −1..1 (tanh of the sum).

        Weights of which nothing was heard are drawn from the prior. The draw is exact: weights and
        rewards drawn from the prior, then corrected by what those rewards miss of the real ones
        (Bhattacharya, Chakraborty & Mallick, "Fast sampling with Gaussian scale mixture priors in
        high-dimensional regression", Biometrika 103 (2016) 985-991).
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
    """Return in which of the equal parts of 0..1 a number lies; the last includes 1."""
    return min(int(share * REGIONS_PER_SIDE), REGIONS_PER_SIDE - 1)


def _rows(songs: Sequence[Traits], columns: dict[tuple[str, str], int]) -> NDArray[np.intp]:
    """Return each song's columns by kind, giving new features the next free ones."""
    rows = np.full((len(songs), len(KINDS)), _MISSING, dtype=np.intp)
    for row, traits in zip(rows, songs, strict=True):
        for kind, feature in _features(traits).items():
            row[KINDS.index(kind)] = columns.setdefault((kind, feature), len(columns) + 1)
    return rows


def _no_rows() -> NDArray[np.intp]:
    return np.zeros((0, len(KINDS)), dtype=np.intp)


def _shared(left: NDArray[np.intp], right: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how many features each pair of rows shares, XXᵀ [shape=(left, right)]."""
    counts = np.zeros((len(left), len(right)))
    for one, other in zip(left.T, right.T, strict=True):
        counts += np.equal.outer(one, other) & (one != _MISSING)[:, None]
    return counts


def _inverse_within(inverse: NDArray[np.float64], kept: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the inverse of a part of the matrix that ``inverse`` inverts.

    kept : rows and columns of the part

    By the inverse of a matrix in blocks (Golub & Van Loan, *Matrix Computations*, 4th ed., section
    2.1.4): the rest of the inverse, less what went through the rows that are left out.
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

    across, corner : the new columns [shape=(old, new)], and where they meet the new rows

    By blocks, as in `_inverse_within`. With nothing known, it inverts the corner.
    """
    through = inverse @ across
    below = np.linalg.inv(corner - across.T @ through)
    beside = -through @ below
    return np.block([[inverse - beside @ through.T, beside], [beside.T, below]])


def _explained(
    rows: NDArray[np.intp], inverse: NDArray[np.float64], rewards: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Return the weights that ridge regression gives to rewards r: Xᵀ (XXᵀ + λI)⁻¹ r.

    This equals B⁻¹ Xᵀ r (Bishop, section 6.1), but the matrix has a row for each opinion and not
    for each feature, and so stays small however many artists there are. λ keeps its condition
    below 1 + 4 `MAX_OPINIONS` / λ, so that its inverse loses nothing against solving.
    """
    shares = np.repeat(inverse @ rewards, len(KINDS))
    weights: NDArray[np.float64] = np.bincount(rows.ravel(), shares, count).astype(np.float64)
    weights[_MISSING] = 0
    return weights
