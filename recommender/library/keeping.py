"""What was heard in a file, and how it is kept: one row for each content and whose it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from recommender.answers import utc_now
from recommender.database import answering, writing
from recommender.errors import Unavailable
from recommender.listeners import greet
from recommender.tables import NAME_LENGTH, RecordingRow
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from detectors.types import MusicScores
    from recommender.library.tags import Tags
from recommender.library.place import place_of

# Of a file whose tags were edited, the sound is as long as before.
SAME_LENGTH_S = 0.05
# Somebody else may write for long: an import, a restore.
SAVE_TRIES = 12


@dataclass(frozen=True, slots=True)
class Heard:
    """A file that was looked at.

    path : absolute
    sha256 : of its content
    stamp : as `recommender.library.hearing.stamp_of` gives it
    size : bytes
    scores : None when the file cannot be used
    model : version of the tagger
    problem : one sentence why it cannot be used; None when it can
    """

    path: Path
    sha256: str
    stamp: str
    size: int
    tags: Tags
    model: str
    scores: MusicScores | None = None
    problem: str | None = None


def key_of(sha256: str, listener: str | None = None) -> str:
    """Return under which key a content is kept.

    listener : whose it is; None for the owner. Two listeners who drop the same file have one each.
    """
    return hashlib.sha256(f"{listener or ''}\n{sha256}".encode()).hexdigest()


def save(
    engine: Engine,
    heard: Heard,
    listener: str | None = None,
    *,
    now: Callable[[], datetime] = utc_now,
) -> str:
    """Keep what was heard in the place of the last, and return its key.

    A correction stays: with the content, wherever it lies, and with the path where but the tags
    were edited.

    Raises
    ------
    Unavailable
        When the database cannot be used.
    """
    key = key_of(heard.sha256, listener)
    row = _row(heard) | {"tagged_at": now().replace(tzinfo=None, microsecond=0)}
    with answering(), writing(engine) as connection:
        if listener is None:
            row |= _edited(connection, key, heard)
        else:
            greet(connection, listener, now())
        same = RecordingRow.key == key
        if connection.scalar(select(RecordingRow.key).where(same)) is None:
            new = {"key": key, "listener_id": listener, **row}
            connection.execute(insert(RecordingRow), new)
        else:
            connection.execute(update(RecordingRow).where(same).values(row))
    return key


def _edited(connection: Connection, key: str, heard: Heard) -> dict[str, float]:
    """Return the correction of what lay at the same path before, when the sound is the same.

    The length tells: who writes another title into a file must not lose what they said of it.
    """
    if heard.tags.seconds is None:
        return {}
    asked = select(RecordingRow.corrected_valence, RecordingRow.corrected_energy).where(
        RecordingRow.path == str(heard.path),
        RecordingRow.listener_id.is_(None),
        RecordingRow.key != key,
        RecordingRow.corrected_valence.is_not(None),
        func.abs(RecordingRow.seconds - heard.tags.seconds) <= SAME_LENGTH_S,
    )
    before = connection.execute(asked).first()
    return {} if before is None else dict(before._mapping)  # noqa: SLF001 - SQLAlchemy's own name


def _row(heard: Heard) -> dict[str, object]:
    scores, tags = heard.scores, heard.tags
    valence, energy = (None, None) if scores is None else place_of(scores)
    return {
        "sha256": heard.sha256,
        "path": str(heard.path),
        "size": heard.size,
        "stamp": heard.stamp,
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
        "model": heard.model[:NAME_LENGTH],
        "problem": heard.problem and heard.problem[:MAX_TEXT_LENGTH],
    }


def patiently(act: Callable[[], object]) -> None:
    """Write, and try again while another writer is busy; each try waits for some seconds itself."""
    for tries_left in reversed(range(SAVE_TRIES)):
        try:
            act()
        except Unavailable:
            if not tries_left:
                raise
        else:
            return
