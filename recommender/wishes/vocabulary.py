"""The words of the field "in words", read from ``data/wishes.toml`` into one tree per language."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from recommender.mood import EMOTION_POINTS
from recommender.types import DECADES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TABLE = Path(__file__).parents[1] / "data" / "wishes.toml"
# Ends of clauses in all scripts; an exclamation that is repeated makes a mood stronger.
MARK, SHOUT, GAP = ",", "!", " "
_MARKS = frozenset(",;:!?()[]…—–。、、؛،؟।|\n")
# Latin, Greek and Cyrillic accents, the nukta, Arabic vowels and hamzas, an emoji's looks.
_UNHEARD = frozenset(
    chr(code)
    for first, last in ((0x300, 0x370), (0x64B, 0x656), (0xFE00, 0xFE10))
    for code in range(first, last)
) | frozenset("\u093c\u0640\u0670\u200b\u200c\u200d")
# Spellings that are used for one another (yeh, heh and alef, candrabindu), and letters that Unicode
# does not decompose.
_SAME = str.maketrans(
    {
        "\u0649": "\u064a",
        "\u0629": "\u0647",
        "\u0671": "\u0627",
        "\u0901": "\u0902",
        "ø": "o",
        "ł": "l",
        "æ": "ae",
        "œ": "oe",
        "\u0131": "i",
    }
)
# Letters that Arabic writes together with the word that follows.
PREFIXES = ("وبال", "وال", "بال", "كال", "فال", "لل", "ال", "و", "ب", "ل", "ف")
_ARABIC = re.compile("[\u0628-\u0648]$")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# Letters of a folded text: Korean syllables become three, and some signs twenty.
MAX_LETTERS = 1200
_TREE_END, _STEM_END = "", "*"
# Marks that make another kana of the one before them.
_VOICED = frozenset("\u3099\u309a")


class Word(NamedTuple):
    """A meaning of a word: the line of the table, and the concept that it names there."""

    kind: str
    value: str = ""


class Found(NamedTuple):
    """Meanings found in a text, and the place where the word or phrase ends."""

    end: int
    words: tuple[Word, ...]


class MoodWord(NamedTuple):
    """A mood of the table.

    Attributes
    ----------
    point : (valence −1..1, energy 0..1)
    opposite : str, the mood of somebody who is not so; "" where that says nothing
    goal : str, the goal of music that is called so; "" for none
    """

    point: tuple[float, float]
    opposite: str = ""
    goal: str = ""


class Folded(NamedTuple):
    """A text without case, accents and punctuation, and the place of each letter in the original.

    Clauses end with MARK or SHOUT, words with GAP.
    """

    text: str
    places: tuple[int, ...]


def fold_text(text: str) -> Folded:
    """Return a text for comparison with the table, at most `MAX_LETTERS` of it."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for letter in _letters(character, letters):
            ends = letter in {MARK, SHOUT, GAP}
            if ends and letters and letters[-1] in {MARK, SHOUT, GAP}:
                if letter == SHOUT and letters[-1] == MARK and text[place - 1] == "!":
                    letters[-1] = SHOUT
                elif letter != GAP and letters[-1] == GAP:
                    letters[-1] = MARK
                continue
            letters.append(MARK if letter == SHOUT else letter)
            places.append(place)
        if len(letters) >= MAX_LETTERS:
            break
    return Folded("".join(letters), tuple(places))


def _letters(character: str, before: list[str]) -> Iterator[str]:
    for one in unicodedata.normalize("NFKD", character.casefold().translate(_SAME)):
        letter = one.translate(_SAME)
        if letter in _UNHEARD:
            continue
        category = unicodedata.category(letter[0])
        if letter.isdecimal():
            yield str(unicodedata.decimal(letter))
        elif letter.isalpha() or category[0] == "M" or category == "So":
            yield letter
        elif letter == SHOUT:
            yield SHOUT
        elif letter in _MARKS or (letter == "." and not _is_initial(before)):
            yield MARK
        else:
            yield GAP


def _is_initial(before: list[str]) -> bool:
    """Return whether the last word is one letter, as in "A. R. Rahman"."""
    return bool(before) and before[-1].isalpha() and (len(before) == 1 or before[-2] == GAP)


def script_of(letter: str) -> str:
    """Return "9" for a digit, "c" for kana and kanji, "e" for a sign, "" for a gap, else "w"."""
    if letter in {MARK, SHOUT, GAP}:
        return ""
    if letter.isdecimal():
        return "9"
    if "\u3040" <= letter <= "\u30ff" or "\u3400" <= letter <= "\u9fff":
        return "c"
    return "e" if unicodedata.category(letter) == "So" else "w"


def parts_at(text: str, place: int) -> bool:
    """Return whether a word may begin or end at a place of a folded text."""
    if place in {0, len(text)}:
        return True
    if text[place] in _VOICED:
        return False
    before, after = script_of(text[place - 1]), script_of(text[place])
    return before != after or before in {"", "c", "e"}


