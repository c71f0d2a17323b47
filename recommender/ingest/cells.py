"""The cells of a table of songs, each read as what it should be."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from recommender.formulas import unguarded
from recommender.tables import NAME_LENGTH, SPOTIFY_ID_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable

# Names in which a comma does not part two artists.
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
# Of one song.
MAX_TAGS = 50
# Characters; enough for the longest list of artists.
MAX_CELL = 10_000
TRUE, FALSE = {"1", "1.0", "true", "yes"}, {"", "0", "0.0", "false", "no"}
NOTHING = {"", "nan", "none", "null", "na", "n/a"}

_YEAR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_SPOTIFY_ID = re.compile(rf"[0-9A-Za-z]{{{SPOTIFY_ID_LENGTH}}}")
_COMMAS = re.compile("|".join(re.escape(name) for name in COMMA_NAMES), re.IGNORECASE)


class BadRow(ValueError):
    """A row that is no song; the message says why, after "line n "."""


def cell(text: str | None) -> str | None:
    """Return a cell's text with single blanks; None where it says nothing.

    Raises
    ------
    BadRow
        When it is longer than any cell may be.
    """
    if text is None:
        return None
    check_length("cell", text, MAX_CELL)
    # PostgreSQL keeps every character but one.
    cleaned = " ".join(unguarded(text.replace("\0", " ")).split())
    return None if cleaned.casefold() in NOTHING else cleaned


def artists(text: str) -> tuple[str, ...]:
    """Return the names in a cell, parted by ; or else by commas."""
    if ";" in text:
        parts = text.split(";")
    else:
        # A comma inside such a name is hidden while the others part the artists.
        hidden = _COMMAS.sub(lambda name: name[0].replace(",", "\0"), text.strip("[]"))
        parts = [part.replace("\0", ",") for part in hidden.split(",")]
    return _distinct(parts)


def genres(text: str) -> tuple[str, ...]:
    """Return the genres in a cell, parted by ; or |, in a list in brackets by commas, too."""
    inside = _unpacked(text)
    return _distinct(re.split("[;|]" if inside == text else "[;|,]", inside.casefold()))


def tags(words: Iterable[str]) -> tuple[str, ...]:
    """Return words as tags: in small letters, each once.

    Raises
    ------
    BadRow
        When one is too long, or there are too many.
    """
    found = _distinct(word.casefold() for word in words)
    for name in found:
        check_length("tag", name, NAME_LENGTH)
    if len(found) > MAX_TAGS:
        raise BadRow(f"has over {MAX_TAGS} tags")
    return found


def words(text: str) -> list[str]:
    """Return what a cell of tags holds, parted by ; or , or |."""
    return re.split("[;,|]", _unpacked(text))


def check_length(what: str, text: str | None, most: int) -> None:
    """Raise `BadRow` for a text that no column can hold."""
    if text is not None and len(text) > most:
        raise BadRow(f"has a {what} of over {most} characters")


def number(name: str, text: str) -> float:
    """Return a finite number, or raise `BadRow`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadRow(f"has a {name} that is no number: {text[:40]}")
    return value


def year(text: str | None) -> int | None:
    """Return the year in a date, or raise `BadRow`."""
    if text is None:
        return None
    # A day may stand before its year: the last counts.
    found = next(reversed(_YEAR.findall(text)), "0")
    if not FIRST_YEAR <= int(found) <= LAST_YEAR:
        raise BadRow(f"has no year from {FIRST_YEAR} to {LAST_YEAR}: {text[:40]}")
    return int(found)


def tempo(text: str | None) -> float | None:
    """Return beats a minute, or raise `BadRow`."""
    if text is None:
        return None
    value = number("tempo", text)
    if not 0 <= value <= MAX_TEMPO:
        raise BadRow(f"has a tempo out of its range: {text[:40]}")
    # Zero is what tables say of a song without a beat.
    return value or None


def truth(text: str | None) -> bool:
    """Return whether a cell says yes, or raise `BadRow`."""
    word = (text or "").casefold()
    if word not in TRUE | FALSE:
        raise BadRow(f"is neither explicit nor not: {word[:40]}")
    return word in TRUE


def spotify_id(text: str | None) -> str | None:
    """Return Spotify's id of a track, None for anything else."""
    # Other services' numbers stand in columns of the same name; they are no mistake.
    return text if text and _SPOTIFY_ID.fullmatch(text) else None


def _unpacked(text: str) -> str:
    """Return what is in the brackets of a list as Python or JSON writes it."""
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


def _distinct(parts: Iterable[str]) -> tuple[str, ...]:
    names = (part.strip(" ,'\"") for part in parts)
    return tuple(dict.fromkeys(name for name in names if name))
