"""Causes of a database's errors, for the person who set its address.

Drivers tell a failed connection by text alone. What they say may hold names, and never a password;
none of it is shown.
"""

from __future__ import annotations

import re
import sqlite3

# Servers' English words, the surest first, and the id of the message.
_SAID = (
    (
        r'database ".*" does not exist|unknown database',
        "catalogue-no-database",
    ),
    (
        r"password|access denied|role .* does not exist|pg_hba|authentication",
        "catalogue-no-entry",
    ),
    (
        r"\bssl\b|\btls\b|certificate|channel binding",
        "catalogue-no-encryption",
    ),
    (
        r"resolve host|not known|refused|can't connect|timeout|timed out|unreachable",
        "catalogue-no-server",
    ),
    (r"too many (connections|clients)|connection slots", "catalogue-no-connection"),
)
_CAUSES = tuple((re.compile(said, re.IGNORECASE), meaning) for said, meaning in _SAID)
_LETTERS = "catalogue-no-letters"
# SQLSTATE of an error after the connection was made.
_STATES = {
    "22P05": _LETTERS,
    "22021": _LETTERS,
    "22001": _LETTERS,
    "42501": "catalogue-no-rights",
    "53100": "catalogue-no-space",
}
# States of a connection that fails, of which the text tells more.
_OF_CONNECTIONS = (None, "28000", "28P01", "3D000", "42000")
# Characters of an error in which its cause stands.
MOST = 2000


def cause_of(error: BaseException) -> str | None:
    """Return the id of a message about an error of SQLAlchemy; None when the cause is not known."""
    original = getattr(error, "orig", None)
    if original is None:
        return None
    state = getattr(original, "sqlstate", None)
    # SQLite's errors come from this machine, and have no sentence of their own.
    if state not in _OF_CONNECTIONS or isinstance(original, sqlite3.Error):
        return _STATES.get(state or "")
    said = str(original)[:MOST]
    return next((meaning for pattern, meaning in _CAUSES if pattern.search(said)), None)
