"""Parsers for the cells of a song table, one for each kind of field.

They raise `BadRow` when a cell does not hold what its column should.
"""

import codecs
import html
import json
import math
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import cast

from recommender.db.tables import NAME_LENGTH
from recommender.languages import language_named
from recommender.text import unguarded, visible
from recommender.types import spotify_id
from recommender.wording import WordedError

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
TRUE = frozenset({"1", "1.0", "true", "t", "yes", "y", "e", "explicit"})
FALSE = frozenset(
    {
        "",
        "0",
        "0.0",
        "false",
        "f",
        "no",
        "n",
        "c",
        "clean",
        "cleaned",
        "notexplicit",
        "not explicit",
    }
)
NOTHING = frozenset({"", "nan", "none", "null", "na", "n/a", "<na>"})
# Excel writes dates as days since the end of 1899.
EXCEL_YEAR_0, DAYS_A_YEAR = 1899.997, 365.2425

# How the bytes of a text that are no UTF-8 are decoded.
WINDOWS = "moodring-windows-1252"
# Words for a language that nobody knows.
NO_LANGUAGE = frozenset({"und", "mis", "unknown", "undefined", "other"})

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_YEAR = re.compile(
    r"(?<![0-9])([0-9]{4})(?![0-9])|(?<![0-9])([0-9]{4})[01][0-9][0-3][0-9](?![0-9])"
)
# When a song was heard, and not when it was made.
_TIME = re.compile(r"(?<![0-9:])(?!00?:00)[0-9]{1,2}:[0-9]{2}")
_EXCEL_DAY = re.compile(r"([1-9][0-9]{4})(?:\.0*)?")
_NO_YEAR = re.compile(r"[0\W_]*")
_PARTS = re.compile("[;,|/]")
_UNIT = re.compile(r"\s*(?:%|bpm)$", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:spotify:track:|https?://open\.spotify\.com/track/)([0-9A-Za-z]+)(?:\?.*)?"
)
_COMMAS = re.compile(
    "|".join(
        [*(re.escape(name) for name in COMMA_NAMES), r"(?<![0-9])[0-9]{1,3},[0-9]{3}(?![0-9])"]
    ),
    re.IGNORECASE,
)
# A quoted text of a list in Python or JSON, and lists of such texts.
_QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_ITEM = re.compile(_QUOTED)
_LIST = re.compile(rf"[\[(]\s*(?:{_QUOTED}\s*(?:,\s*{_QUOTED}\s*)*,?\s*)?[\])]")
_NAME = re.compile(rf"""['"]name['"]\s*:\s*({_QUOTED})""")


def _read_as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that are no UTF-8, as Excel and many data sets write them."""
    wrong = cast("UnicodeDecodeError", error)
    found = wrong.object[wrong.start : wrong.end]
    return found.decode("cp1252", "ignore") or found.decode("latin-1"), wrong.end


codecs.register_error(WINDOWS, _read_as_windows_1252)


class BadRow(WordedError, ValueError):
    """A row that is not a song."""


def clean_cell(text: str | None) -> str | None:
    """Return a cell's text with runs of blanks made single; None for an empty or "null" cell."""
    if text is None:
        return None
    check_length("cell", text, MAX_CELL)
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    cleaned = visible(unguarded(text))
    return None if cleaned.casefold() in NOTHING else cleaned


def artists(text: str) -> tuple[str, ...]:
    """Return the artists in a cell: a list, or separated by semicolons, or else by commas."""
    listed = _listed(text)
    if listed is not None:
        parts = listed
    elif ";" in text:
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
    """Return a finite number, without its unit; a comma may be the decimal sign."""
    plain = _UNIT.sub("", text[:MAX_CELL].strip()).replace("\u2212", "-")
    if plain.count(",") == 1 and plain.find(",") > plain.rfind("."):
        # 0,72 and 1.234,5 are written so in half of Europe.
        plain = plain.replace(".", "").replace(",", ".")
    try:
        value = float(plain.replace(",", ""))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadRow("row-no-number", column=name, text=text[:40])
    return value


def year(text: str | None) -> int | None:
    """Return the year of a date, FIRST_YEAR..LAST_YEAR; None when it tells none."""
    if text is None or _TIME.search(text):
        return None
    # The day may precede the year, so take the last four-digit number.
    found = [int(plain or packed) for plain, packed in _YEAR.findall(text)]
    if not found and (day := _EXCEL_DAY.fullmatch(text)):
        found = [int(EXCEL_YEAR_0 + int(day[1]) / DAYS_A_YEAR)]
    return found[-1] if found and FIRST_YEAR <= found[-1] <= LAST_YEAR else None


def is_odd_year(text: str | None) -> bool:
    """Return whether a cell holds something that is no year, but for zeros."""
    return bool(text and year(text) is None and not _NO_YEAR.fullmatch(text))


def language(text: str | None) -> str | None:
    """Return our name of a language; of several, the first of ours; of others, the text."""
    if text is None or text.casefold() in NO_LANGUAGE:
        return None
    several = (language_named(word.strip(" '\"")) for word in _PARTS.split(text.strip("[]")))
    found = language_named(text) or next(filter(None, several), None)
    return found.name if found else text


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


def track_id(text: str | None) -> str | None:
    """Return a Spotify track id, also of an address, or None for anything else."""
    # Other services' ids and addresses stand in columns of the same names, so they are no error.
    address = _ADDRESS.fullmatch(text or "")
    return spotify_id(address[1] if address else text)


def _listed(text: str) -> list[str] | None:
    """Return the texts of a list in Python or JSON, or the names in a list of objects."""
    if not text.startswith(("[", "(", "{")):
        return None
    if _LIST.fullmatch(text):
        return [_unquoted(item) for item in _ITEM.findall(text)]
    return [_unquoted(item) for item in _NAME.findall(text)] or None


def _unquoted(item: str) -> str:
    if item.startswith('"'):
        with suppress(ValueError):
            # JSON can contain unpaired surrogates, which no database stores.
            return str(json.loads(item)).encode(errors="replace").decode()
    return re.sub(r"\\(.)", r"\1", item[1:-1])


def _unpacked(text: str) -> str:
    """Return the text inside the brackets of a Python or JSON list, or the text unchanged."""
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


def _distinct(parts: Iterable[str]) -> tuple[str, ...]:
    names = (part.strip(" ,'\"") for part in parts)
    return tuple(dict.fromkeys(name for name in names if name))
