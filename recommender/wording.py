"""All words in the reader's language: messages by id, and the pages' own by their English text.

A catalogue ``locale/LANGUAGE/LC_MESSAGES/moodring.po`` translates both by gettext. Messages stand
in the table ``data/wording.toml``, with the id as the context and the English sentence as the text.
A sentence stands alone: none is joined from parts, and a sentence that counts has a form for each
number.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from detectors.types import Message, MessageError, message_of
from recommender.text import visible

__all__ = ["ENGLISH", "LANGUAGES", "PSEUDO", "RIGHT_TO_LEFT", "SENTENCES", "Message", "WordedError"]
__all__ += ["duration", "read_by", "reader", "sentence", "sentences", "tr", "tr_count"]

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

# By id: the sentence, or the name of a number with the sentences for one and for several.
SENTENCES: Mapping[str, str | list[str]] = {
    name: said
    for subject in tomllib.loads(TABLE.read_text(encoding="utf-8")).values()
    for name, said in subject.items()
}


def _english() -> str:
    return ENGLISH


_reader: Callable[[], str] = _english


def read_by(language: Callable[[], str] | None) -> None:
    """Let a function name the language of the current thread's reader; None for English."""
    global _reader  # noqa: PLW0603 - a process has one kind of reader: visitors, or a terminal
    _reader = language or _english


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
            number = values[counted]
            template = words.npgettext(message.id, one, many, int(f"{number}"))
        shown = {name: _shown(value, language) for name, value in values.items()}
        return template.format(**shown)
    except (LookupError, ValueError, TypeError):
        # The values came from another process or version, and fit no more.
        return visible(message.id)


def sentences(said: Iterable[Message | Exception], between: str = " ") -> str:
    """Return several messages in words, one after the other."""
    return between.join(filter(None, map(sentence, said)))


def tr(text: str, **values: object) -> str:
    """Return a text in the reader's language.

    Parameters
    ----------
    text : str, English, literally in the code: what collects the texts reads the code
    **values : values of the text's ``{names}``; without any, braces stand for themselves
    """
    template = _catalogue(reader()).gettext(text)
    return template.format(**values) if values else template


def tr_count(one: str, many: str, number: int, **values: object) -> str:
    """Return a text that counts, in the reader's language.

    Parameters
    ----------
    one, many : str, English, literally in the code, with ``{number}`` where it stands
    """
    template = _catalogue(reader()).ngettext(one, many, number)
    return template.format(number=number, **values)


def duration(seconds: float) -> Message:
    """Return a duration as a message: "12 s", "3 min", "2 h 5 min"."""
    if seconds < 2 * MINUTE_S:
        return Message("duration-seconds", {"seconds": seconds})
    minutes = round(seconds / MINUTE_S)
    if seconds < 2 * HOUR_S:
        return Message("duration-minutes", {"minutes": minutes})
    return Message("duration-hours", {"hours": minutes // 60, "minutes": minutes % 60})


def _shown(value: object, language: str) -> object:
    if isinstance(value, Message):
        return sentence(value, language)
    # A title or a file name must not break the line, or turn the direction of the text.
    return visible(value) if isinstance(value, str) and not value.isprintable() else value


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
