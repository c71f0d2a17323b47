"""Recordings of a library without any sound: rows as the tagging writes them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from detectors.types import GEMS_FEELINGS, QUADRANTS, Message, MusicScores
from recommender.library.tags import Tags
from recommender.library.writer import (
    CATALOGUE_ENERGY,
    CATALOGUE_VALENCE,
    MODEL_ENERGY,
    MODEL_VALENCE,
    TaggedFile,
    save_recording,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

MODEL = "fake"


def heard_at(valence: float, energy: float) -> tuple[float, float]:
    """Return the valence and energy that a model must hear for a recording to lie at a point."""
    pairs = (
        (valence, CATALOGUE_VALENCE, MODEL_VALENCE),
        (energy, CATALOGUE_ENERGY, MODEL_ENERGY),
    )
    left, right = (
        tagged.mean + (value - catalogue.mean) / catalogue.deviation * tagged.deviation
        for value, catalogue, tagged in pairs
    )
    return left, right


def scores_at(valence: float, energy: float) -> MusicScores:
    """Return scores that put a recording at a point, sure of its quadrant and of two feelings."""
    leading = (0 if valence >= 0 else 1) if energy >= 0.5 else (3 if valence >= 0 else 2)
    shares = tuple(0.7 if place == leading else 0.1 for place in range(len(QUADRANTS)))
    feelings = [0.1] * len(GEMS_FEELINGS)
    feelings[leading], feelings[leading + 4] = 0.8, 0.6
    return MusicScores(shares, *heard_at(valence, energy), tuple(feelings))


def keep_song(
    engine: Engine,
    title: str,
    artist: str = "Fake Artist",
    *,
    at: tuple[float, float] = (0.9, 0.7),
    listener: str | None = None,
    path: Path | None = None,
    year: int | None = None,
    genre: str | None = None,
    problem: str | None = None,
) -> str:
    """Keep a recording and return its key.

    at : valence and energy
    listener : who dropped it; None for the owner's folders
    path : of a real file, where something is to be played
    problem : why it cannot be used, the id of a message or a sentence
    """
    content = path.read_bytes() if path else f"{title}\n{artist}".encode()
    path = path or Path(f"/nowhere/music/{title}.flac")
    tagged = TaggedFile(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        stamp="1",
        size=len(content),
        tags=Tags(title, artist, "Fake Album", year, genre, 181.4),
        model=MODEL,
        scores=None if problem else scores_at(*at),
        problem=problem and Message(problem),
    )
    return save_recording(engine, tagged, listener)
