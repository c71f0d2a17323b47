"""Recordings as they are kept: one row for each content and whose it is, with a place.

The place is one beside the catalogue's songs. The model gives valence and arousal as the mood
words' norms have them. A regression says little of extremes, and the norms of arousal hardly leave
their middle: taken as they are, all recordings would lie in a heap. Linear equating (Kolen and
Brennan, *Test Equating, Scaling, and Linking*, 2014) gives them the mean and the spread of the
catalogue's songs.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select, update

from detectors.types import Message, MusicScores
from recommender.db.engine import database_errors, write_transaction
from recommender.db.tables import NAME_LENGTH, RecordingRow
from recommender.errors import Unavailable
from recommender.library.tags import Tags
from recommender.listeners.store import ensure_listener
from recommender.text import utc_now
from recommender.types import MAX_TEXT_LENGTH

# An unchanged duration means that only the tags were edited.
SAME_LENGTH_S = 0.05
# An import or a restore may hold the write lock for long.
SAVE_TRIES = 12


@dataclass(frozen=True, slots=True)
class TaggedFile:
    """A tagged file.

    Attributes
    ----------
    path : Path, absolute
    sha256 : str, hexadecimal digest of the content
    stamp : str, from `recommender.library.file_tagging.mtime_stamp`
    size : int, bytes
    model : str, version of the tagger
    scores : MusicScores or None, None when the file cannot be used
    problem : Message or None, why the file cannot be used
    """

    path: Path
    sha256: str
    stamp: str
    size: int
    tags: Tags
    model: str
    scores: MusicScores | None = None
    problem: Message | None = None


def key_of(sha256: str, listener: str | None = None) -> str:
    """Return the key of a content's row; the same file of two listeners has two keys.

    Parameters
    ----------
    listener : str or None, the uploader's id; None for the owner
    """
    return hashlib.sha256(f"{listener or ''}\n{sha256}".encode()).hexdigest()


def save_recording(
    engine: Engine,
    tagged: TaggedFile,
    listener: str | None = None,
    *,
    now: Callable[[], datetime] = utc_now,
) -> str:
    """Insert or update a recording and return its key.

    A correction is kept: with the content, wherever the file lies, and with the path when only the
    tags were edited.

    Raises
    ------
    Unavailable
        When the database cannot be used.
    """
    key = key_of(tagged.sha256, listener)
    row = _row(tagged) | {"tagged_at": now().replace(tzinfo=None, microsecond=0)}
    with database_errors(), write_transaction(engine) as connection:
        if listener is None:
            row |= _edited(connection, key, tagged)
        else:
            ensure_listener(connection, listener, now())
        same = RecordingRow.key == key
        if connection.scalar(select(RecordingRow.key).where(same)) is None:
            new = {"key": key, "listener_id": listener, **row}
            connection.execute(insert(RecordingRow), new)
        else:
            connection.execute(update(RecordingRow).where(same).values(row))
    return key


def _edited(connection: Connection, key: str, tagged: TaggedFile) -> dict[str, float]:
    """Return the correction of the last recording at this path, when the sound is the same.

    The duration decides. Editing a file's title must not lose its correction.
    """
    if tagged.tags.seconds is None:
        return {}
    asked = select(RecordingRow.corrected_valence, RecordingRow.corrected_energy).where(
        RecordingRow.path == str(tagged.path),
        RecordingRow.listener_id.is_(None),
        RecordingRow.key != key,
        RecordingRow.corrected_valence.is_not(None),
        func.abs(RecordingRow.seconds - tagged.tags.seconds) <= SAME_LENGTH_S,
    )
    before = connection.execute(asked).first()
    return {} if before is None else dict(before._mapping)  # noqa: SLF001 - public in SQLAlchemy


def _row(tagged: TaggedFile) -> dict[str, object]:
    scores, tags = tagged.scores, tagged.tags
    valence, energy = (None, None) if scores is None else equate_to_catalogue(scores)
    return {
        "sha256": tagged.sha256,
        "path": str(tagged.path),
        "size": tagged.size,
        "stamp": tagged.stamp,
        "title": tags.title,
        "artist": tags.artist,
        "album": tags.album,
        "year": tags.year,
        "genre": tags.genre,
        "seconds": tags.seconds,
        "valence": valence,
        "energy": energy,
        "quadrants": scores and json.dumps(scores.quadrants),
        "feelings": scores and json.dumps(scores.feelings),
        "tempo": scores and scores.tempo,
        "model": tagged.model[:NAME_LENGTH],
        "problem": tagged.problem and tagged.problem.packed()[:MAX_TEXT_LENGTH],
    }


def retry_while_busy(act: Callable[[], object]) -> None:
    """Run a write, retrying while another writer is busy; each try itself waits some seconds."""
    for tries_left in reversed(range(SAVE_TRIES)):
        try:
            act()
        except Unavailable:
            if not tries_left:
                raise
        else:
            return


@dataclass(frozen=True, slots=True)
class MeanStd:
    """Mean and standard deviation."""

    mean: float
    deviation: float


# Decimals kept; finer differences are inaudible.
DECIMALS = 6
# Scores of the 720 clips of 4Q, 180 in each quadrant, cross-fitted (models/music.md).
MODEL_VALENCE, MODEL_ENERGY = MeanStd(0.025, 0.281), MeanStd(0.473, 0.089)
# The 1,710 songs of the starter catalogue.
CATALOGUE_VALENCE, CATALOGUE_ENERGY = MeanStd(-0.010, 0.494), MeanStd(0.599, 0.225)


def equate_to_catalogue(scores: MusicScores) -> tuple[float, float]:
    """Return a recording's valence, −1..1, and energy, 0..1."""
    valence = _equated(scores.valence, MODEL_VALENCE, CATALOGUE_VALENCE)
    energy = _equated(scores.energy, MODEL_ENERGY, CATALOGUE_ENERGY)
    return min(1.0, max(-1.0, valence)), min(1.0, max(0.0, energy))


def _equated(value: float, model: MeanStd, catalogue: MeanStd) -> float:
    equated = catalogue.mean + (value - model.mean) / model.deviation * catalogue.deviation
    return round(equated, DECIMALS)
