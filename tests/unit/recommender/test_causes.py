"""What drivers say of a failed connection, and which sentence it becomes."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from recommender.db.causes import MOST, cause_of

BEFORE = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '


class DriverError(Exception):
    """As a driver raises it."""

    sqlstate: str | None = None


def cause(said: str, state: str | None = None) -> str | None:
    original = DriverError(said)
    original.sqlstate = state
    return cause_of(OperationalError(None, None, original))


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ('FATAL:  password authentication failed for user "x"', "does not let this user in"),
        ("fe_sendauth: no password supplied", "does not let this user in"),
        ('FATAL:  role "x" does not exist', "does not let this user in"),
        ('FATAL:  no pg_hba.conf entry for host "::1", user "x"', "does not let this user in"),
        (
            "(1045, \"Access denied for user 'x'@'y' (using password: YES)\")",
            "not let this user in",
        ),
        ('FATAL:  database "x" does not exist', "no database of this name"),
        ("(1049, \"Unknown database 'x'\")", "no database of this name"),
        ("server does not support SSL, but SSL was required", "does not agree to the encryption"),
        ('(2026, "SSL is required but the server does not")', "does not agree to the encryption"),
        ('root certificate file "/x" does not exist', "does not agree to the encryption"),
        ("channel binding required, but server did not", "does not agree to the encryption"),
        ("failed to resolve host 'x': [Errno -2] Name or service not known", "cannot be reached"),
        ("Connection refused\n\tIs the server running on that host?", "cannot be reached"),
        ("(2003, \"Can't connect to MySQL server on 'x' (timed out)\")", "cannot be reached"),
        ("connection timeout expired", "cannot be reached"),
        ("FATAL:  sorry, too many clients already", "no free connection"),
        ("FATAL:  remaining connection slots are reserved", "no free connection"),
    ],
)
def test_each_failed_connection_has_its_cause(said: str, meaning: str) -> None:
    for text in (said, BEFORE + said):
        assert meaning in (cause(text) or "")
    assert meaning in (cause(said, "28000") or "")
    assert cause(said, "HY000") is None


def test_what_is_not_known_has_no_cause() -> None:
    assert cause("something else") is None
    assert cause("x" * MOST + "password") is None
    assert cause_of(ValueError("password")) is None
    assert cause_of(DBAPIError(None, None, sqlite3.OperationalError("password"))) is None


def test_errors_of_statements_are_known_by_their_state() -> None:
    assert "UTF8" in (cause("x", "22P05") or "")
    assert "may not create" in (cause("password", "42501") or "")
