"""How large and how long a music file may be; in a module that imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """What is read of all that a music file may be.

    max_bytes : the largest file
    max_seconds : the longest piece, by its header
    """

    max_bytes: int
    max_seconds: int


# Anybody may drop files.
DROPPED = AudioLimits(25 * 1024 * 1024, 15 * 60)
# The owner's own: an hour of a lossless concert in one file has 600 MB, and more with 24 bits.
OWN = AudioLimits(1024 * 1024 * 1024, 3 * 3600)
