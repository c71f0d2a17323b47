"""Names, numbers and times as text: decoded, compared, shown, and guarded from spreadsheets."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate
from typing import Any

_ACCENTS = frozenset(map(chr, range(0x300, 0x370)))
# Letters that Unicode does not decompose into base and accent; & stands for a word.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "&": "and"}
)

# Suffixes of a title that do not make it another song. A live, acoustic or remixed recording is
# another song: it may have another mood.
_VERSION = re.compile(
    r"\b(remaster(ed)?|mono|stereo|deluxe|bonus|anniversary|soundtrack|explicit|clean"
    r"|(single|album|radio|original|\d{4}) (version|edit|mix))\b|^(feat|ft|featuring|with|from)\b",
    re.IGNORECASE,
)
_NO_LETTERS = re.compile("[^a-z0-9]+")
# Invisible, but some scripts need them to join or separate letters.
_JOINERS = frozenset("\u200c\u200d")
# Control characters, format characters (among them text direction), surrogates, line ends.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Characters read for each that is kept: the others may be blanks.
_SPARE = 4
# Noncharacters, which XML forbids.
_NEVER = frozenset("\ufffe\uffff")
_BRACKETS = {")": "(", "]": "["}
_DASHES = (" - ", " – ")
# Suffixes removed from one title; each takes a search of the whole rest.
MAX_ENDINGS = 10
# Share of letters that a mistyped name has right: one slip in seven. Of 10,000 names of artists, a
# slip is then set right in 82 of 100 cases, and a name that is not there is taken for another in 3.
CLOSE = 0.85
# Longer than any name; normalising takes quadratic time in the number of accents.
MAX_COMPARED = 5000


# Letters beyond ASCII from which on shares tell a language; fewer must all be of it.
MANY_LETTERS = 20
# Least share of Russian's ten commonest letters among its letters; in Greek, and in Russian read by
# another code page, it is about a fifth.
_COMMON_CYRILLIC, CYRILLIC_SHARE = frozenset("оеаинтсрвл"), 0.4
# Russian words are all beyond ASCII; in western ones, such letters stand alone.
NEIGHBOURS_SHARE = 0.7
JAPANESE_SHARE = 0.8
MIN_KANA = 2
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[a-z]", re.IGNORECASE)
# Cyrillic letters that follow each other; a single one may be a French "à".
_CYRILLIC = re.compile("[\u0410-\u044f\u0401\u0451]{3}")


def code_page(content: bytes) -> str:
    """Return the most likely encoding of a text that is not UTF-8: Japanese, Russian or Western.

    Programs of Windows write in the code page of their machine, and do not say which.

    Returns
    -------
    str, "cp932", "cp1251" or "cp1252"
    """
    if _is_japanese(content.decode("cp932", "replace")):
        return "cp932"
    return "cp1251" if _is_russian(content) else "cp1252"


def _is_japanese(text: str) -> bool:
    beyond = [letter for letter in text if not letter.isascii()]
    kana = sum("\u3040" <= letter <= "\u30ff" for letter in beyond)
    if len(beyond) < MANY_LETTERS:
        return kana > 0 and not any(map(_is_no_japanese, beyond))
    wide = kana + sum(
        "\u4e00" <= letter <= "\u9fff" or "\u3000" <= letter <= "\u3005" for letter in beyond
    )
    return kana >= MIN_KANA and wide >= JAPANESE_SHARE * len(beyond)


def _is_no_japanese(letter: str) -> bool:
    """Return whether a letter speaks against Japanese: a half-width one, or one of private use.

    Latin accents look like half-width letters in bytes; the code page's signs of a user's own are
    boxes on any other machine.
    """
    kind = unicodedata.category(letter)
    return letter == "\ufffd" or unicodedata.east_asian_width(letter) == "H" or kind == "Co"


def _is_russian(content: bytes) -> bool:
    text = content.decode("cp1251", "replace")
    words = _BEYOND_ASCII.findall(content)
    letters = sum(map(len, words))
    if letters < MANY_LETTERS:
        mixed = any(_LATIN.search(word) and not word.isascii() for word in _WORD.findall(text))
        return bool(_CYRILLIC.search(text)) and not mixed
    together = sum(len(word) for word in words if len(word) > 1)
    cyrillic = [letter for letter in text.casefold() if "\u0400" <= letter <= "\u04ff"]
    common = sum(letter in _COMMON_CYRILLIC for letter in cyrillic)
    return together >= NEIGHBOURS_SHARE * letters and common >= CYRILLIC_SHARE * len(cyrillic) > 0


# Names of artists, genres and languages recur from one search to the next.
@lru_cache(20_000)
def fold(name: str) -> str:
    """Return a name without case, accents, spaces and punctuation, for comparison only.

    Only Latin, Greek and Cyrillic accents are removed: in other scripts, marks are vowels. A name
    that is all punctuation ("!!!") stays as it is. Truncated after `MAX_COMPARED` characters.
    """
    name = name[:MAX_COMPARED]
    apart = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    if apart.isascii():
        plain = _NO_LETTERS.sub("", apart)
    else:
        plain = "".join(
            character
            for character in apart
            if character not in _ACCENTS
            and (character.isalnum() or unicodedata.category(character).startswith("M"))
        )
    return plain or name.strip().casefold()


def plain_title(title: str) -> str:
    """Return a title without suffixes that name a version of the same song.

    "Hello - Remastered 2011", "Hello (feat. Nobody)" and 'Hello (From "A Film")' become "Hello". At
    most `MAX_ENDINGS` are removed.
    """
    for _ in range(MAX_ENDINGS):
        plain, ending = ending_of(title)
        if not plain or not _VERSION.search(ending):
            break
        title = plain
    return title


def ending_of(title: str) -> tuple[str, str]:
    """Split a title at its last bracket or dash, and return the texts before and after it."""
    opening = _BRACKETS.get(title[-1:])
    if opening is not None:
        plain, _, ending = title[:-1].rpartition(opening)
    else:
        dash = max(_DASHES, key=title.rfind)
        plain, _, ending = title.rpartition(dash)
    return plain.strip(), ending.strip()


def visible(text: object, length: int | None = None, *, nothing: str = "") -> str:
    """Return a text in one line, without invisible characters and those that change text direction.

    Letters of all scripts stay, and so do emoji and their joiners. The line is safe in a page, a
    file and a terminal.

    Parameters
    ----------
    text : object, anything but a str counts as an empty text
    length : int or None, maximum number of characters
    nothing : str, returned when nothing is left
    """
    line = text if isinstance(text, str) else ""
    if length is not None:
        # Before it is cleaned, which takes time for each character.
        line = line[: _SPARE * length]
    if not line.isprintable():
        line = "".join(character if _is_seen(character) else " " for character in line)
    return " ".join(line.split())[:length].strip() or nothing


def _is_seen(character: str) -> bool:
    if character in _JOINERS:
        return True
    return unicodedata.category(character) not in _UNSEEN and character not in _NEVER


def json_object(text: bytes) -> dict[str, Any]:
    """Return the object that an answer in JSON holds; {} for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def genre_words(genre: str) -> str:
    """Return the words of a genre between blanks: " hip hop " for "Hip-Hop"."""
    plain = visible(genre).casefold().replace("-", " ").replace("/", " ")
    return f" {' '.join(plain.split())} "


