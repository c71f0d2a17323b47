"""Upkeep of SQLite's index of places, an R*Tree with the language as its third side."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, cast

from sqlalchemy import Column, Double, Integer, MetaData, Table, delete, func, insert, select

from recommender.db.tables import BatchRow, TrackRow

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import Connection


# SQLite only. Its coordinates are 32-bit floats, so searches allow for rounding by SLACK.
PLACES = Table(
    "track_places",
    MetaData(),
    Column("id", Integer, primary_key=True),
    *(Column(name, Double) for name in ("v0", "v1", "e0", "e1", "l0", "l1")),
)
# Fractions of 1 with this denominator are exact in 32 bits.
LANGUAGE_NUMBERS = 1 << 24


def language_number(language: str | None) -> float:
    """Return a language's coordinate in the R*Tree, 0..1; two languages may share one."""
    return zlib.crc32((language or "").encode()) % LANGUAGE_NUMBERS / LANGUAGE_NUMBERS


def fill_places(connection: Connection, source_id: int | None = None) -> None:
    """Add the tracks of a batch, or all, to SQLite's spatial index.

    The other engines maintain theirs by themselves.
    """
    if connection.dialect.name != "sqlite":
        return
    file = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    file.create_function("language_number", 1, language_number, deterministic=True)
    half, at = TrackRow.valence / 2, func.language_number(TrackRow.language)
    placed = select(TrackRow.id, half, half, TrackRow.energy, TrackRow.energy, at, at).where(
        TrackRow.valence.is_not(None)
    )
    if source_id is not None:
        placed = placed.where(TrackRow.source_id == source_id)
    connection.execute(insert(PLACES).from_select(PLACES.columns.keys(), placed))


def empty_places(connection: Connection, source_name: str) -> None:
    """Remove a batch's tracks from SQLite's spatial index, before they are deleted."""
    if connection.dialect.name == "sqlite":
        ids_of_batch = select(TrackRow.id).join(BatchRow).where(BatchRow.name == source_name)
        connection.execute(delete(PLACES).where(PLACES.c.id.in_(ids_of_batch)))
