"""The nearest tracks to a point of the plane, by the index that the database's own engine has.

SQLite keeps the places in an R*Tree, with the language as its third side: a box around the point
grows until it holds enough. PostgreSQL walks a GiST index in the order of distance. MariaDB and
MySQL grow a box over a plain index.
"""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Double, Integer, MetaData, Table, delete, insert, select
from sqlalchemy import func as sql

from recommender.tables import SourceRow, TrackRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from recommender.types import Mood

# Only SQLite has it. Sides are pairs of 32-bit floats, so that a search leaves them some slack.
PLACES = Table(
    "track_places",
    MetaData(),
    Column("id", Integer, primary_key=True),
    *(Column(name, Double) for name in ("v0", "v1", "e0", "e1", "l0", "l1")),
)
SLACK = 1e-6
# So many parts of one are exact in 32 bits.
LANGUAGE_NUMBERS = 1 << 24
# A first box is made to hold so many times what is asked for, were the songs spread evenly.
ROOM = 3.0
GROWTH = 2.0
DIGITS = 12
SPARE_ROWS = 64
ROWS_AT_ONCE = 5000


def language_number(language: str | None) -> float:
    """Return where a language lies on the R*Tree's third side, 0..1; two may share a place."""
    return zlib.crc32((language or "").encode()) % LANGUAGE_NUMBERS / LANGUAGE_NUMBERS


def fill_places(connection: Connection, source_id: int | None = None) -> None:
    """Put the places of a source's tracks, or of all, into SQLite's index.

    The other engines keep theirs by themselves.
    """
    if connection.dialect.name != "sqlite":
        return
    asked = select(TrackRow.id, TrackRow.valence / 2, TrackRow.energy, TrackRow.language).where(
        TrackRow.valence.is_not(None)
    )
    if source_id is not None:
        asked = asked.where(TrackRow.source_id == source_id)
    for part in connection.execute(asked).partitions(ROWS_AT_ONCE):
        rows = [
            {"id": number, "v0": half, "v1": half, "e0": energy, "e1": energy, "l0": at, "l1": at}
            for number, half, energy, language in part
            for at in (language_number(language),)
        ]
        connection.execute(insert(PLACES), rows)


def empty_places(connection: Connection, source_name: str) -> None:
    """Take the places of a source's tracks out of SQLite's index, before the tracks go."""
    if connection.dialect.name == "sqlite":
        theirs = select(TrackRow.id).join(SourceRow).where(SourceRow.name == source_name)
        connection.execute(delete(PLACES).where(PLACES.c.id.in_(theirs)))


def square_of_distance(target: Mood) -> ColumnElement[float | None]:
    """Return the square of `recommender.mood.distance` to each track; SQLite may lack a root."""
    half = (TrackRow.valence - target.valence) / 2
    rise = TrackRow.energy - target.energy
    return half * half + rise * rise


class Near(NamedTuple):
    """A track near a point; the order is that of nearness, then of keys.

    square : of the distance, rounded, so that each engine's arithmetic gives the same order
    """

    square: float
    key: str
    id: int
    language: str | None


def nearest(
    connection: Connection,
    target: Mood,
    *,
    limit: int,
    radius: float,
    language: str | None = None,
    no_explicit: bool = False,
) -> list[Near]:
    """Return the nearest tracks in order, at most ``limit``.

    radius : `recommender.mood.distance` that a track may be away
    language : of all of them; None for any
    """
    square = square_of_distance(target)
    asked = select(square, TrackRow.key, TrackRow.id, TrackRow.language)
    if language is not None:
        # Not by the index of languages: the places' own is the better one.
        asked = asked.where(sql.coalesce(TrackRow.language, "") == language)
    if no_explicit:
        asked = asked.where(TrackRow.explicit.is_(False))
    # Some more than asked for: which of the equally near come is not the engine's to choose.
    asked = asked.limit(limit + SPARE_ROWS)
    if connection.dialect.name == "postgresql":
        here = sql.point(target.valence / 2, target.energy)
        away = sql.point(TrackRow.valence / 2, TrackRow.energy).op("<->")(here)
        rows = connection.execute(asked.where(square <= radius**2).order_by(away)).all()
    else:
        rows = _growing(connection, asked.order_by(square), target, limit, radius, language)
    found = (Near(round(at or 0.0, DIGITS), key, number, name) for at, key, number, name in rows)
    return sorted(found)[:limit]


def _growing(
    connection: Connection,
    asked: Select[float | None, str, int, str | None],
    target: Mood,
    limit: int,
    radius: float,
    language: str | None,
) -> Sequence[Row[float | None, str, int, str | None]]:
    """Search boxes around the point, each larger than the one before, until one holds enough."""
    highest = connection.execute(select(sql.max(TrackRow.id))).scalar() or 1
    side = math.sqrt(ROOM * (limit + SPARE_ROWS) / highest) / 2
    while True:
        side = min(side, radius)
        # Beyond the circle, some outside of the box are nearer than those in its corners.
        circle = square_of_distance(target) <= side**2
        inside = _within_box(connection, asked, target, side, language)
        rows = connection.execute(inside.where(circle)).all()
        if len(rows) >= limit + SPARE_ROWS or side >= radius:
            return rows
        side *= GROWTH


def _within_box(
    connection: Connection,
    asked: Select[float | None, str, int, str | None],
    target: Mood,
    side: float,
    language: str | None,
) -> Select[float | None, str, int, str | None]:
    """Return the selection confined to a box of half the side, by the engine's index."""
    middle = target.valence / 2, target.energy
    low, high = ([at + way * (side + SLACK) for at in middle] for way in (-1, 1))
    if connection.dialect.name != "sqlite":
        return asked.where(
            TrackRow.valence.between(2 * low[0], 2 * high[0]),
            TrackRow.energy.between(low[1], high[1]),
        )
    at = PLACES.c
    sides = [at.v0 >= low[0], at.v1 <= high[0], at.e0 >= low[1], at.e1 <= high[1]]
    if language is not None:
        number = language_number(language)
        sides += [at.l0 >= number, at.l1 <= number]
    inside = select(at.id).where(*sides).subquery()
    return asked.join_from(inside, TrackRow, TrackRow.id == inside.c.id)
