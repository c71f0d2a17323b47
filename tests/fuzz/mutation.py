"""Damage for any file: bits, bytes, lengths, order, pieces of other files, words, and very much."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

# Bytes of a piece that stands again and again: readers that take their square show.
MAX_REPEATED = 300_000
MAX_PIECE = 16


def changed(
    content: bytes, rng: Random, *, others: Sequence[bytes] = (), words: Sequence[bytes] = ()
) -> bytes:
    """Return a damaged file.

    others : files of the same kind, of which pieces are taken
    words : pieces that mean something in such files
    """
    # It loads decoders of sound, which not everybody needs.
    from tests.fakes.damage import mutated

    chance = rng.random()
    if chance < 0.02:
        return repeated(content, rng, words)
    if others and chance < 0.1:
        other = rng.choice(others)
        return content[: _place(content, rng)] + other[_place(other, rng) :]
    if words and chance < 0.5:
        return with_words(content, rng, words)
    return mutated(content, rng)


def with_words(content: bytes, rng: Random, words: Sequence[bytes]) -> bytes:
    """Put words into a file, or in the place of what is there."""
    made = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5])):
        place, word = _place(made, rng), rng.choice(words)
        over = len(word) if rng.random() < 0.5 else 0
        made[place : place + over] = word
    return bytes(made)


def repeated(content: bytes, rng: Random, words: Sequence[bytes]) -> bytes:
    """Put a piece into a file very many times."""
    place = _place(content, rng)
    piece = content[place : place + rng.randrange(1, MAX_PIECE)]
    if words and rng.random() < 0.5:
        piece = rng.choice(words)
    times = rng.randrange(1, MAX_REPEATED // max(len(piece), 1) + 2)
    return content[:place] + piece * times + content[place:]


def _place(content: bytes | bytearray, rng: Random) -> int:
    return rng.randrange(len(content) + 1)
