"""Cells of a CSV file that no spreadsheet may calculate. Pure."""

from __future__ import annotations

import re

# What makes a spreadsheet calculate, also in the wide letters of East Asia.
FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# A spreadsheet may begin a cell at any of these, whatever parts the file's own: in half of Europe
# it is the semicolon. After it, blanks and quotes do not count.
_BEGINNING = r'(^|[;\t\r\n])((?:[^\S\t\r\n]|")*)'
_SIGN = f"[{re.escape(''.join(FORMULA_SIGNS))}]"
# One that stands there already gets another, so that each text comes back as it was.
_FORMULA = re.compile(f"{_BEGINNING}(?='*{_SIGN})")
_GUARDED = re.compile(f"{_BEGINNING}'(?='*{_SIGN})")


def guarded(text: str) -> str:
    """Return a text in which an apostrophe stands before all that could begin a formula."""
    return _FORMULA.sub(r"\1\2'", text)


def unguarded(text: str) -> str:
    """Return what a text was before `guarded`, or before a person marked it so."""
    return _GUARDED.sub(r"\1\2", text)
