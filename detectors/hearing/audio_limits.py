"""Limits of size and length for music files, in a module that imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """Limits for a music file.

    Attributes
    ----------
    max_bytes : int, size of the file
    max_seconds : int, length of the piece
    """

    max_bytes: int
    max_seconds: int


# Limits for visitors' uploads.
DROPPED = AudioLimits(25 * 1024 * 1024, 15 * 60)
# Limits for the owner's files: an hour of a lossless concert has 600 MB, more with 24 bits.
OWN = AudioLimits(1024 * 1024 * 1024, 3 * 3600)
