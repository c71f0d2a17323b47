"""The number of cameras that this machine carries, learnt at work from what those who are in get.

Nothing here knows what runs beside: a machine that is busy with something else carries fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Connections on their way at a time, in the whole process; each is through within seconds.
MAX_CONNECTING = 4
# Before anybody is in.
FIRST_SEATS = MAX_CONNECTING
# Analysed frames a second. While everybody has WELL_PER_S, one more may come; with less than
# ILL_PER_S for somebody, nobody. Whatever lies between changes nothing, so that seats do not come
# and go with each visitor.
WELL_PER_S = 8.0
ILL_PER_S = 6.0
# A camera that sends fewer is well while nearly all are analysed.
WELL_SHARE = 0.9
ILL_SHARE = 0.7
# Free seats that are kept ready: twelve who are well are not ill when they are sixteen.
SPARE = MAX_CONNECTING
# A seat opens after so long, and the next again; for a moment, any machine may be ill.
OPEN_AFTER_S = 1.0
CLOSE_AFTER_S = 3.0


@dataclass(frozen=True, slots=True)
class Load:
    """Frames a second of one camera: those that came, and those that were analysed."""

    came: float
    analysed: float

    @property
    def is_well(self) -> bool:
        """Whether the visitor has what the others must have before one more may come."""
        return self.analysed >= min(WELL_PER_S, WELL_SHARE * self.came)

    @property
    def is_ill(self) -> bool:
        """Whether the visitor has so little that nobody more may come."""
        return self.analysed < min(ILL_PER_S, ILL_SHARE * self.came)


@dataclass(frozen=True, slots=True)
class Capacity:
    """The seats that there are, and what is to change them.

    Attributes
    ----------
    seats : int, at least 1
    well_since, ill_since : float or None, seconds on any monotonic clock; not both
    """

    seats: int = FIRST_SEATS
    well_since: float | None = None
    ill_since: float | None = None

    def after(self, now: float, taken: int, loads: Sequence[Load]) -> Capacity:
        """Return the capacity after a look at those who are in; nobody is sent away.

        Parameters
        ----------
        now : float, seconds, not before the last look
        taken : int, how many seats are taken, at least 1
        loads : sequence of Load, of those who have been in for some time
        """
        if any(load.is_ill for load in loads):
            since = now if self.ill_since is None else self.ill_since
            closes = now - since >= CLOSE_AFTER_S
            return Capacity(min(self.seats, taken) if closes else self.seats, ill_since=since)
        if not all(load.is_well for load in loads):
            return Capacity(self.seats)
        if self.well_since is None:
            return Capacity(self.seats, well_since=now)
        if self.seats - taken >= SPARE or now - self.well_since < OPEN_AFTER_S:
            return self
        return Capacity(self.seats + 1, well_since=now)
