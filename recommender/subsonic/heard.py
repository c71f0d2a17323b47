"""Points heard in a server's songs: kept for the owner's server, forgotten for others.

Only points of the plane are kept, under ids that tell neither the server nor the song.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Engine, delete, insert, select

from recommender.db.engine import database_errors, short_write
from recommender.db.tables import NAME_LENGTH, HeardSongRow

_ROW = HeardSongRow


@dataclass(frozen=True, slots=True)
class Heard:
    """A point that a model heard in a song.

    Attributes
    ----------
    model : str, the tagger's version
    point : pair of float or None, valence −1..1 and energy 0..1; None when it cannot be used
    """

    model: str
    point: tuple[float, float] | None


class HeardSongs(Protocol):
    """Points heard in the songs of one server, by their keys. Thread-safe."""

    def load(self) -> Mapping[str, Heard]:
        """Return all of it. Raises Unavailable."""
        ...

    def save(self, key: str, heard: Heard) -> None:
        """Keep what was heard in a song, in place of what was. Raises Unavailable.

        Parameters
        ----------
        key : str, of `recommender.subsonic.songs.key_of`
        """
        ...


class HeardInMemory:
    """Points heard in the songs of a visitor's server; they end with the visit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, Heard] = {}

    def load(self) -> Mapping[str, Heard]:
        """Return all of it."""
        with self._lock:
            return dict(self._heard)

    def save(self, key: str, heard: Heard) -> None:
        """Keep what was heard in a song."""
        with self._lock:
            self._heard[key] = heard


class HeardInDatabase:
    """Points heard in the songs of the owner's server.

    Parameters
    ----------
    server : str, base of its address, of which a digest is kept
    """

    def __init__(self, engine: Engine, server: str) -> None:
        self._engine = engine
        self._server = hashlib.sha256(server.encode()).hexdigest()

    def load(self) -> Mapping[str, Heard]:
        """Return all of it. Raises Unavailable."""
        asked = select(_ROW.key, _ROW.model, _ROW.valence, _ROW.energy)
        with database_errors(), self._engine.connect() as connection:
            rows = connection.execute(asked.where(_ROW.server == self._server)).all()
        return {
            key: Heard(model, None if valence is None or energy is None else (valence, energy))
            for key, model, valence, energy in rows
        }

    def save(self, key: str, heard: Heard) -> None:
        """Keep what was heard in a song. Raises Unavailable."""
        valence, energy = heard.point or (None, None)
        row = {
            "key": key,
            "server": self._server,
            "model": heard.model[:NAME_LENGTH],
            "valence": valence,
            "energy": energy,
        }
        with database_errors(), short_write(self._engine) as connection:
            connection.execute(delete(_ROW).where(_ROW.key == key))
            connection.execute(insert(_ROW), row)
