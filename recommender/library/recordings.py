"""The recordings of a library: whose they are, found, corrected, taken away.

Any number of threads may ask at once. A correction by a person goes before what the model said,
wherever a place in the plane counts.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, delete, false, func, or_, select, update

from detectors.types import Message
from recommender.catalogue.nearest import DIGITS, of_decades, of_genres
from recommender.db.engine import database_errors, write_transaction
from recommender.db.tables import RecordingRow
from recommender.library.writer import TaggedFile, save_recording
from recommender.types import Mood


@dataclass(frozen=True, slots=True)
class Scope:
    """The recordings that a visitor may see, play and correct.

    Attributes
    ----------
    listener : str or None, id whose uploads are included
    owner : bool, whether the owner's folders are included
    """

    listener: str | None = None
    owner: bool = False

    def condition(self) -> ColumnElement[bool]:
        """Return the SQL condition for the rows of `RecordingRow` in this scope."""
        parts: list[ColumnElement[bool]] = []
        if self.owner:
            parts.append(RecordingRow.listener_id.is_(None))
        if self.listener is not None:
            parts.append(RecordingRow.listener_id == self.listener)
        return or_(false(), *parts)


# The owner's folders without any uploads.
OWNER = Scope(owner=True)

# Database engines limit the number of values in one statement.
KEYS_AT_ONCE = 1000
_VALENCE = func.coalesce(RecordingRow.corrected_valence, RecordingRow.valence)
_ENERGY = func.coalesce(RecordingRow.corrected_energy, RecordingRow.energy)
_USABLE = RecordingRow.problem.is_(None)


@dataclass(frozen=True, slots=True)
class Recording:
    """An audio file and its point in the plane.

    Attributes
    ----------
    key : str, identifies the recording; depends on the content, not on the path
    sha256, stamp, size : see `recommender.library.writer.TaggedFile`
    path : Path, absolute, on the machine that runs the app
    title, artist : str, never empty
    seconds : float or None, duration; None when the header does not say
    tempo : float or None, beats a minute as heard; None where no beat is known
    valence, energy : float, −1..1 and 0..1, the correction or else the model's
    tagged_valence, tagged_energy : float, the model's
    quadrants : tuple of float, probability of each of `detectors.types.QUADRANTS`
    feelings : tuple of float, share of listeners per `detectors.types.GEMS_FEELINGS`
    corrected : bool, whether a person has moved it
    dropped : bool, whether a listener uploaded it; then only that listener sees it
    """

    key: str
    sha256: str
    stamp: str
    size: int
    path: Path
    title: str
    artist: str
    album: str | None
    year: int | None
    genre: str | None
    seconds: float | None
    valence: float
    energy: float
    tagged_valence: float
    tagged_energy: float
    quadrants: tuple[float, ...]
    feelings: tuple[float, ...]
    corrected: bool
    dropped: bool
    tempo: float | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that cannot be used.

    Attributes
    ----------
    problem : Message, the reason
    dropped : bool, see `Recording`
    """

    key: str
    path: Path
    problem: Message
    dropped: bool


