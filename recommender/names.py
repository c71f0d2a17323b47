"""Names and titles: when two spellings mean the same, and how they are shown."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ACCENTS = frozenset(map(chr, range(0x300, 0x370)))
# What Unicode does not take apart into a base and an accent, and the sign that is a word.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "&": "and"}
)

# What is written behind a title without making it another song. A live, acoustic or remixed
# recording is another one: it may have another mood.
_VERSION = re.compile(
    r"\b(remaster(ed)?|mono|stereo|deluxe|bonus|anniversary|soundtrack|explicit|clean"
    r"|(single|album|radio|original|\d{4}) (version|edit|mix))\b|^(feat|ft|featuring|with|from)\b",
    re.IGNORECASE,
)
# Invisible, but some scripts need them to join or part letters.
_JOINERS = frozenset("\u200c\u200d")
# What steers a machine or the order of letters, halves of a pair, ends of lines.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# In no alphabet ever, and XML forbids them.
_NEVER = frozenset("\ufffe\uffff")
_BRACKETS = {")": "(", "]": "["}
_DASHES = (" - ", " – ")
# Of one title; each is looked for in all that stands before it.
MAX_ENDINGS = 10
# Longer than any name; to order accents takes the square of their number.
MAX_COMPARED = 5000


# The names of artists, genres and languages stay the same from one search to the next.
@lru_cache(20_000)
def fold(name: str) -> str:
    """Return a name without case, accents, spaces and punctuation, to be compared only.

    Only Latin, Greek and Cyrillic accents go: in other scripts the marks are vowels. A name of
    nothing but punctuation ("!!!") stays as it is. After `MAX_COMPARED` characters it is cut.
    """
    name = name[:MAX_COMPARED]
    apart = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    plain = "".join(
        character
        for character in apart
        if character not in _ACCENTS
        and (character.isalnum() or unicodedata.category(character).startswith("M"))
    )
    return plain or name.strip().casefold()


def plain_title(title: str) -> str:
    """Return a title without endings that name a version of the same song.

    "Hello - Remastered 2011", "Hello (feat. Nobody)" and 'Hello (From "A Film")' are "Hello". At
    most `MAX_ENDINGS` go.
    """
    for _ in range(MAX_ENDINGS):
        plain, ending = _ending_of(title)
        if not plain or not _VERSION.search(ending):
            break
        title = plain
    return title


def _ending_of(title: str) -> tuple[str, str]:
    """Return what stands before the last bracket or dash, and what stands in or behind it."""
    opening = _BRACKETS.get(title[-1:])
    if opening is not None:
        plain, _, ending = title[:-1].rpartition(opening)
    else:
        dash = max(_DASHES, key=title.rfind)
        plain, _, ending = title.rpartition(dash)
    return plain.strip(), ending.strip()


def printable(text: str) -> str:
    """Return a text in one line, without what could steer a terminal or has no letter."""
    return "".join(character if character.isprintable() else " " for character in text)


def visible(text: str) -> str:
    """Return a text in one line, without what is invisible or could turn its order around.

    "" where nothing is left. Letters of all scripts stay, and so do emoji and what joins them.
    """
    if not text.isprintable():
        text = "".join(character if _is_seen(character) else " " for character in text)
    return " ".join(text.split())


def _is_seen(character: str) -> bool:
    if character in _JOINERS:
        return True
    return unicodedata.category(character) not in _UNSEEN and character not in _NEVER


class Names:
    """Names of a catalogue, to find those that a listener means. Any number of threads may ask."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[str, list[str]] = {}
        for name in names:
            self._names.setdefault(fold(name), []).append(name)
        self._meant: dict[str, list[str]] = {}

    def meant(self, wish: str) -> list[str]:
        """Return the names that somebody means who typed a wish.

        The whole name, if someone has it; else everyone in whose name the wish stands as whole
        words: "AR Rahman" and "Rahman" both find "A. R. Rahman", and "Queen" does not find "Queen
        Latifah" where there is a "Queen".
        """
        wanted = fold(wish)
        exact = self._names.get(wanted)
        if exact is not None:
            return exact
        # A journey asks for the same names at each of its steps.
        if wanted not in self._meant:
            # A word of signs alone ("!!!") is not in a folded name of several words.
            anywhere = not wanted.isalnum()
            self._meant[wanted] = [
                name
                for folded, names in self._names.items()
                if anywhere or wanted in folded
                for name in names
                if _holds([fold(word) for word in name.split()], wanted)
            ]
        return self._meant[wanted]


def _holds(words: Sequence[str], wanted: str) -> bool:
    """Whether consecutive words, written together, are the wanted text."""
    together = "".join(words)
    places = list(accumulate(map(len, words), initial=0))
    ends = set(places[1:])
    return bool(wanted) and any(
        start + len(wanted) in ends and together.startswith(wanted, start) for start in places[:-1]
    )
