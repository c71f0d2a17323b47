"""All words in the reader's language: messages by id, and the pages' own by their English text.

A catalogue ``locale/LANGUAGE/LC_MESSAGES/moodring.po`` translates both by gettext. Messages stand
in the table ``data/wording.toml``, with the id as the context and the English sentence as the text.
A sentence stands alone: none is joined from parts, and a sentence that counts has a form for each
number. Numbers, dates, lists and names of languages are written as CLDR says, by Babel, which is
loaded with its first use.
"""

import datetime as dt
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from detectors.types import Message, MessageError, message_of
from recommender.text import visible

if TYPE_CHECKING:
    from babel import Locale

__all__ = ["ENGLISH", "LANGUAGES", "PSEUDO", "RIGHT_TO_LEFT", "SENTENCES", "Message", "WordedError"]
__all__ += ["day", "decade", "duration", "language_name", "listed", "moment", "number", "read_by"]
__all__ += ["reader", "sentence", "sentences", "terminal_language", "tr", "tr_count"]

DOMAIN = "moodring"
LOCALE = Path(__file__).with_name("locale")
TABLE = Path(__file__).with_name("data") / "wording.toml"
ENGLISH = "en"
# By code, in their own words.
LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "en": "English",
        "de": "Deutsch",
        "es": "Español",
        "fr": "Français",
        "pt": "Português",
        "hi": "हिन्दी",
        "ta": "தமிழ்",
        "ar": "العربية",
        "ja": "日本語",
    }
)
RIGHT_TO_LEFT = frozenset({"ar"})
# A language for tests, in which each text that is translated is marked and a third longer.
PSEUDO = "en-XA"
_MARKED = str.maketrans("aeiouncAEIOUNC", "áéíóúñçÁÉÍÓÚÑÇ")
# Parts of a text that no translation changes: values, HTML tags, Markdown's links and icons.
_FIXED = re.compile(r"(\{[^}]*\}|<[^>]*>|\]\([^)]*\)|:material/\w+:|&\w+;)")
MINUTE_S, HOUR_S = 60, 3600
# The catalogue's language of music without words.
WITHOUT_WORDS = "Instrumental"

# By id: the sentence, or the name of a number with the sentences for one and for several.
SENTENCES: Mapping[str, str | list[str]] = {
    name: said
    for subject in tomllib.loads(TABLE.read_text(encoding="utf-8")).values()
    for name, said in subject.items()
}


def _english() -> str:
    return ENGLISH


_reader: Callable[[], str] = _english


def read_by(language: Callable[[], str] | None) -> Callable[[], str]:
    """Let a function name the language of the current thread's reader; None for English.

    Returns
    -------
    callable, the function that named it before
    """
    global _reader
    before, _reader = _reader, language or _english
    return before