class Recordings:
    """The recordings of a database, filtered by a visitor's scope.

    Every method raises `recommender.errors.Unavailable` when the database cannot be used.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, scope: Scope) -> list[Recording]:
        """Return the playable recordings, sorted by artist and title."""
        rows = self._rows(scope, _USABLE)
        return sorted(rows, key=lambda one: (one.artist.casefold(), one.title.casefold(), one.key))

    def problems(self, scope: Scope) -> list[Problem]:
        """Return the unusable files, sorted by path."""
        asked = select(
            RecordingRow.key, RecordingRow.path, RecordingRow.problem, RecordingRow.listener_id
        ).where(scope.condition(), RecordingRow.problem.is_not(None))
        with database_errors(), self._engine.connect() as connection:
            found = [
                Problem(key, Path(path), Message.unpacked(problem or ""), listener is not None)
                for key, path, problem, listener in connection.execute(asked)
            ]
        return sorted(found, key=lambda one: (one.path, one.key))

    def get(self, key: str, scope: Scope) -> Recording | None:
        """Return a playable recording; None when it is outside the scope or has been removed."""
        return next(iter(self.some([key], scope)), None)

    def some(self, keys: Sequence[str], scope: Scope) -> list[Recording]:
        """Return the playable recordings of some keys in their order, leaving out missing keys."""
        found = {}
        for first in range(0, len(keys), KEYS_AT_ONCE):
            part = RecordingRow.key.in_(keys[first : first + KEYS_AT_ONCE])
            found.update({one.key: one for one in self._rows(scope, _USABLE, part)})
        return [found[key] for key in keys if key in found]

    def artists(self, scope: Scope) -> list[str]:
        """Return the artists of playable recordings, sorted without regard to case."""
        asked = select(RecordingRow.artist).where(scope.condition(), _USABLE).distinct()
        with database_errors(), self._engine.connect() as connection:
            return sorted(connection.scalars(asked), key=lambda name: (name.casefold(), name))

    def nearest(
        self,
        target: Mood,
        scope: Scope,
        limit: int,
        *,
        radius: float | None = None,
        artists: Sequence[str] | None = None,
        decades: Sequence[int] = (),
        not_decades: Sequence[int] = (),
        genres: Sequence[str] = (),
        not_genres: Sequence[str] = (),
        without: Collection[str] = (),
    ) -> list[Recording]:
        """Return the playable recordings around a point, nearest first, in a reproducible order.

        Parameters
        ----------
        limit : int, most recordings
        radius : float or None, largest `recommender.mood.distance`; None for any
        artists : sequence of str or None, names as in the tags; None for any
        decades : sequence of int, first years such as 1990; empty for any, including unknown
        not_decades, genres, not_genres : as in `recommender.types.Query`
        without : collection of str, keys to leave out
        """
        half, rise = (_VALENCE - target.valence) / 2, _ENERGY - target.energy
        square = half * half + rise * rise
        asked = select(square, RecordingRow.key).where(scope.condition(), _USABLE)
        if radius is not None:
            asked = asked.where(square <= radius**2)
        if artists is not None:
            asked = asked.where(RecordingRow.artist.in_(artists))
        asked = asked.where(
            *of_decades(RecordingRow.year, decades, not_decades),
            *of_genres(RecordingRow.genre, genres, not_genres),
        )
        with database_errors(), self._engine.connect() as connection:
            # Rounding makes the order the same for every engine's arithmetic.
            near = [(round(at, DIGITS), key) for at, key in connection.execute(asked)]
        keys = [key for _, key in sorted(near) if key not in without]
        return self.some(keys[:limit], scope)

    def correct(self, key: str, scope: Scope, valence: float, energy: float) -> bool:
        """Store a person's correction; return whether the recording exists and is usable.

        Raises
        ------
        ValueError
            When the point is outside the plane.
        """
        mood = Mood(valence, energy)
        return self._set(key, scope, mood.valence, mood.energy)

    def take_back(self, key: str, scope: Scope) -> bool:
        """Remove a correction, so that the model's values count again."""
        return self._set(key, scope, None, None)

    def remove(self, key: str, scope: Scope) -> Path | None:
        """Remove a recording, usable or not; return its file's path, or None without a recording.

        The file stays; `recommender.library.uploads.remove_upload` also deletes an upload.
        """
        here = RecordingRow.key == key, scope.condition()
        with database_errors(), write_transaction(self._engine) as connection:
            path = connection.scalar(select(RecordingRow.path).where(*here))
            if path is None:
                return None
            connection.execute(delete(RecordingRow).where(*here))
        return Path(path)

    def save(self, tagged: TaggedFile, listener: str | None = None) -> str:
        """Store a tagged file in place of its previous result, and return the key."""
        return save_recording(self._engine, tagged, listener)

    def _set(self, key: str, scope: Scope, valence: float | None, energy: float | None) -> bool:
        change = (
            update(RecordingRow)
            .where(RecordingRow.key == key, scope.condition(), _USABLE)
            .values(corrected_valence=valence, corrected_energy=energy)
        )
        with database_errors(), write_transaction(self._engine) as connection:
            there = select(RecordingRow.key).where(RecordingRow.key == key, scope.condition())
            # MariaDB does not count rows whose values stay the same, so check for the row first.
            if connection.scalar(there.where(_USABLE)) is None:
                return False
            connection.execute(change)
        return True

    def _rows(self, scope: Scope, *conditions: ColumnElement[bool]) -> list[Recording]:
        asked = select(RecordingRow.__table__).where(scope.condition(), *conditions)
        with database_errors(), self._engine.connect() as connection:
            return [_recording(row) for row in connection.execute(asked)]


def _recording(row: Row[Any]) -> Recording:
    corrected = row.corrected_valence is not None
    return Recording(
        **{
            name: getattr(row, name)
            for name in (
                *("key", "sha256", "stamp", "size"),
                *("title", "artist", "album", "year", "genre", "seconds", "tempo"),
            )
        },
        path=Path(row.path),
        valence=row.corrected_valence if corrected else row.valence,
        energy=row.corrected_energy if corrected else row.energy,
        tagged_valence=row.valence,
        tagged_energy=row.energy,
        quadrants=tuple(json.loads(row.quadrants)),
        feelings=tuple(json.loads(row.feelings)),
        corrected=corrected,
        dropped=row.listener_id is not None,
    )
