"""Names and titles: when two spellings mean the same, and how they are shown."""

from __future__ import annotations

import unicodedata

_ACCENTS = frozenset(map(chr, range(0x300, 0x370)))
# What Unicode does not take apart into a base and an accent, and the sign that is a word.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "&": "and"}
)


def fold(name: str) -> str:
    """Return a name without case, accents, spaces and punctuation, to be compared only.

    Only Latin, Greek and Cyrillic accents go: in other scripts the marks are vowels. A name of
    nothing but punctuation ("!!!") stays as it is.
    """
    apart = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    plain = "".join(
        character
        for character in apart
        if character not in _ACCENTS
        and (character.isalnum() or unicodedata.category(character).startswith("M"))
    )
    return plain or name.strip().casefold()


def printable(text: str) -> str:
    """Return a text in one line, without what could steer a terminal or has no letter."""
    return "".join(character if character.isprintable() else " " for character in text)