class Vocabulary:
    """The words that a text in one language can hold.

    Parameters
    ----------
    entries : phrases with their meanings; a star at the end stands for any ending
    names : Vocabulary or None, further words
    """

    def __init__(
        self, entries: Iterable[tuple[str, Word]], names: Vocabulary | None = None
    ) -> None:
        self._tree: dict[str, Any] = {}
        self._names = names
        for phrase, word in entries:
            self._add(phrase, word)

    def _add(self, phrase: str, word: Word) -> None:
        end = _STEM_END if phrase.endswith("*") else _TREE_END
        node = self._tree
        for letter in fold_text(phrase.rstrip("*")).text.strip(GAP):
            node = node.setdefault(letter, {})
        node[end] = (*node.get(end, ()), word)

    def longest(self, text: str, start: int) -> Found | None:
        """Return the longest word or phrase at a place of a folded text."""
        found = self._either(text, start)
        if found is None:
            for prefix in PREFIXES:
                if text.startswith(prefix, start):
                    found = self._either(text, start + len(prefix))
                    if found is not None and found.end - start > len(prefix) + 1:
                        return found
            return None
        return found

    def _either(self, text: str, start: int) -> Found | None:
        own = self._walk(text, start)
        other = None if self._names is None else self._names.longest(text, start)
        if own is None or other is None:
            return own or other
        if own.end == other.end:
            return Found(own.end, own.words + other.words)
        return max(own, other)

    def _walk(self, text: str, start: int) -> Found | None:
        node, end, found = self._tree, start, None
        while True:
            exact = node.get(_TREE_END) if parts_at(text, end) else None
            words = exact or node.get(_STEM_END)
            if words:
                found = Found(end if exact else _word_end(text, end), words)
            node = node.get(text[end : end + 1]) or {}
            if not node or end == len(text):
                return found
            end += 1


def _word_end(text: str, place: int) -> int:
    while not parts_at(text, place):
        place += 1
    return place


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def _mood(row: Mapping[str, Any]) -> MoodWord:
    if "emotion" in row:
        point = EMOTION_POINTS[row["emotion"]]
    else:
        valence, arousal = row["point"]
        point = valence, (arousal + 1) / 2
    return MoodWord(point, row.get("opposite", ""), row.get("goal", ""))


MOODS: Mapping[str, MoodWord] = MappingProxyType(
    {name: _mood(row) for name, row in _table()["moods"].items()}
)
# Languages in which a text is understood, by their codes.
SPOKEN = tuple(name for name, row in _table().items() if "words" in row)


@cache
def vocabulary(language: str) -> Vocabulary:
    """Return the words of one of `SPOKEN`, and the names that all languages share."""
    return Vocabulary(_words(language), _names())


def _words(language: str) -> Iterator[tuple[str, Word]]:
    own = _table()[language]
    for kind, section in (("mood", "moods"), ("goal", "goals")):
        for name, phrases in own[section].items():
            yield from _spelled(phrases, Word(kind, name))
    for kind, phrases in own["words"].items():
        yield from _spelled(phrases, Word(kind))


@cache
def _names() -> Vocabulary:
    return Vocabulary(_shared())


def _shared() -> Iterator[tuple[str, Word]]:
    table = _table()
    for kind in ("language", "genre"):
        for name, phrases in table[f"{kind}s"].items():
            yield from _spelled(phrases, Word(kind, name))
    for tens, phrases in table["decades"].items():
        yield from _spelled(phrases, Word("decade", f"{tens}0"))
    # A cry for help is heard in any language.
    for language in SPOKEN:
        yield from _spelled(table[language]["words"]["help"], Word("help"))


def _spelled(phrases: str, word: Word) -> Iterator[tuple[str, Word]]:
    """Yield a line's phrases in the spellings of a hurried writer."""
    for phrase in phrases.split(", "):
        forms = (phrase, phrase.replace("'", ""), phrase.casefold().translate(_UMLAUTS))
        for form in dict.fromkeys(forms):
            yield form, word
            if _ARABIC.search(form):
                # The accusative.
                yield f"{form}\u0627", word


def _signs(place: str) -> str:
    signs = {
        fold_text(sign).text.strip(GAP) for sign in _table()["decade_signs"][place].split(", ")
    }
    return "|".join(map(re.escape, sorted(signs, key=lambda sign: (-len(sign), sign))))


_YEAR = re.compile(rf"(19|20)(\d)\d(?!\d)(?: ?(?:{_signs('after')})(?![a-z]))?")
_TENS = re.compile(rf"(\d)0 ?(?:{_signs('after')})(?![a-z])")
_BEFORE = re.compile(rf"(?:^|[ ,])(?:{_signs('before')}) ?$")
_PLAIN_TENS = re.compile(r"(\d)0(?!\d)")
# Letters before a decade that are looked at.
_NEAR = 12


def decade_at(text: str, start: int, *, joined: bool = False) -> Found | None:
    """Return the decade that a number at a place of a folded text names, if it names one.

    Parameters
    ----------
    joined : bool, whether another decade is before ("los 70 y 80")
    """
    if not text[start : start + 1].isdecimal() or text[max(0, start - 1) : start].isdecimal():
        return None
    year = _YEAR.match(text, start)
    if year is not None:
        decade, end = int(f"{year[1]}{year[2]}0"), year.end()
    else:
        tens = _TENS.match(text, start)
        if tens is None and (joined or _BEFORE.search(text[max(0, start - _NEAR) : start])):
            tens = _PLAIN_TENS.match(text, start)
        if tens is None:
            return None
        century = 19 if int(tens[1]) * 10 >= DECADES[0] % 100 else 20
        decade, end = int(f"{century}{tens[1]}0"), tens.end()
    return Found(end, (Word("decade", str(decade)),)) if decade in DECADES else None
