"""The languages that songs can be searched in, and whether a song can be in one."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from recommender.mood import FEELINGS
from recommender.text import plain_title

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier


TABLE = Path(__file__).parent / "data" / "searches.toml"


@dataclass(frozen=True, slots=True)
class Language:
    """One language of `TABLE`, which explains the fields.

    Attributes
    ----------
    words : search words for each of `recommender.mood.FEELINGS`, most common first
    code : str, ISO 639-1; "" for music without words
    scripts : first words of Unicode character names ("TAMIL"); empty for music without words
    also : further codes and names, ISO 639-2 and its own among them, in small letters
    said_as : str, added to the search words ("tamil"); "" where these identify the language
    """

    name: str
    market: str
    genres: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    code: str = ""
    scripts: frozenset[str] = frozenset()
    also: tuple[str, ...] = ()
    said_as: str = ""


def _read() -> Mapping[str, Language]:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: Language(
                name=name,
                market=row["market"],
                genres=tuple(row["genres"]),
                words=MappingProxyType({feeling: tuple(row[feeling]) for feeling in FEELINGS}),
                code=row.get("code", ""),
                scripts=frozenset(row["scripts"]),
                also=tuple(row["also"]),
                said_as=row.get("said_as", ""),
            )
            for name, row in table.items()
        }
    )


LANGUAGES: Mapping[str, Language] = _read()
_BY_WORD = {
    word: language
    for language in LANGUAGES.values()
    for word in (language.name.casefold(), language.code, *language.also)
    if word
}
# "en-US", "pt_BR", "English (US)": a region follows.
_REGION = re.compile(r"\s*[(].*|[-_].*", re.DOTALL)
ENGLISH = "English"
_WEIGHT = re.compile(r"(?:\s*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?")


def language_named(name: str) -> Language | None:
    """Return the language of an English name, its own name or a code; None for any other."""
    word = unicodedata.normalize("NFC", name).strip().casefold()
    return _BY_WORD.get(word) or _BY_WORD.get(_REGION.sub("", word))


def fold_language(text: str) -> str:
    """Return our name of a language, or the text when it is none of ours."""
    found = language_named(text)
    return found.name if found else text


# Browsers send some ten tags; anybody may send more.
MAX_TAGS = 20
MAX_TAG_LENGTH = 35
# More languages would leave few songs in each.
MAX_FIRST = 3


def languages_of(locale: str | None, accepted: str = "") -> tuple[str, ...]:
    """Return the languages of a browser that songs are in, most wanted first, at most `MAX_FIRST`.

    Parameters
    ----------
    locale : BCP 47 tag of the browser's own language ("pt-BR"), which comes first; None if unknown
    accepted : header Accept-Language (RFC 9110, 12.5.4): tags with weights ("de, en;q=0.8")
    """
    found = [language_named(tag) for tag in (locale or "", *accepted_tags(accepted))]
    return tuple(dict.fromkeys(language.name for language in found if language))[:MAX_FIRST]


def accepted_tags(accepted: str) -> tuple[str, ...]:
    """Return the tags of the header Accept-Language, most wanted first, at most `MAX_TAGS`."""
    weighted = map(_weighted, accepted.split(",", MAX_TAGS)[:MAX_TAGS])
    # Sorting is stable: equal weights keep the browser's order.
    tags = [tag for tag, weight in sorted(weighted, key=lambda one: -one[1]) if weight > 0]
    return tuple(tag.strip()[:MAX_TAG_LENGTH] for tag in tags)


def _weighted(entry: str) -> tuple[str, float]:
    """Return a tag of Accept-Language and its weight, 0 for one that is malformed."""
    tag, _, weight = entry.partition(";")
    found = _WEIGHT.fullmatch(weight)
    return tag, float(found[1] or 1.0) if found else 0.0


LATIN = frozenset({"LATIN"})
MAX_LIKELIHOOD_RATIO = 20.0
# Letters of one script; modifier letters such as Japanese length marks belong to several.
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo"})


@cache
def identifier() -> LanguageIdentifier:
    """Return the language identifier. Loading takes half a second and 75 MB.

    https://github.com/adbar/py3langid; its model lies in the package.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages({language.code for language in LANGUAGES.values() if language.code})
    return made


def is_plausible(
    language: Language, title: str, artists: Sequence[str] = (), album: str | None = None
) -> bool:
    """Return whether a song may be in a language; True unless there is strong evidence against it.

    A song is told by the script of its title and by its words, which py3langid knows. Titles are
    short, so a song goes only when another language of the same script is `MAX_LIKELIHOOD_RATIO`
    times as likely as the wished one. By title and artist, on the starter catalogue
    (`tests/unit/recommender/test_languages.py`), that lets go:

    ==================================  ====================  =================
    wished                              songs in it, wrongly  in the other ones
    ==================================  ====================  =================
    one of nine languages in Latin      5 of 865 (0.6 %)      66 %
    one of five with their own scripts  1 of 360 (0.3 %)      83 %
    ==================================  ====================  =================

    A factor of 10 would let 1.8 % of the nine languages' songs go wrongly and 76 % of the others;
    one of 50, 0.5 % and 54 %. A title in Latin letters says nothing of a language with a script of
    its own: nearly all Hindi and Tamil titles are written so, which py3langid has not learnt.

    Parameters
    ----------
    language : Language, any song matches one without scripts (music without words)
    """
    if not language.scripts:
        return True
    scripts = scripts_of(title)
    if scripts - language.scripts - LATIN:
        return False
    rivals = _rivals(scripts - LATIN or LATIN)
    if language.code not in rivals:
        return True
    text = " ".join((plain_title(title), *artists, plain_title(album or "")))
    likely: dict[str, float] = dict(identifier().rank(text))
    return max(likely[code] for code in rivals) <= MAX_LIKELIHOOD_RATIO * likely[language.code]


def is_likeliest(
    language: Language, title: str, artists: Sequence[str] = (), album: str | None = None
) -> bool:
    """Return whether a song's title is more likely in a language than in any other of its script.

    Parameters
    ----------
    language : Language, False for one without scripts (music without words)
    """
    scripts = scripts_of(title)
    rivals = _rivals(scripts - LATIN or LATIN)
    if language.code not in rivals or not language.scripts:
        return False
    text = " ".join((plain_title(title), *artists, plain_title(album or "")))
    likely: dict[str, float] = dict(identifier().rank(text))
    return max(rivals, key=lambda code: likely.get(code, 0.0)) == language.code


def scripts_of(text: str) -> frozenset[str]:
    """Return the scripts of a text's letters: the first words of their Unicode names."""
    return frozenset(
        unicodedata.name(character, "").partition(" ")[0]
        for character in unicodedata.normalize("NFKC", text)
        if unicodedata.category(character) in _LETTERS
    )


@cache
def _rivals(scripts: frozenset[str]) -> frozenset[str]:
    """Return the codes of the languages that a text in these scripts can be in."""
    return frozenset(
        language.code
        for language in LANGUAGES.values()
        if (language.scripts == LATIN if scripts == LATIN else language.scripts & scripts)
    )
