"""Language identification: rejects a song by the script of its title and by its words.

py3langid (https://github.com/adbar/py3langid) identifies languages; its model is in the package.
Titles are short, so a song is rejected only if another language of the same script is `LIKELIER`
times as likely as the requested one. By title and artist, on the starter catalogue
(`tests/unit/test_identification.py`), that rejects:

==================================  ====================  ================
requested                           songs in it, wrongly  songs in another
==================================  ====================  ================
one of nine languages in Latin      5 of 865 (0.6 %)      66 %
one of five with their own scripts  1 of 360 (0.3 %)      83 %
==================================  ====================  ================

A factor of 10 would wrongly reject 1.8 % of the nine languages' songs, and 76 % of the others; a
factor of 50, 0.5 % and 54 %.

A title in Latin letters is no evidence against a language with a script of its own: nearly all
Hindi and Tamil titles are romanised, which py3langid was not trained on.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from recommender.languages import LANGUAGES
from recommender.names import plain_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from py3langid.langid import LanguageIdentifier

    from recommender.languages import Language

LATIN = frozenset({"LATIN"})
LIKELIER = 20.0
# Letters of one script; modifier letters such as Japanese length marks belong to several.
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo"})


@cache
def identifier() -> LanguageIdentifier:
    """Return the language identifier. Loading takes half a second and 75 MB."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages({language.code for language in LANGUAGES.values() if language.code})
    return made


def could_be(
    language: Language, title: str, artists: Sequence[str] = (), album: str | None = None
) -> bool:
    """Return whether a song may be in a language; True unless there is strong evidence against it.

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
    return max(likely[code] for code in rivals) <= LIKELIER * likely[language.code]


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
