"""Encodings of text files: UTF-8, UTF-16, and the code pages of older programs."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from recommender.text import code_page

# Encodings that a file may name for itself; Python's others are slow or no encodings of texts.
NAMEABLE = frozenset(
    (
        *("utf-8", "utf-8-sig", "ascii", "latin-1", "iso8859-1", "koi8-r", "koi8-u", "mac-roman"),
        *(f"cp{number}" for number in (437, 850, 852, 866, 874, 932, 936, 949, 950)),
        *(f"cp{number}" for number in range(1250, 1259)),
        *(f"iso8859-{number}" for number in range(2, 17)),
        *("shift_jis", "euc_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr", "tis-620"),
    )
)
_NAMED = re.compile(rb"(?:^|[\r\n])#EXTENC:[ \t]*([\w.:-]{1,40})", re.IGNORECASE)
# Byte order mark, and where the NUL of an ASCII letter lies.
_WIDE = ((codecs.BOM_UTF16_LE, 1, "utf-16-le"), (codecs.BOM_UTF16_BE, 0, "utf-16-be"))
_LINE = re.compile(rb"[^\r\n]+")
# Bytes that are looked at to tell a code page.
SAMPLE = 100_000
# In text that is UTF-8 but for a damaged letter.
DAMAGED_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Text:
    r"""A text file.

    Attributes
    ----------
    content : bytes, without a byte order mark
    encoding : str, in which \r and \n are what they are in ASCII
    sure : bool, False when the encoding was guessed
    """

    content: bytes
    encoding: str
    sure: bool = True

    def lines(self) -> Iterator[tuple[int, str]]:
        r"""Yield the lines with their numbers from 1, without empty ones; \r and \n end one."""
        number, before = 1, 0
        for line in _LINE.finditer(self.content):
            between = self.content[before : line.start()]
            # "\r\n" is one end.
            number += len(between) - between.count(b"\r\n")
            before = line.end()
            yield number, line[0].decode(self.encoding, errors="replace")


def text_of(content: bytes) -> Text | None:
    """Return a file as text, or None when it is none.

    UTF-16 is known by its byte order mark, or by a NUL in its first letter.
    """
    for mark, first, encoding in _WIDE:
        if content.startswith(mark) or content[first : first + 1] == b"\0":
            # A last half letter is left out.
            plain = content.removeprefix(mark).decode(encoding, errors="replace")
            return None if "\0" in plain else Text(plain.encode(errors="replace"), "utf-8")
    if b"\0" in content:
        return None
    content = content.removeprefix(codecs.BOM_UTF8)
    named = _NAMED.search(content)
    if named:
        said = _nameable(named[1].decode("ascii", errors="replace"))
        if said is not None and _decodes(content, said):
            return Text(content, said)
    if _decodes(content, "utf-8"):
        return Text(content, "utf-8")
    return Text(content, guessed(content), sure=False)


def _nameable(name: str) -> str | None:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return found if found in NAMEABLE else None


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except ValueError:
        return False
    return True


def guessed(content: bytes) -> str:
    """Return the most likely encoding of a text that is not UTF-8."""
    sample = b""
    for line in _LINE.finditer(content):
        if not line[0].isascii():
            sample += line[0][:SAMPLE] + b"\n"
        if len(sample) >= SAMPLE:
            break
    text = sample.decode(errors="replace")
    damaged = text.count("\ufffd")
    if damaged <= DAMAGED_SHARE * sum(not letter.isascii() for letter in text):
        return "utf-8"
    return code_page(sample)
