"""The recordings of a library: found, corrected, taken away. Any number of threads may ask at once.

What a person has corrected goes before what the model said, wherever a place in the plane counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from recommender.database import answering, writing
from recommender.library.keeping import save
from recommender.places import DIGITS, tens_of
from recommender.tables import RecordingRow
from recommender.types import Mood

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Engine, Row

    from recommender.library.keeping import Heard
    from recommender.library.scope import Scope

# No engine takes any number of values in one statement.
KEYS_AT_ONCE = 1000
_VALENCE = func.coalesce(RecordingRow.corrected_valence, RecordingRow.valence)
_ENERGY = func.coalesce(RecordingRow.corrected_energy, RecordingRow.energy)
_USABLE = RecordingRow.problem.is_(None)


@dataclass(frozen=True, slots=True)
class Recording:
    """An audio file with its place in the plane.

    key : names it in the library; the same content keeps it
    sha256, stamp, size : of the file as it was heard, as in `recommender.library.keeping.Heard`
    path : absolute, on the machine that runs the app
    title, artist : never empty
    seconds : its whole length; None where its header does not say
    valence, energy : −1..1 and 0..1, corrected or else as the model said
    tagged_valence, tagged_energy : as the model said
    quadrants : probability of each of `detectors.types.QUADRANTS`
    feelings : share of listeners for each of `detectors.types.GEMS_FEELINGS`
    corrected : whether a person has put it elsewhere than the model
    dropped : whether a listener dropped it into the page, and it is theirs alone
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


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that cannot be used, and in a sentence why.

    dropped : as in `Recording`
    """

    key: str
    path: Path
    problem: str
    dropped: bool


class Recordings:
    """All recordings of a database, each seen only in a scope that it is in.

    Every method raises `recommender.errors.Unavailable` when the database cannot be used.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, scope: Scope) -> list[Recording]:
        """Return what can be played, by artist and title."""
        rows = self._rows(scope, _USABLE)
        return sorted(rows, key=lambda one: (one.artist.casefold(), one.title.casefold(), one.key))

    def problems(self, scope: Scope) -> list[Problem]:
        """Return the files that cannot be used, by path."""
        asked = select(
            RecordingRow.key, RecordingRow.path, RecordingRow.problem, RecordingRow.listener_id
        ).where(scope.condition(), RecordingRow.problem.is_not(None))
        with answering(), self._engine.connect() as connection:
            found = [
                Problem(key, Path(path), problem or "", listener is not None)
                for key, path, problem, listener in connection.execute(asked)
            ]
        return sorted(found, key=lambda one: (one.path, one.key))

    def get(self, key: str, scope: Scope) -> Recording | None:
        """Return what can be played under a key; None where it is not in the scope, or has gone."""
        return next(iter(self.some([key], scope)), None)

    def some(self, keys: Sequence[str], scope: Scope) -> list[Recording]:
        """Return the recordings of some keys in their order, without those that have gone since."""
        found = {}
        for first in range(0, len(keys), KEYS_AT_ONCE):
            part = RecordingRow.key.in_(keys[first : first + KEYS_AT_ONCE])
            found.update({one.key: one for one in self._rows(scope, _USABLE, part)})
        return [found[key] for key in keys if key in found]

    def artists(self, scope: Scope) -> list[str]:
        """Return everyone of whom there is something to play, sorted without regard to case."""
        asked = select(RecordingRow.artist).where(scope.condition(), _USABLE).distinct()
        with answering(), self._engine.connect() as connection:
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
        without: Collection[str] = (),
    ) -> list[Recording]:
        """Return the recordings around a point, nearest first, always in the same order.

        radius : `recommender.mood.distance` that one may be away; None for any
        artists : names as the tags have them; None means any
        decades : first years of those that they are from; () means any, and those without a year
        without : keys of those that must not come
        """
        half, rise = (_VALENCE - target.valence) / 2, _ENERGY - target.energy
        square = half * half + rise * rise
        asked = select(square, RecordingRow.key).where(scope.condition(), _USABLE)
        if radius is not None:
            asked = asked.where(square <= radius**2)
        if artists is not None:
            asked = asked.where(RecordingRow.artist.in_(artists))
        if decades:
            asked = asked.where((RecordingRow.year // 10).in_(tens_of(decades)))
        with answering(), self._engine.connect() as connection:
            # Rounded, so that each engine's arithmetic gives the same order.
            near = [(round(at, DIGITS), key) for at, key in connection.execute(asked)]
        keys = [key for _, key in sorted(near) if key not in without]
        return self.some(keys[:limit], scope)

    def correct(self, key: str, scope: Scope, valence: float, energy: float) -> bool:
        """Note where a person puts a recording, and return whether it is there to be put.

        Raises
        ------
        ValueError
            When the point is outside the plane.
        """
        mood = Mood(valence, energy)
        return self._set(key, scope, mood.valence, mood.energy)

    def take_back(self, key: str, scope: Scope) -> bool:
        """Forget a correction: what the model said counts again."""
        return self._set(key, scope, None, None)

    def remove(self, key: str, scope: Scope) -> Path | None:
        """Take a recording, usable or not, out of the library, and return where its file lies.

        The file stays; `recommender.library.dropped.remove_dropped` deletes a dropped one, too.
        None: there was none.
        """
        here = RecordingRow.key == key, scope.condition()
        with answering(), writing(self._engine) as connection:
            path = connection.scalar(select(RecordingRow.path).where(*here))
            if path is None:
                return None
            connection.execute(delete(RecordingRow).where(*here))
        return Path(path)

    def save(self, heard: Heard, listener: str | None = None) -> str:
        """Keep what was heard in a file, in the place of the last, and return its key."""
        return save(self._engine, heard, listener)

    def _set(self, key: str, scope: Scope, valence: float | None, energy: float | None) -> bool:
        change = (
            update(RecordingRow)
            .where(RecordingRow.key == key, scope.condition(), _USABLE)
            .values(corrected_valence=valence, corrected_energy=energy)
        )
        with answering(), writing(self._engine) as connection:
            there = select(RecordingRow.key).where(RecordingRow.key == key, scope.condition())
            # Not by the count of changed rows: MariaDB leaves out those that had the same values.
            if connection.scalar(there.where(_USABLE)) is None:
                return False
            connection.execute(change)
        return True

    def _rows(self, scope: Scope, *conditions: ColumnElement[bool]) -> list[Recording]:
        asked = select(RecordingRow.__table__).where(scope.condition(), *conditions)
        with answering(), self._engine.connect() as connection:
            return [_recording(row) for row in connection.execute(asked)]


def _recording(row: Row[Any]) -> Recording:
    corrected = row.corrected_valence is not None
    return Recording(
        **{
            name: getattr(row, name)
            for name in (
                *("key", "sha256", "stamp", "size"),
                *("title", "artist", "album", "year", "genre", "seconds"),
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
