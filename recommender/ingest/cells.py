"""Parsers for the cells of a song table, one for each kind of field.

They raise `BadRow` when a cell does not hold what its column should.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from recommender.db.tables import NAME_LENGTH
from recommender.text import unguarded, visible
from recommender.wording import WordedError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Names that contain a comma: it does not separate two artists.
COMMA_NAMES = (
    "Blood, Sweat & Tears",
    "Crosby, Stills & Nash",
    "Crosby, Stills, Nash & Young",
    "Earth, Wind & Fire",
    "Emerson, Lake & Palmer",
    "Peter, Paul and Mary",
    "Tyler, The Creator",
)
FIRST_YEAR, LAST_YEAR = 1890, 2100
MAX_TEMPO = 400.0
# Limit for one song.
MAX_TAGS = 50
# Characters; enough for the longest list of artists.
MAX_CELL = 10_000
TRUE, FALSE = {"1", "1.0", "true", "yes"}, {"", "0", "0.0", "false", "no"}
NOTHING = {"", "nan", "none", "null", "na", "n/a"}

_YEAR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_COMMAS = re.compile("|".join(re.escape(name) for name in COMMA_NAMES), re.IGNORECASE)


class BadRow(WordedError, ValueError):
    """A row that is not a song."""


def clean_cell(text: str | None) -> str | None:
    """Return a cell's text in one line; None for an empty or "null" cell."""
    if text is None:
        return None
    check_length("cell", text, MAX_CELL)
    cleaned = visible(unguarded(text))
    return None if cleaned.casefold() in NOTHING else cleaned


def artists(text: str) -> tuple[str, ...]:
    """Return the artists in a cell, separated by semicolons, or else by commas."""
    if ";" in text:
        parts = text.split(";")
    else:
        # Hide the commas inside known names while the others separate the artists.
        hidden = _COMMAS.sub(lambda name: name[0].replace(",", "\0"), text.strip("[]"))
        parts = [part.replace("\0", ",") for part in hidden.split(",")]
    return _distinct(parts)


def genres(text: str) -> tuple[str, ...]:
    """Return the genres in a cell, separated by ; or |; in a bracketed list, also by commas."""
    inside = _unpacked(text)
    return _distinct(re.split("[;|]" if inside == text else "[;|,]", inside.casefold()))


def tags(words: Iterable[str]) -> tuple[str, ...]:
    """Return words as lower-case tags without duplicates."""
    found = _distinct(word.casefold() for word in words)
    for name in found:
        check_length("tag", name, NAME_LENGTH)
    if len(found) > MAX_TAGS:
        raise BadRow("row-tags", most=MAX_TAGS)
    return found


def words(text: str) -> list[str]:
    """Split a cell of tags at ; , and |."""
    return re.split("[;,|]", _unpacked(text))


def check_length(what: str, text: str | None, most: int) -> None:
    """Raise `BadRow` for a text that is longer than its column."""
    if text is not None and len(text) > most:
        raise BadRow("row-too-long", column=what, most=most)


def number(name: str, text: str) -> float:
    """Return a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadRow("row-no-number", column=name, text=text[:40])
    return value


def year(text: str | None) -> int | None:
    """Return the year of a date, FIRST_YEAR..LAST_YEAR."""
    if text is None:
        return None
    # The day may precede the year, so take the last four-digit number.
    found = next(reversed(_YEAR.findall(text)), "0")
    if not FIRST_YEAR <= int(found) <= LAST_YEAR:
        raise BadRow("row-year", first=FIRST_YEAR, last=LAST_YEAR, text=text[:40])
    return int(found)


def tempo(text: str | None) -> float | None:
    """Return the tempo in beats per minute, up to MAX_TEMPO."""
    if text is None:
        return None
    value = number("tempo", text)
    if not 0 <= value <= MAX_TEMPO:
        raise BadRow("row-out-of-range", column="tempo", text=text[:40])
    # Tables write zero for a song without a beat.
    return value or None


def parse_bool(text: str | None) -> bool:
    """Return a cell's truth value; an empty cell is false."""
    word = (text or "").casefold()
    if word not in TRUE | FALSE:
        raise BadRow("row-explicit", text=word[:40])
    return word in TRUE


def _unpacked(text: str) -> str:
    """Return the text inside the brackets of a Python or JSON list, or the text unchanged."""
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


def _distinct(parts: Iterable[str]) -> tuple[str, ...]:
    names = (part.strip(" ,'\"") for part in parts)
    return tuple(dict.fromkeys(name for name in names if name))
