"""How far a site goes: a simulation from measured costs, ``python -m tests.load.scale``.

`docs/scale.md` has its table, as it is printed, and says where each figure is from.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

HEAD = (
    *("visitors", "processes", "busy cores", "GB", "Mbit/s in", "connections", "writes a second"),
    "one is not enough of",
)
VISITORS = (1, 16, 100, 1_000, 10_000, 100_000, 1_000_000)

# Visitors with their cameras on, analysed frames a second of each, and cores of the server
# (`python -m tests.load`, docs/network.md).
CAMERAS = ((1, 30.0, 0.24), (4, 15.0, 0.54), (8, 12.2, 0.79), (16, 8.5, 1.34))
# A process on two cores gives so many what each is to have (`pages/ui/listen/capacity.py`).
SEATS, CORES = 16, 2
# Resident memory of a process with its models, and of each visitor more, in MB.
PROCESS_MB, VISITOR_MB = 390.0, 6.0
# A camera at 640 × 480 pixels, in Mbit/s.
CAMERA_MBIT_S = 0.3
# CPU time of a press that asks for songs, its page's run included (`python -m tests.load.presses`).
PRESS_MS = 116.0
# `python -m tests.load.database`: CPU time of PostgreSQL for it, how long each write keeps others
# waiting, and how many there are.
DATABASE_MS, WRITE_MS, WRITES = 6.3, 6.4, 1.2
# SQLAlchemy's pool: connections that a process keeps.
KEPT_CONNECTIONS = 5

# Assumed, not measured: a visitor asks for songs so often, one in so many is let in by a
# relay only, and one in a hundred may find no seat free.
ASKS_A_MINUTE = 1.0
RELAYED = 0.1
TURNED_AWAY = 0.01

# Capacity of one of each.
MACHINE_CORES = 64
RELAY_MBIT_S = 1_000.0
# PostgreSQL's own default, less what it keeps for its administrator.
CONNECTIONS = 97
DATABASE_CORES = 16


@dataclass(frozen=True, slots=True)
class Site:
    """Needs of a number of visitors at once, each with the camera on.

    processes : of two cores each, with the seats that Erlang's formula wants
    cores : that are busy, over all processes
    shares : of what one machine, relay or PostgreSQL carries, by its name
    """

    visitors: int
    processes: int
    cores: float
    memory_gb: float
    mbit_s: float
    connections: int
    writes_s: float
    shares: Mapping[str, float]

    @property
    def scarce(self) -> tuple[str, ...]:
        """Names of that of which one is not enough, the scarcest first."""
        names = sorted(self.shares, key=self.shares.__getitem__, reverse=True)
        return tuple(name for name in names if self.shares[name] > 1)

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        return (
            f"{self.visitors:,}",
            f"{self.processes:,}",
            f"{self.cores:,.1f}",
            f"{self.memory_gb:,.1f}",
            f"{self.mbit_s:,.1f}",
            f"{self.connections:,}",
            f"{self.writes_s:,.2f}",
            ", ".join(self.scarce) or "–",
        )


def camera_costs() -> tuple[float, float]:
    """Return cores a visitor and cores an analysed frame a second, by least squares."""
    table = np.array(CAMERAS)
    visitors, rate, cores = table.T
    found, *_ = np.linalg.lstsq(np.stack([visitors, visitors * rate], axis=1), cores, rcond=None)
    return float(found[0]), float(found[1])


def seats_for(visitors: float, turned_away: float = TURNED_AWAY) -> int:
    """Return the seats that so many visitors on average need, by Erlang's formula B.

    turned_away : share of those who come and find none free, below 1
    """
    # The formula's usual recursion, of its reciprocal: no number becomes too large.
    seats, inverse = 0, 1.0
    while inverse * turned_away < 1:
        seats += 1
        inverse = 1 + inverse * seats / visitors
    return seats


@lru_cache
def needs(visitors: int) -> Site:
    """Return what so many visitors at once need."""
    a_visitor, a_frame = camera_costs()
    rate = CAMERAS[-1][1]
    processes = math.ceil(seats_for(visitors) / SEATS)
    asks_s = visitors * ASKS_A_MINUTE / 60
    cores = visitors * (a_visitor + a_frame * rate) + asks_s * PRESS_MS / 1000
    mbit_s = visitors * CAMERA_MBIT_S
    connections = processes * KEPT_CONNECTIONS
    writes_s = asks_s * WRITES
    shares = {
        "a machine's cores": processes * CORES / MACHINE_CORES,
        "a relay's network": 2 * RELAYED * mbit_s / RELAY_MBIT_S,
        "PostgreSQL's connections": connections / CONNECTIONS,
        "PostgreSQL's cores": asks_s * DATABASE_MS / 1000 / DATABASE_CORES,
        "PostgreSQL's writers' lock": writes_s * WRITE_MS / 1000,
    }
    return Site(
        visitors,
        processes,
        cores,
        (processes * PROCESS_MB + visitors * VISITOR_MB) / 1000,
        mbit_s,
        connections,
        writes_s,
        shares,
    )


def carried(name: str) -> int:
    """Return how many visitors one machine, relay or PostgreSQL carries at most."""
    return bisect(range(1, VISITORS[-1]), 1.0, key=lambda count: needs(count).shares[name])


def table(counts: Sequence[int] = VISITORS) -> str:
    """Return what numbers of visitors need, in Markdown."""
    return _markdown(HEAD, [needs(one).row for one in counts])


def limits() -> str:
    """Return what one of each carries, in Markdown, the scarcest first."""
    most = {name: carried(name) for name in needs(1).shares}
    many = needs(VISITORS[-1]).shares
    return _markdown(
        ("one of", "carries visitors", f"{VISITORS[-1]:,} need"),
        [
            (name, f"{most[name]:,}", f"{math.ceil(many[name]):,}")
            for name in sorted(most, key=most.__getitem__)
        ],
    )


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


if __name__ == "__main__":
    print(table(), limits(), sep="\n\n")