def is_of_genre(genre: str, wish: str) -> bool:
    """Return whether a genre contains the words of another: "indie rock" is rock, "k-pop" pop."""
    return genre_words(wish) in genre_words(genre)


class NameIndex:
    """Index of artist names for lookup by what a listener typed. Thread-safe."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[str, list[str]] = {}
        for name in names:
            self._names.setdefault(fold(name), []).append(name)
        self._meant: dict[str, list[str]] = {}
        self._guessed: set[str] = set()
        self._words: dict[str, list[str]] = {}

    def match(self, wish: str) -> list[str]:
        """Return the artist names that match what a listener typed.

        An exact match wins; otherwise all names match that contain the text as whole words: "AR
        Rahman" and "Rahman" both find "A. R. Rahman", and "Queen" does not find "Queen Latifah" if
        there is a "Queen". Without such a name, "Anirud" finds "Anirudh", or the names with this
        word, if no other is as close.
        """
        wanted = fold(wish)
        exact = self._names.get(wanted)
        if exact is not None:
            return exact
        # A journey looks the same names up at each of its steps.
        if wanted not in self._meant:
            # A word that is all punctuation ("!!!") is not in the folded form of several words.
            anywhere = not wanted.isalnum()
            found = [
                name
                for folded, names in self._names.items()
                if anywhere or wanted in folded
                for name in names
                if _holds([fold(word) for word in name.split()], wanted)
            ]
            if not found:
                found = _nearest(self._names, wanted)
                if not found and " " not in wish.strip():
                    found = _nearest(self._by_word(), wanted)
                self._guessed.add(wanted)
            self._meant[wanted] = found
        return self._meant[wanted]

    def named(self, wish: str) -> str | None:
        """Return the name that a text is, but for case, accents and punctuation; else None."""
        return next(iter(self._names.get(fold(wish), ())), None)

    def is_guess(self, wish: str) -> bool:
        """Return whether `match` has found no name that a listener typed, and perhaps guessed."""
        return fold(wish) in self._guessed

    def _by_word(self) -> dict[str, list[str]]:
        if not self._words:
            words: dict[str, list[str]] = {}
            for names in self._names.values():
                for name in names:
                    # Not folded, which takes long for all names.
                    for word in set(name.casefold().split()):
                        words.setdefault(word, []).append(name)
            self._words = words
        return self._words


def _nearest(names: Mapping[str, list[str]], wanted: str) -> list[str]:
    """Return the names that a mistyped one stands for; [] in doubt."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    found = process.extract(
        wanted, names.keys(), scorer=OSA.normalized_similarity, score_cutoff=CLOSE, limit=2
    )
    if not found or [score for _, score, _ in found[1:]] == [found[0][1]]:
        return []
    return names[found[0][0]]


