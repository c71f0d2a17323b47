"""All messages in words: the sentence of each id, from the table ``data/wording.toml``.

A catalogue ``locale/LANGUAGE/LC_MESSAGES/moodring.mo`` translates them by gettext, with the id as
the context and the English sentence as the text. A sentence stands alone: none is joined from
parts, and a sentence that counts has a form for each number.
"""

import tomllib
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from gettext import NullTranslations, translation
from pathlib import Path

from detectors.types import Message, MessageError, message_of
from recommender.text import visible

__all__ = ["ENGLISH", "LANGUAGE", "SENTENCES", "Message", "WordedError", "duration", "sentence"]
__all__ += ["sentences"]

DOMAIN = "moodring"
LOCALE = Path(__file__).with_name("locale")
TABLE = Path(__file__).with_name("data") / "wording.toml"
ENGLISH = "en"
# The language in which the current thread tells its messages.
LANGUAGE = ContextVar("language", default=ENGLISH)
MINUTE_S, HOUR_S = 60, 3600

# By id: the sentence, or the name of a number with the sentences for one and for several.
SENTENCES: Mapping[str, str | list[str]] = {
    name: said
    for subject in tomllib.loads(TABLE.read_text(encoding="utf-8")).values()
    for name, said in subject.items()
}


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
    language : str or None, as in the catalogue's path; None for `LANGUAGE`
    """
    message = said if isinstance(said, Message) else message_of(said)
    language = language or LANGUAGE.get()
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


@lru_cache
def _catalogue(language: str) -> NullTranslations:
    return translation(DOMAIN, LOCALE, [language], fallback=True)
