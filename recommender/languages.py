"""The languages that songs can be searched in, with their markets, genres, words and scripts."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from recommender.mood import FEELINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE = Path(__file__).parent / "data" / "searches.toml"


@dataclass(frozen=True, slots=True)
class Language:
    """One language of `TABLE`, which explains the fields.

    Attributes
    ----------
    words : search words for each of `recommender.mood.FEELINGS`, most common first
    code : str, ISO 639-1; "" for music without words
    scripts : first words of Unicode character names ("TAMIL"); empty for music without words
    said_as : str, added to the search words ("tamil"); "" where these identify the language
    """

    name: str
    market: str
    genres: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    code: str = ""
    scripts: frozenset[str] = frozenset()
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
                said_as=row.get("said_as", ""),
            )
            for name, row in table.items()
        }
    )


LANGUAGES: Mapping[str, Language] = _read()
_BY_NAME = {name.casefold(): language for name, language in LANGUAGES.items()}


def language_named(name: str) -> Language | None:
    """Return the language with an English name in any case; None when it is not in the table."""
    return _BY_NAME.get(name.strip().casefold())