def _holds(words: Sequence[str], wanted: str) -> bool:
    """Return whether consecutive words, joined, equal the wanted text."""
    together = "".join(words)
    places = list(accumulate(map(len, words), initial=0))
    ends = set(places[1:])
    return bool(wanted) and any(
        start + len(wanted) in ends and together.startswith(wanted, start) for start in places[:-1]
    )


def utc_now() -> datetime:
    """Return the current UTC time (timezone-aware)."""
    return datetime.now(UTC)


# Characters that start a formula, full-width forms of East Asia included.
FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# A spreadsheet may start a cell after any of these, whatever the file's own separator: in half of
# Europe it is the semicolon. Blanks and quotes after it are ignored.
_BEGINNING = r'(^|[;\t\r\n])((?:[^\S\t\r\n]|")*)'
_SIGN = f"[{re.escape(''.join(FORMULA_SIGNS))}]"
# An existing apostrophe gets another, so that each text survives the round trip.
_FORMULA = re.compile(f"{_BEGINNING}(?='*{_SIGN})")
_GUARDED = re.compile(f"{_BEGINNING}'(?='*{_SIGN})")


def guarded(text: str) -> str:
    """Return a text with an apostrophe before everything that could start a formula."""
    return _FORMULA.sub(r"\1\2'", text)


def unguarded(text: str) -> str:
    """Return the text without the apostrophes that `guarded`, or a person, put before formulas."""
    return _GUARDED.sub(r"\1\2", text)
