"""Scales of valence and energy, found from the whole of a column.

Tables tell moods as shares, per cent, marks from 1 to 5 or 9, or in standard deviations, and seldom
say which. A scale is taken when nearly all numbers lie in it, and some near both of its ends. A few
slips turn no other song: they are bad rows. Where no scale is certain, the column is left out.
"""

import re
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from recommender.ingest.cells import NOTHING, BadRow, number

# One number in so many may lie a little above a scale, a little below it, or far away.
ABOVE_ONE_IN, BELOW_ONE_IN, FAR_ONE_IN = 20, 50, 50
# Per cent, one in so many may lie between 0 and 1.
SHARES_ONE_IN = 10
# From so many numbers on, one may lie far away.
SOME = 5
# Widths of a scale beyond its ends from which a number lies far away.
FAR = 2.0
# Standard deviations: one number in twenty may lie beyond.
USUAL_DEVIATION = 2.5
# Tables write it where nothing is known. As the only negative number, it is none of the scale.
MISSING = -1.0
# Columns whose names tell the scale: MuSe's means of words' marks, and per cent.
_NAMED = re.compile(r"(?P<NINE>_tags$)|(?P<PERCENT>_percent$|%)")
_STANDARD = NormalDist()


class Scale(Enum):
    """A scale: its ends, and what the numbers must reach at least on either side."""

    SHARE = (0.0, 1.0, 1.0, 0.0)
    PLANE = (-1.0, 1.0, 0.0, -1.0)
    FIVE = (1.0, 5.0, 2.5, 3.5)
    NINE = (1.0, 9.0, 2.5, 7.0)
    PERCENT = (0.0, 100.0, 100.0, 10.0)
    THOUSAND = (0.0, 1000.0, 1000.0, 200.0)
    DEVIATIONS = (-6.0, 6.0, -0.1, 0.1)

    def share(self, value: float) -> float | None:
        """Return a number as a share, 0..1; None when it lies outside of the scale."""
        # A mean of marks with little weight falls below the lowest mark.
        low, high, *_ = self.value
        if not (0.0 if self is Scale.NINE else low) <= value <= high:
            return None
        if self is Scale.DEVIATIONS:
            return _STANDARD.cdf(value)
        return max(0.0, (value - low) / (high - low))

    def holds(self, values: NDArray[np.float64]) -> bool:
        """Return whether nearly all numbers lie in the scale."""
        low, high, *_ = self.value
        count, room = len(values), FAR * (high - low)
        far = int(np.sum((values < low - room) | (values > high + room)))
        below, above = int(np.sum(values < low)), int(np.sum(values > high))
        if self is Scale.DEVIATIONS:
            unusual = int(np.sum(np.abs(values) > USUAL_DEVIATION))
            return unusual <= max(1, count // ABOVE_ONE_IN)
        # Two tables in one: half in shares, half per cent.
        shares = int(np.sum((values > 0) & (values < 1))) if high > Scale.NINE.value[1] else 0
        return (
            shares <= count // SHARES_ONE_IN
            and far <= max(count >= SOME, count // FAR_ONE_IN)
            and below + above - far <= count // ABOVE_ONE_IN
            and below <= max(far, count // BELOW_ONE_IN)
        )

    def is_filled(self, values: NDArray[np.float64]) -> bool:
        """Return whether some of the numbers lie near both ends of the scale."""
        low, high, least, most = self.value
        inside = values[(values >= low) & (values <= high)]
        return bool(len(inside) and inside.min() <= least and inside.max() >= most)


@dataclass(frozen=True, slots=True)
class Reading:
    """The scales of a table's columns.

    Attributes
    ----------
    scales : mapping of "valence" and "energy" to their scales
    doubtful : mapping of those whose scale is not certain to their lowest and highest number,
        or to None when hardly any of them is a number
    """

    scales: Mapping[str, Scale]
    doubtful: Mapping[str, tuple[float, float] | None]


class Survey:
    """The numbers of some columns, read before any song is.

    Parameters
    ----------
    columns : mapping of "valence" and "energy" to the table's columns
    """

    def __init__(self, columns: Mapping[str, str]) -> None:
        self._columns = columns
        self._values = {name: array("d") for name in columns}
        self._signs = dict.fromkeys(columns, 0)
        self._words = dict.fromkeys(columns, 0)

    def add(self, row: Mapping[str, str]) -> None:
        """Note the numbers of a row."""
        for name, column in self._columns.items():
            text = row.get(column, "")
            try:
                self._values[name].append(number(name, text))
                self._signs[name] += "%" in text
            except BadRow:
                self._words[name] += text.strip().casefold() not in NOTHING

    def reading(self) -> Reading:
        """Return the scales."""
        scales: dict[str, Scale] = {}
        doubtful: dict[str, tuple[float, float] | None] = {}
        values = {name: np.frombuffer(all_) for name, all_ in self._values.items()}
        for name, found in values.items():
            if self._words[name] > len(found):
                doubtful[name] = None
            if name in doubtful or not len(found):
                continue
            scale = self._named(name, len(found)) or scale_of(found)
            if scale is None:
                doubtful[name] = float(found.min()), float(found.max())
            else:
                scales[name] = scale
        # Both columns of a table are usually told alike.
        for name in [name for name, numbers in doubtful.items() if numbers]:
            for scale in dict.fromkeys(scales.values()):
                if scale.holds(values[name]):
                    scales[name] = scale
                    del doubtful[name]
                    break
        return Reading(scales, doubtful)

    def _named(self, name: str, count: int) -> Scale | None:
        if 2 * self._signs[name] > count:
            return Scale.PERCENT
        told = _NAMED.search(self._columns[name].strip().casefold())
        return Scale[told.lastgroup] if told and told.lastgroup else None


def scale_of(values: NDArray[np.float64]) -> Scale | None:
    """Return the scale that numbers are told in; None when it is not certain."""
    negative = values < 0
    if np.all(values[negative] == MISSING) and np.any(values % 1):
        values = values[~negative]
    return next((one for one in Scale if one.holds(values) and one.is_filled(values)), None)
