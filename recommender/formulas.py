"""Escaping of CSV cells that a spreadsheet would evaluate as formulas. Pure."""

from __future__ import annotations

import re

# Characters that start a formula, full-width forms of East Asia included.
FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# A spreadsheet may start a cell after any of these, whatever the file's own separator: in half of
# Europe it is the semicolon. Blanks and quotes after it are ignored.
_BEGINNING = r'(^|[;\t\r\n])((?:[^\S\t\r\n]|")*)'
_SIGN = f"[{re.escape(''.join(FORMULA_SIGNS))}]"
# An existing apostrophe gets another, so that each text survives the round trip.
_FORMULA = re.compile(f"{_BEGINNING}(?='*{_SIGN})")
_GUARDED = re.compile(f"{_BEGINNING}'(?='*{_SIGN})")


def guarded(text: str) -> str:
    """Return a text with an apostrophe before everything that could start a formula."""
    return _FORMULA.sub(r"\1\2'", text)


def unguarded(text: str) -> str:
    """Return the text without the apostrophes that `guarded`, or a person, put before formulas."""
    return _GUARDED.sub(r"\1\2", text)
