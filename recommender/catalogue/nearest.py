"""Nearest-neighbour search in the valence/energy plane, by each engine's own spatial index.

SQLite has an R*Tree with the language as its third dimension: a box around the point grows until
it holds enough. PostgreSQL walks a GiST index in the order of distance. MariaDB and MySQL grow a
box over a plain index.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sqlalchemy import Double, String, bindparam, literal, or_, select
from sqlalchemy import func as sql

from recommender.db.schema import PLACES, language_number
from recommender.db.tables import TrackRow
from recommender.text import genre_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select
    from sqlalchemy.orm import InstrumentedAttribute

    from recommender.types import Mood

    _Asked: TypeAlias = Select[float | None, str, int, str | None]
SLACK = 1e-6
# The first box would hold ROOM times the requested rows under a uniform distribution.
ROOM = 3.0
# Assumed share of one language among all songs. A box with too few rows grows by the missing
# factor, within GROWTH.
LANGUAGE_SHARE = 0.2
GROWTH = (1.4, 4.0)
DIGITS = 12
SPARE_ROWS = 64
_HIGHEST = select(sql.max(TrackRow.id))


def tens_of(decades: Sequence[int]) -> list[int]:
    """Return decades as the database counts them: 199 for 1990."""
    return [decade // 10 for decade in decades]


def square_of_distance(target: Mood) -> ColumnElement[float | None]:
    """Return the squared `recommender.mood.distance` to each track; SQLite may lack sqrt."""
    half = (TrackRow.valence - target.valence) / 2
    rise = TrackRow.energy - target.energy
    return half * half + rise * rise


class Filters(NamedTuple):
    """The wishes that a catalogue's songs must meet, as in `recommender.types.Query`.

    Attributes
    ----------
    not_languages : names as in the catalogue
    """

    decades: tuple[int, ...] = ()
    no_explicit: bool = False
    genres: tuple[str, ...] = ()
    not_languages: tuple[str, ...] = ()
    not_decades: tuple[int, ...] = ()
    not_genres: tuple[str, ...] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what the tracks must meet."""
        found = of_decades(TrackRow.year, self.decades, self.not_decades)
        found += of_genres(TrackRow.genre, self.genres, self.not_genres)
        if self.not_languages:
            found.append(sql.coalesce(TrackRow.language, "").not_in(self.not_languages))
        if self.no_explicit:
            found.append(TrackRow.explicit.is_(False))
        return found


ANY = Filters()


def of_decades(
    year: InstrumentedAttribute[int | None], wanted: Sequence[int], refused: Sequence[int]
) -> list[ColumnElement[bool]]:
    """Return the conditions on a column of years; an unknown year is of no decade."""
    found: list[ColumnElement[bool]] = []
    if wanted:
        found.append((year // 10).in_(tens_of(wanted)))
    if refused:
        found.append(sql.coalesce(year // 10, 0).not_in(tens_of(refused)))
    return found


def of_genres(
    genre: InstrumentedAttribute[str | None], wanted: Sequence[str], refused: Sequence[str]
) -> list[ColumnElement[bool]]:
    """Return the conditions on a column of genres; see `recommender.text.is_of_genre`."""
    plain: ColumnElement[str] = sql.lower(sql.coalesce(genre, ""), type_=String)
    for sign in "-/":
        plain = sql.replace(plain, sign, " ", type_=String)
    words = literal(" ", String) + plain + " "
    holds = [words.contains(genre_words(wish), autoescape=True) for wish in (*wanted, *refused)]
    of_any = [or_(*holds[: len(wanted)])] if wanted else []
    return [*of_any, *(~one for one in holds[len(wanted) :])]


class Neighbour(NamedTuple):
    """A track near a point, ordered by distance, then by key.

    Attributes
    ----------
    square : float, squared distance, rounded so that all engines give the same order
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
    filters: Filters = ANY,
) -> list[Neighbour]:
    """Return the nearest tracks in order, at most ``limit``.

    Parameters
    ----------
    radius : float, maximum `recommender.mood.distance`
    language : str, of all tracks; None for any
    """
    asked = _statement(connection.dialect.name, filters, by_language=language is not None)
    here: dict[str, object] = {
        "valence": target.valence,
        "energy": target.energy,
        # Some more than requested: the engine must not choose among equally near tracks.
        "rows": limit + SPARE_ROWS,
    }
    if language is not None:
        here |= {"language": language, "number": language_number(language)}
    if connection.dialect.name == "postgresql":
        rows = connection.execute(asked, {**here, "square": radius**2}).all()
    else:
        rows = _expanding_box(connection, asked, here, limit + SPARE_ROWS, radius)
    found = (
        Neighbour(round(at or 0.0, DIGITS), key, number, name) for at, key, number, name in rows
    )
    return sorted(found)[:limit]


def _expanding_box(
    connection: Connection, asked: _Asked, here: dict[str, object], wanted: int, radius: float
) -> Sequence[Row[float | None, str, int, str | None]]:
    """Search boxes around the point, each larger than the one before, until one holds enough."""
    highest = connection.execute(_HIGHEST).scalar() or 1
    # One language has only a part of all songs.
    share = LANGUAGE_SHARE if "language" in here else 1.0
    side = math.sqrt(ROOM * wanted / (highest * share)) / 2
    while True:
        side = min(side, radius)
        # Only the inscribed circle counts: tracks outside may be nearer than those in corners.
        box = {"side": side + SLACK, "square": side**2}
        rows = connection.execute(asked, {**here, **box}).all()
        if len(rows) >= wanted or side >= radius:
            return rows
        growth = math.sqrt(ROOM * wanted / max(1, len(rows)))
        side *= min(max(growth, GROWTH[0]), GROWTH[1])


@lru_cache
def _statement(dialect: str, filters: Filters, *, by_language: bool) -> _Asked:
    """Return the query for the tracks around a point, by the engine's own index.

    Cached: building the statement takes longer than running it.
    """
    valence, energy = bindparam("valence", type_=Double), bindparam("energy", type_=Double)
    half, rise = (TrackRow.valence - valence) / 2, TrackRow.energy - energy
    square = half * half + rise * rise
    asked = select(square, TrackRow.key, TrackRow.id, TrackRow.language)
    asked = asked.where(square <= bindparam("square", type_=Double)).limit(bindparam("rows"))
    if by_language:
        # An expression, so that the engine uses the spatial index and not the one of languages.
        asked = asked.where(sql.coalesce(TrackRow.language, "") == bindparam("language"))
    asked = asked.where(*filters.conditions())
    if dialect == "postgresql":
        there = sql.point(TrackRow.valence / 2, TrackRow.energy)
        return asked.order_by(there.op("<->")(sql.point(valence / 2, energy)))
    side = bindparam("side", type_=Double)
    if dialect != "sqlite":
        return asked.order_by(square).where(
            TrackRow.valence.between(valence - 2 * side, valence + 2 * side),
            TrackRow.energy.between(energy - side, energy + side),
        )
    at = PLACES.c
    box = [
        at.v0 >= valence / 2 - side,
        at.v1 <= valence / 2 + side,
        at.e0 >= energy - side,
        at.e1 <= energy + side,
    ]
    if by_language:
        number = bindparam("number", type_=Double)
        box += [at.l0 >= number, at.l1 <= number]
    inside = select(at.id).where(*box).subquery()
    return asked.order_by(square).join_from(inside, TrackRow, TrackRow.id == inside.c.id)