def terminal_language(environ: Mapping[str, str]) -> str:
    """Return the language of a terminal by its environment, as POSIX ranks it; else English."""
    locale = next(filter(None, map(environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    name = re.split(r"[.@]", locale)[0]
    code = name.split("_")[0]
    return PSEUDO if name.replace("_", "-") == PSEUDO else code if code in LANGUAGES else ENGLISH


def reader() -> str:
    """Return the language of the current thread's reader, as in the catalogue's path."""
    return _reader()


class WordedError(MessageError):
    """An error whose text is its message in English."""

    def __str__(self) -> str:
        """Return the sentence in English, for logs and consoles."""
        return sentence(self.message, ENGLISH)


def sentence(said: Message | Exception, language: str | None = None) -> str:
    """Return a message, or that of an error, in words: one line, possibly with Markdown's signs.

    An unknown id is returned as it is: it is the text of a library, or of an earlier version.

    Parameters
    ----------
    language : str or None, as in the catalogue's path; None for the reader's
    """
    message = said if isinstance(said, Message) else message_of(said)
    language = language or reader()
    known = SENTENCES.get(message.id)
    if known is None:
        return visible(message.id)
    words, values = _catalogue(language), message.values
    try:
        if isinstance(known, str):
            template = words.pgettext(message.id, known)
        else:
            counted, one, many = known
            count = values[counted]
            template = words.npgettext(message.id, one, many, int(f"{count}"))
        shown = {name: _shown(name, value, language) for name, value in values.items()}
        filled = template.format(**shown)
        return _capital(filled) if template.startswith("{language} ") else filled
    except (LookupError, ValueError, TypeError):
        # The values came from another process or version, and fit no more.
        return visible(message.id)


def sentences(
    said: Iterable[Message | Exception], between: str = " ", language: str | None = None
) -> str:
    """Return several messages in words, one after the other."""
    return between.join(filter(None, (sentence(one, language) for one in said)))


def tr(text: str, **values: object) -> str:
    """Return a text in the reader's language.

    Parameters
    ----------
    text : str, English, literally in the code: what collects the texts reads the code
    **values : values of the text's ``{names}``; without any, braces stand for themselves
    """
    language = reader()
    template = _catalogue(language).gettext(text)
    return _filled(template, text, values, language) if values else template


def tr_count(one: str, many: str, number: int, **values: object) -> str:
    """Return a text that counts, in the reader's language.

    Parameters
    ----------
    one, many : str, English, literally in the code, with ``{number}`` where it stands
    """
    language = reader()
    template = _catalogue(language).ngettext(one, many, number)
    english = one if number == 1 else many
    return _filled(template, english, {**values, "number": number}, language)


def catalogue_of(language: str) -> NullTranslations:
    """Return a language's catalogue, for libraries that take their words from gettext."""
    return _catalogue(language)


def duration(seconds: float) -> Message:
    """Return a duration as a message: "12 s", "3 min", "2 h 5 min"."""
    if seconds < 2 * MINUTE_S:
        return Message("duration-seconds", {"seconds": seconds})
    minutes = round(seconds / MINUTE_S)
    if seconds < 2 * HOUR_S:
        return Message("duration-minutes", {"minutes": minutes})
    return Message("duration-hours", {"hours": minutes // 60, "minutes": minutes % 60})


def number(value: float, spec: str = "", language: str | None = None) -> str:
    """Return a number as its reader writes it: "1.234,5" or "12 %".

    Parameters
    ----------
    spec : str, as in Python's format: "," for groups of digits, ".1f", ".0%", "+.2f"; "" for years
    language : str or None, as in the catalogue's path; None for the reader's
    """
    text = format(value, spec)
    language = language or reader()
    if language in {ENGLISH, PSEUDO} or not math.isfinite(value):
        return text
    locale = _locale(language)
    formats = locale.percent_formats if spec.endswith("%") else locale.decimal_formats
    pattern = copy(formats[None])
    digits = len(text.rstrip("%").partition(".")[2])
    pattern.frac_prec = digits, digits
    written = f"{pattern.apply(value, locale, group_separator=',' in spec)}"
    return f"+{written}" if text.startswith("+") else written


def language_name(name: str, language: str | None = None, *, alone: bool = True) -> str:
    """Return a language's name as its reader writes it: "Portugais".

    Parameters
    ----------
    name : str, the catalogue's English name ("Portuguese"); any other text is returned as it is
    language : str or None, as in the catalogue's path; None for the reader's
    alone : bool, whether it stands in a list or menu; within a sentence, some begin small
    """
    language = language or reader()
    if name == WITHOUT_WORDS:
        return tr("Instrumental") if language == reader() else name
    code = _codes().get(name)
    if language == ENGLISH or code is None:
        return name
    if language == PSEUDO:
        return _catalogue(PSEUDO).gettext(name)
    theirs = str(_locale(language).languages.get(code, name))
    return _capital(theirs) if alone else theirs


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def decade(year: int) -> str:
    """Return a decade's name by its first year: "1990s"."""
    return tr("{year}s", year=year)


def listed(items: Sequence[str], language: str | None = None) -> str:
    """Return a list within a sentence: "a, b and c"."""
    from babel.lists import format_list

    return format_list(list(items), locale=_locale(language or reader()))


def day(date: dt.date, *, width: Literal["short", "medium", "long", "full"] = "long") -> str:
    """Return a day: "3 November 2026".

    Parameters
    ----------
    width : {"short", "medium", "long", "full"}, "full" with the day of the week
    """
    from babel.dates import format_date

    return format_date(date, width, locale=_locale(reader()))


def moment(time: dt.datetime) -> str:
    """Return a day and its time, in the time zone of the value: "3 November 2026 at 14:05"."""
    from babel.dates import format_time, get_datetime_format

    locale = _locale(reader())
    both = str(get_datetime_format("long", locale)).replace("'", "")
    return both.format(format_time(time, "short", locale=locale), day(time))


def _filled(template: str, english: str, values: Mapping[str, object], language: str) -> str:
    """Return a text with its values; the English one if a translator has spoilt the names."""
    shown = {name: _told(value, language) for name, value in values.items()}
    try:
        return template.format(**shown)
    except (LookupError, ValueError, TypeError):
        return english.format(**shown)


def _shown(name: str, value: object, language: str) -> object:
    """Return a message's value; by their names, English names of languages, and decades."""
    if name == "language" and isinstance(value, str):
        value = language_name(value, language, alone=False)
    elif isinstance(value, (list, tuple)):
        ones = [
            decade(one)
            if name == "decades" and isinstance(one, int)
            else language_name(f"{one}", language, alone=False)
            if name == "languages"
            else f"{one}"
            for one in value
        ]
        value = listed(ones, language)
    # A title or a file name must not break the line, or turn the direction of the text.
    if isinstance(value, str) and not value.isprintable():
        return visible(value)
    return _told(value, language)


def _told(value: object, language: str) -> object:
    if isinstance(value, Message):
        return sentence(value, language)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _Number(value, language)
    return value


class _Number:
    """A number that is formatted as its reader writes it."""

    def __init__(self, value: float, language: str) -> None:
        self._value = value
        self._language = language

    def __format__(self, spec: str) -> str:
        return number(self._value, spec, self._language)


@cache
def _codes() -> Mapping[str, str]:
    """Return the codes of languages by their English names."""
    from babel import Locale

    return {"Bengali": "bn", **{name: code for code, name in Locale(ENGLISH).languages.items()}}


@cache
def _locale(language: str) -> "Locale":
    from babel import Locale

    # The day before the month, and 24 hours.
    return Locale.parse("en_GB" if language in {ENGLISH, PSEUDO} else language)


class _Pseudo(NullTranslations):
    """Texts with accents on their letters, in brackets, and a third longer."""

    def gettext(self, message: str) -> str:
        parts = _FIXED.split(message)
        marked = "".join(
            part if number % 2 else part.translate(_MARKED) for number, part in enumerate(parts)
        )
        return f"⟦{marked}{'·' * (len(message) // 3)}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        del context
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        del context
        return self.ngettext(msgid1, msgid2, n)


@lru_cache
def _catalogue(language: str) -> NullTranslations:
    if language == PSEUDO:
        return _Pseudo()
    path = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not path.is_file():
        return NullTranslations()
    # Babel is loaded with the first reader of another language.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with path.open(encoding="utf-8") as lines:
        write_mo(compiled, read_po(lines, locale=language, domain=DOMAIN))
    compiled.seek(0)
    return GNUTranslations(compiled)
